import { grad, type Tensor, tensor } from "cotangent";
import {
  binomialDevianceLoss,
  contrastivePairLoss,
  gpwLoss,
  liftedStructureLoss,
  metricLossPresets,
  multiSimilarityLoss,
  multiSimilarityMine,
  pairWeights,
  tripletLoss,
  tripletWeights,
} from "cotangent/methods/metric";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { couples } from "./support/at-extremes.js";
import { cosinesOf, matrixOf, unitBatch } from "./support/pair-batches.js";

type Loss = (x: Tensor, labels: Tensor<"i32">, options: { readonly normalize: true }) => Tensor;
const pairs: readonly (readonly [string, Loss, Parameters<typeof gpwLoss>[2]])[] = [
  ["contrastive", contrastivePairLoss, (s, sets) => pairWeights(s, sets, metricLossPresets.contrastive())],
  ["lifted-structure", liftedStructureLoss, (s, sets) => pairWeights(s, sets, metricLossPresets.liftedStructure())],
  [
    "binomial",
    binomialDevianceLoss,
    (s, sets) => pairWeights(s, sets, metricLossPresets.binomialDeviance({ average: true })),
  ],
  [
    "multi-similarity",
    multiSimilarityLoss,
    (s, sets) => pairWeights(s, multiSimilarityMine(s, sets), metricLossPresets.multiSimilarity()),
  ],
  ["triplet", tripletLoss, tripletWeights],
];

describe("gpwLoss", () => {
  describe.each(pairs)("with the weights of the %s loss", (_, loss, weigh) => {
    law("has its gradient", unitBatch(), async (batch) => {
      const labels = tensor(batch.labels);
      const of = (f: (x: Tensor) => Tensor) => grad((x: Tensor) => f(x).mean())(matrixOf(batch.rows));
      const direct = of((x) => loss(x, labels, { normalize: true }));
      await expectClose(
        of((x) => gpwLoss(x, labels, weigh, { normalize: true })),
        direct,
        { tolerance: 1e-11 },
      );
    });
  });

  law("is the weighted sum of similarities", unitBatch(), async (batch) => {
    const w = batch.rows.map((_, i) => batch.rows.map((__, j) => 1 + i + 7 * j));
    const value = gpwLoss(matrixOf(batch.rows), tensor(batch.labels), () => ({
      positive: matrixOf(w.map((row) => row.map(() => 2))),
      negative: matrixOf(w),
    }));
    await expectClose(
      value,
      cosinesOf(batch).map((row, i) => row.reduce((sum, s, j) => sum + (w[i][j] - 2) * s, 0)),
    );
  });

  law("takes weights as constants, whatever they are made of", unitBatch(), async (batch) => {
    const labels = tensor(batch.labels);
    const slope = (weightsOf: (x: Tensor) => Tensor) =>
      grad((x: Tensor) => {
        const weights = weightsOf(x);
        const weigh = () => ({ positive: weights.mul(weights), negative: weights.mul(3) });
        return gpwLoss(x, labels, weigh, { reduction: "sum" });
      })(matrixOf(batch.rows));
    const fixed = matrixOf(cosinesOf(batch));
    await expectClose(
      slope((x) => x.matmul(x.transpose())),
      slope(() => fixed),
      { tolerance: 1e-12 },
    );
  });

  it("says what is wrong with its input", () => {
    const x = matrixOf([
      [1, 0],
      [0, 1],
    ]);
    const labels = tensor(Int32Array.of(0, 1));
    expect(() => gpwLoss(x, labels, () => ({ positive: x, negative: matrixOf([[1]]) }))).toThrow(
      "gpwLoss: negative has shape [1, 1] but must match similarities, [2, 2]",
    );
    expect(() => gpwLoss(matrixOf([[1, 1]]), labels, tripletWeights)).toThrow(
      "gpwLoss: labels has shape [2] but must be [1]",
    );
    expect(() => gpwLoss(x, labels, tripletWeights, { reduction: "max" as "mean" })).toThrow(
      'gpwLoss: reduction is "max" but must be one of none, mean, sum',
    );
  });
});

finiteAtExtremes(
  "gpwLoss",
  (x, at) =>
    gpwLoss(
      x,
      couples(at),
      (s, sets) => pairWeights(s, sets, metricLossPresets.multiSimilarity({ negativeScale: 2 })),
      { normalize: true },
    ),
  { cancels: true },
);
