import { grad, type Tensor, tensor, zeros } from "cotangent";
import { inBatchLoss } from "cotangent/methods/sampling";
import { checkGradient, floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { ids, sumOf } from "./support/one-row.js";

const labels = [2, 0, 2];
const square = (scores: Float64Array) => tensor(scores, { shape: [3, 3] });

/** By the definition, row by row. */
function expected(scores: Float64Array, counts: Float64Array, correctPositive: boolean): number[] {
  return labels.map((label, i) => {
    const target = scores[3 * i + i] - (correctPositive ? counts[i] : 0);
    const others = labels.map((other, j) => (other === label ? 0 : Math.exp(scores[3 * i + j] - counts[j])));
    return Math.log(Math.exp(target) + sumOf(others)) - target;
  });
}

describe("inBatchLoss", () => {
  law(
    "weights the other rows' targets by their count, without those of the same class",
    floats([9]),
    floats([3]),
    async (scores, counts) => {
      for (const correctPositive of [false, true]) {
        const loss = inBatchLoss(square(scores), ids(...labels), tensor(counts), { correctPositive });
        await expectClose(loss, expected(scores, counts, correctPositive), { tolerance: 1e-12 });
      }
      const usual = inBatchLoss(square(scores), ids(...labels), tensor(counts));
      await expectClose(usual, expected(scores, counts, false), { tolerance: 1e-12 });
    },
  );

  law(
    "does not see a constant in the counts where the positive is corrected too",
    floats([9]),
    floats([3]),
    async (scores, counts) => {
      const loss = (shift: number) =>
        inBatchLoss(square(scores), ids(...labels), tensor(counts.map((c) => c + shift)), { correctPositive: true });
      await expectClose(loss(1.7), loss(0), { tolerance: 1e-12 });
    },
  );

  law(
    "takes no gradient to the counts, and gives rows that sum to 0",
    floats([9]),
    floats([3]),
    async (scores, counts) => {
      const loss = ([o, c]: Tensor[]) => inBatchLoss(o, ids(...labels), c, { correctPositive: true, reduction: "sum" });
      const [ofScores, ofCounts] = grad(loss)([square(scores), tensor(counts)]);
      await expectClose(ofCounts, [0, 0, 0], { tolerance: 0 });
      await expectClose(ofScores.sum(1), [0, 0, 0], { tolerance: 1e-13 });
      const slope = await ofScores.data();
      expect([slope[2], slope[6]]).toEqual([0, 0]); // rows 0 and 2 share a class
    },
  );

  it("agrees with finite differences to second order", async () => {
    const scores = square(Float64Array.of(0.3, -0.5, 1.1, 0.7, 0.2, -0.9, 0.4, 1.3, -0.6));
    const counts = tensor(Float64Array.of(-1, 0.5, 0.2));
    await checkGradient((o: Tensor) => inBatchLoss(o, ids(...labels), counts, { reduction: "mean" }), scores, {
      order: 2,
    });
  });

  it("has the mean and the sum of its rows' losses", async () => {
    const of = (reduction: "none" | "mean" | "sum") =>
      inBatchLoss(tensor(new Float64Array([1, 2, 3, 5]), { shape: [2, 2] }), ids(0, 1), zeros([2], { dtype: "f64" }), {
        reduction,
      });
    const [a, b] = await of("none").data();
    await expectClose(of("sum"), [a + b]);
    await expectClose(of("mean"), [(a + b) / 2]);
  });

  it("is 0 where all rows have one class, and finite at ±500", async () => {
    const wide = tensor(new Float64Array([500, -500, 500, -500]), { shape: [2, 2] });
    const counts = zeros([2], { dtype: "f64" });
    await expectClose(inBatchLoss(wide, ids(1, 1), counts), [0, 0], { tolerance: 0 });
    await expectClose(inBatchLoss(wide, ids(0, 1), counts), [0, 1000]);
  });

  it("names what is wrong", () => {
    const of = (...shape: number[]) => zeros(shape, { dtype: "f64" });
    expect(() => inBatchLoss(of(1, 1), ids(0), of(1))).toThrow(
      "inBatchLoss: scores has shape [1, 1] but must be [B, B] with B ≥ 2",
    );
    expect(() => inBatchLoss(of(2, 3), ids(0, 1), of(2))).toThrow(
      "inBatchLoss: scores has shape [2, 3] but must be [B, B] with B ≥ 2",
    );
    expect(() => inBatchLoss(of(2, 2), ids(0), of(2))).toThrow("inBatchLoss: labels has shape [1] but must be [2]");
    expect(() => inBatchLoss(of(2, 2), ids(0, 1), of(3))).toThrow(
      "inBatchLoss: logExpectedCount has shape [3] but must be [2]",
    );
    expect(() => inBatchLoss(of(2, 2), ids(0, 1), zeros([2]))).toThrow(
      "inBatchLoss: logExpectedCount is f32 but must match scores, f64; cast one of them",
    );
    expect(() => inBatchLoss(of(2, 2), of(2) as unknown as Tensor<"i32">, of(2))).toThrow(
      "inBatchLoss: labels is f64 but must be i32; cast it",
    );
    expect(() => inBatchLoss(of(2, 2), ids(0, 1), of(2), { reduction: "max" as "mean" })).toThrow(
      'inBatchLoss: reduction is "max" but must be one of none, mean, sum',
    );
  });
});

finiteAtExtremes(
  "inBatchLoss",
  {
    plain: (x, { labels }) => inBatchLoss(x, labels, extreme.beside(x, extreme.priorList.map(Math.log))),
    corrected: (x, { labels }) =>
      inBatchLoss(x, labels, extreme.beside(x, extreme.priorList.map(Math.log)), { correctPositive: true }),
  },
  { isWeighted: true },
);
