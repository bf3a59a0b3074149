import { grad, type Tensor, tensor } from "cotangent";
import { multiLabelSoftmaxLoss } from "cotangent/methods/ranking";
import { checkGradient, floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { logSum, mask, matrix, pick, positiveBatch, sum, twoPositives } from "./support/positive-batches.js";

// wrong input is in the spec of decoupledSoftmaxLoss, for both
describe("multiLabelSoftmaxLoss", () => {
  law(
    "sums cross-entropies over positives, by weight",
    positiveBatch(),
    floats([6], { min: 0.1, max: 2 }),
    async ({ scores, positives }, w) => {
      const each = (weights: readonly number[]) =>
        scores.map((row, i) => sum(row.map((s, l) => (positives[i][l] ? weights[l] * (logSum([...row]) - s) : 0))));
      const [x, p] = [matrix(scores), mask(positives)];
      const plain = each([1, 1, 1, 1, 1, 1]);
      await expectClose(multiLabelSoftmaxLoss(x, p), plain);
      await expectClose(multiLabelSoftmaxLoss(x, p, { reduction: "mean" }), [sum(plain) / 2]);
      await expectClose(multiLabelSoftmaxLoss(x, p, { weights: matrix([[...w], [...w]]) }), each([...w]));
    },
  );

  law(
    "pushes a positive down where its share of the softmax times their number is above 1",
    positiveBatch(),
    async ({ scores, positives }) => {
      const slope = await grad((x: Tensor) => multiLabelSoftmaxLoss(x, mask(positives), { reduction: "mean" }))(
        matrix(scores),
      ).data();
      scores.forEach((row, i) => {
        const count = positives[i].filter(Boolean).length;
        row.forEach((s, j) => {
          const excess = Math.exp(s - logSum([...row])) * count - 1;
          if (positives[i][j] && Math.abs(excess) > 1e-9) expect(Math.sign(slope[6 * i + j])).toBe(Math.sign(excess));
        });
      });
    },
  );

  law(
    "leaves positives that are not sampled out of the denominator",
    positiveBatch({ min: 2 }),
    async ({ scores, positives }) => {
      const first = positives.map((row) => row.map((_, l) => l === row.indexOf(true)));
      const expected = scores.map((row, i) => {
        const own = row[positives[i].indexOf(true)];
        return logSum([own, ...pick(row, positives[i], false)]) - own;
      });
      const total = (x: Tensor) => multiLabelSoftmaxLoss(x, mask(positives), { sampled: mask(first) });
      await expectClose(total(matrix(scores)), expected);
      const slope = await grad((x: Tensor) => total(x).sum())(matrix(scores)).data();
      positives.flat().forEach((is, at) => {
        if (is && !first.flat()[at]) expect(slope[at]).toBe(0);
      });
    },
  );

  it("does not look at a negative that is as low as can be", async () => {
    const total = (x: Tensor) => multiLabelSoftmaxLoss(x, mask([[true, false]]), { reduction: "sum" });
    const x = matrix([[1e308, -1e308]]);
    await expectClose(total(x), [0], { tolerance: 0 });
    await expectClose(grad(total)(x), [0, 0], { tolerance: 0 });
  });

  law("agrees with finite differences to second order", positiveBatch(), async ({ scores, positives }) => {
    await checkGradient(
      (x: Tensor) => multiLabelSoftmaxLoss(x, mask(positives), { reduction: "sum" }),
      matrix(scores),
      { order: 2 },
    );
  });

  it("agrees in single precision on every backend", async () => {
    await expectAgreement((backend) => {
      const x = tensor(
        Float32Array.from({ length: 12 }, (_, i) => Math.sin(5 * i)),
        { backend, shape: [2, 6] },
      ) as Tensor;
      const p = tensor(Uint8Array.of(0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0), { backend, shape: [2, 6] }) as Tensor<"bool">;
      return grad((z: Tensor) => multiLabelSoftmaxLoss(z, p, { reduction: "mean" }))(x);
    });
  });

  it("says what is wrong with its input", () => {
    expect(() => multiLabelSoftmaxLoss(matrix([[1, 2]]), mask([[false, false]]))).toThrow(
      "multiLabelSoftmaxLoss: positives is false all along row 0 but must be true once in it",
    );
  });
});

finiteAtExtremes("multiLabelSoftmaxLoss", (x) => multiLabelSoftmaxLoss(x, twoPositives(x)), { cancels: true });
