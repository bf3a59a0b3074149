import { grad, type Tensor, tensor } from "cotangent";
import { pairSets, tripletLoss, tripletWeights } from "cotangent/methods/metric";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { couples } from "./support/at-extremes.js";
import { cosinesOf, matrixOf, setsOf, unitBatch } from "./support/pair-batches.js";

describe("tripletLoss", () => {
  law("is the sum of all hinges, and its weights count those that are open", unitBatch(), async (batch) => {
    const cosines = cosinesOf(batch);
    const [pull, push] = [new Float64Array(36), new Float64Array(36)];
    const expected = batch.rows.map((_, i) => {
      const { p, n } = setsOf(batch, i);
      const triplets = p.flatMap((k) => n.map((j) => ({ k, j, excess: cosines[i][j] - cosines[i][k] + 0.3 })));
      for (const { k, j, excess } of triplets) {
        pull[6 * i + k] += Number(excess > 0);
        push[6 * i + j] += Number(excess > 0);
      }
      return triplets.reduce((total, { excess }) => total + Math.max(0, excess), 0);
    });
    const [x, labels, s] = [matrixOf(batch.rows), tensor(batch.labels), matrixOf(cosines)];
    await expectClose(tripletLoss(x, labels, { margin: 0.3 }), expected);
    await expectClose(tripletLoss(x.mul(2), labels, { margin: 0.3, normalize: true, reduction: "mean" }), [
      expected.reduce((a, b) => a + b) / 6,
    ]);
    const { positive, negative } = tripletWeights(s, pairSets(labels, s), { margin: 0.3 });
    await expectClose(positive, pull, { tolerance: 0 });
    await expectClose(negative, push, { tolerance: 0 });
  });

  it("agrees in single precision on every backend", async () => {
    await expectAgreement((backend) => {
      const x = tensor(
        Float32Array.from({ length: 24 }, (_, i) => Math.sin(5 * i)),
        { backend, shape: [6, 4] },
      ) as Tensor;
      const labels = tensor(Int32Array.of(0, 1, 0, 2, 1, 0), { backend });
      return grad((z: Tensor) => tripletLoss(z, labels, { normalize: true, reduction: "mean" }))(x);
    });
  });

  it("says what is wrong with its input", () => {
    const [x, labels] = [
      matrixOf([
        [1, 0],
        [0, 1],
      ]),
      tensor(Int32Array.of(0, 1)),
    ];
    expect(() => tripletLoss(x, labels, { margin: -1 })).toThrow(
      "tripletLoss: margin is -1 but must be a finite number ≥ 0",
    );
    expect(() => tripletLoss(x, labels, { reduction: "max" as "mean" })).toThrow(
      'tripletLoss: reduction is "max" but must be one of none, mean, sum',
    );
    expect(() =>
      tripletLoss(
        matrixOf([
          [1, 0],
          [3, 4],
        ]),
        labels,
      ),
    ).toThrow("tripletLoss: row 1 of embeddings has length 5 but must have length 1; set normalize");
    expect(() => tripletLoss(x, tensor(Int32Array.of(0)))).toThrow("tripletLoss: labels has shape [1] but must be [2]");
    expect(() => tripletWeights(x, pairSets(labels, x), { margin: -1 })).toThrow(
      "tripletWeights: margin is -1 but must be a finite number ≥ 0",
    );
    expect(() => tripletWeights(matrixOf([[1, 2]]), pairSets(labels, x))).toThrow(
      "tripletWeights: positive has shape [2, 2] but must match similarities, [1, 2]",
    );
  });
});

finiteAtExtremes("tripletLoss", (x, at) => tripletLoss(x, couples(at), { normalize: true, margin: 0.37 }), {
  cancels: true,
});
