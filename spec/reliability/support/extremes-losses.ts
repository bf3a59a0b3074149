import { arange, concat, expandDims, eye, type Key, type Tensor, takeAlongAxis, tensor } from "cotangent/core";
import * as classification from "cotangent/methods/classification";
import * as federated from "cotangent/methods/federated";
import * as generative from "cotangent/methods/generative";
import * as longtail from "cotangent/methods/longtail";
import * as lowrank from "cotangent/methods/lowrank";
import * as metric from "cotangent/methods/metric";
import * as ranking from "cotangent/methods/ranking";
import * as sampling from "cotangent/methods/sampling";
import * as unlearning from "cotangent/methods/unlearning";

/** Rows and columns of the scores: as many classes as examples, so that they are also those of pairs. */
export const SIZE = 8;

/** What scores meet in a loss. */
export interface Surroundings {
  /** Example i is of class i: the first and the last class among them. */
  readonly labels: Tensor<"i32">;
  readonly key: Key;
}

export interface LossRow {
  /** The exported function. */
  readonly loss: string;
  /** Which of its forms, where it has several. */
  readonly form: string;
  /** With which power of the scores it may grow. */
  readonly degree: 1 | 2;
  /** Whether gradients other than the label's are differences of larger numbers, so that small ones have fewer digits. */
  readonly cancels: boolean;
  /** The largest logarithm of a weight that it is given: the weight itself is known to so many units. */
  readonly logs: number;
  /** Whether scores of any size become logits of ±1e4. */
  readonly isCold: boolean;
  /** @param scores - `[SIZE, SIZE]`, a row an example: logits, distances, cosines, whatever the loss takes */
  readonly run: (scores: Tensor, surroundings: Surroundings) => Tensor;
}

/** Frequencies of a long tail, some ten orders of magnitude long. */
const counts = [1e6, 1e5, 3e4, 1000, 10, 3, 1, 1e-4];
const total = counts.reduce((sum, count) => sum + count);
const priorList = counts.map((count) => count / total);

/** Numbers beside `x`, in its precision. */
const beside = (x: Tensor, values: readonly number[], shape: readonly number[] = [values.length]) =>
  tensor(values, { backend: x.backend, dtype: x.dtype, shape }) as Tensor;
const ints = (x: Tensor<"i32">, values: readonly number[], shape: readonly number[] = [values.length]) =>
  tensor(values, { backend: x.backend, dtype: "i32" as const, shape }) as Tensor<"i32">;
const uniformList = Array.from({ length: SIZE }, () => 1 / SIZE);

/** A linear layer that passes the scores on as they are: products with the identity are exact. */
const identity = (x: Tensor): Tensor => eye(SIZE, x);
const table = (x: Tensor): sampling.ClassTable => ({ weights: identity(x), bias: beside(x, Array(SIZE).fill(0)) });

const positiveOf = (x: Tensor, labels: Tensor<"i32">): Tensor =>
  takeAlongAxis(x, expandDims(labels, 1), 1).reshape([SIZE]);
/** The other classes' scores: those to the right of the label, going round. */
const noiseOf = (x: Tensor, labels: Tensor<"i32">): Tensor => {
  const others = Array.from({ length: SIZE * (SIZE - 1) }, (_, i) => {
    const row = Math.floor(i / (SIZE - 1));
    return (row + 1 + (i % (SIZE - 1))) % SIZE;
  });
  const ids = ints(labels, others, [SIZE, SIZE - 1]);
  return takeAlongAxis(x, ids, 1);
};
const contrast = (x: Tensor, { labels }: Surroundings): sampling.Contrast => ({
  positive: positiveOf(x, labels),
  noise: noiseOf(x, labels),
});
/** log p_n of a long tail, of each label and of the others. */
const noise = (x: Tensor, surroundings: Surroundings): sampling.Contrast =>
  contrast(
    concat(
      Array.from({ length: SIZE }, () => beside(x, priorList.map(Math.log), [1, SIZE])),
      0,
    ),
    surroundings,
  );

/** A long tail's probabilities with draws that are the same everywhere: a device without f64 draws others of the same law. */
function sampler(): sampling.Sampler {
  const law = sampling.aliasSampler({ weights: counts.map(Math.sqrt) });
  return {
    classes: SIZE,
    draw({ backend }, shape) {
      const wanted = typeof shape === "number" ? [shape] : shape;
      const ids = Array.from(
        { length: wanted.reduce((size, length) => size * length, 1) },
        (_, i) => (7 * i + 3) % SIZE,
      );
      return tensor(ids, { backend, dtype: "i32" as const, shape: wanted }) as Tensor<"i32">;
    },
    logProbability: (ids, like) => law.logProbability(ids, like),
  };
}
const signs = (labels: Tensor<"i32">): Tensor<"i32"> =>
  ints(
    labels,
    Array.from({ length: SIZE * SIZE }, (_, i) => (i % (SIZE + 1) === 0 ? 1 : -1)),
  );

const rfSoftmax = (x: Tensor, { labels, key }: Surroundings, inverseTemperature: number): Tensor => {
  const conditional = { classes: SIZE, given: sampler, inverseTemperature };
  return sampling.rfSoftmaxLoss(x, identity(x), labels, conditional, key, { negatives: 5 });
};

type Forms = Readonly<Record<string, LossRow["run"]>>;
const rows = (loss: string, degree: 1 | 2, forms: Forms | LossRow["run"]): LossRow[] =>
  Object.entries(typeof forms === "function" ? { "": forms } : forms).map(([form, run]) => ({
    ...{ loss, form, degree: form === "squaredHinge" ? 2 : degree, run },
    cancels: form === "smoothed" || cancels.has(loss),
    logs: weighted.has(loss) ? 24 : 0,
    isCold: form === "cold",
  }));
const each = <T extends string>(names: readonly T[], run: (name: T) => LossRow["run"]): Forms =>
  Object.fromEntries(names.map((name) => [name, run(name)]));

/** Losses that mix the label's score with the others, or whose targets lie on several classes. */
const cancels: ReadonlySet<string> = new Set([
  ...["largeMarginSoftmaxLoss", "softmaxCrossEntropy", "adaptiveSoftmaxLoss", "rfSoftmaxLoss"],
]);

/** Losses that frequencies go into, which span ten orders of magnitude in the table. */
const weighted: ReadonlySet<string> = new Set([
  ...["balancedSoftmaxLoss", "logitAdjustedCrossEntropy", "pairwiseMarginSoftmaxLoss", "expectedNceObjective"],
  ...["inBatchLoss", "nceLoss", "rankingNceLoss", "biasedNegativeSamplingLoss", "adversarialNegativeSamplingLoss"],
  ...[
    "rfSoftmaxLoss",
    "disentangledSampledLoss",
    "sampledLoss",
    "sampledNceLoss",
    "sampledSoftmaxLoss",
    "weightedNegativesLoss",
  ],
]);

const marginForms = ["logistic", "hinge", "squaredHinge"] as const;
const allForms = ["softmax", ...marginForms] as const;

/** Every loss that the library exports, in every form. */
export const lossRows: readonly LossRow[] = [
  ...rows("largeMarginSoftmaxLoss", 1, (x, { labels }) =>
    classification.largeMarginSoftmaxLoss(x, identity(x), labels, { margin: 4, annealing: 1 }),
  ),
  ...rows("linearSoftmaxCrossEntropy", 1, {
    plain: (x, { labels }) =>
      classification.linearSoftmaxCrossEntropy(x, identity(x), undefined, labels, { blockSize: 3 }),
    smoothed: (x, { labels }) =>
      classification.linearSoftmaxCrossEntropy(x, identity(x), undefined, labels, { labelSmoothing: 0.1 }),
  }),
  ...rows("softmaxCrossEntropy", 1, (x) => {
    const targets = Array.from({ length: SIZE * SIZE }, (_, i) => (i % (SIZE + 1) === 0 ? 0.75 : 0.25 / (SIZE - 1)));
    return classification.softmaxCrossEntropy(x, beside(x, targets, [SIZE, SIZE]));
  }),
  ...rows("sparseSoftmaxCrossEntropy", 1, {
    plain: (x, { labels }) => classification.sparseSoftmaxCrossEntropy(x, labels),
    smoothed: (x, { labels }) => classification.sparseSoftmaxCrossEntropy(x, labels, { labelSmoothing: 0.1 }),
  }),
  ...rows("contrastiveLoss", 2, (x, { labels }) => federated.contrastiveLoss(x, labels)),
  ...rows("cosineContrastiveLoss", 2, (x, { labels }) => federated.cosineContrastiveLoss(x, labels)),
  ...rows("positiveHingeLoss", 2, {
    hinge: (x) => federated.positiveHingeLoss(x),
    square: (x) => federated.positiveHingeLoss(x, { form: "square" }),
  }),
  ...rows("spreadoutEquivalentLoss", 2, (x, { labels }) => federated.spreadoutEquivalentLoss(x, labels, identity(x))),
  ...rows("learnedBaselineLoss", 2, (x) => generative.learnedBaselineLoss(beside(x, Array(SIZE).fill(-1e4)), x.max(1))),
  ...rows("balancedSoftmaxLoss", 1, (x, { labels }) => longtail.balancedSoftmaxLoss(x, labels, counts)),
  ...rows("logitAdjustedCrossEntropy", 1, (x, { labels }) =>
    longtail.logitAdjustedCrossEntropy(x, labels, beside(x, priorList)),
  ),
  ...rows("pairwiseMarginSoftmaxLoss", 1, (x, { labels }) =>
    longtail.pairwiseMarginSoftmaxLoss(x, labels, longtail.ldamMargins(beside(x, priorList))),
  ),
  ...rows("reluFactorizationLoss", 2, (x) => {
    const seen = Array.from({ length: SIZE * SIZE }, (_, i) => (i % 3 === 0 ? 0 : i));
    const offset = beside(x, Array(SIZE).fill(0.5));
    return lowrank.reluFactorizationLoss({ left: x, right: identity(x), offset }, beside(x, seen, [SIZE, SIZE]));
  }),
  ...rows("hyperbolicHingeLoss", 1, (x, { labels }) =>
    metric.hyperbolicHingeLoss(x.reshape([SIZE * SIZE]), signs(labels)),
  ),
  ...rows("hyperbolicLogisticLoss", 1, (x, { labels }) =>
    metric.hyperbolicLogisticLoss(x.reshape([SIZE * SIZE]), signs(labels)),
  ),
  ...rows("hyperbolicSvmObjective", 2, (x, { labels }) => {
    // The normal has the scores as its products with unit vectors, which stand for points near the origin.
    const points = beside(x, Array.from({ length: SIZE }, () => [1, ...Array(SIZE).fill(0)]).flat(), [SIZE, SIZE + 1]);
    const classes = ints(
      labels,
      Array.from({ length: SIZE }, (_, i) => (i % 2 === 0 ? 1 : -1)),
    );
    const rowsOf = x.sum(0).div(SIZE); // [SIZE]
    const normal = concat([beside(x, [0.5]), rowsOf], 0);
    return metric.hyperbolicSvmObjective(normal, points, classes);
  }),
  ...rows(
    "doublyStochasticMiningLoss",
    1,
    each(allForms, (form) => (x, { labels, key }) => {
      const options = { negatives: 7, hardest: 3, examples: SIZE, form };
      return ranking.doublyStochasticMiningLoss(x, table(x), labels, sampler(), key, options);
    }),
  ),
  ...rows(
    "owlLoss",
    1,
    each(
      marginForms,
      (form) =>
        (x, { labels }) =>
          ranking.owlLoss(x, labels, [0.5, 0.3, 0.2], { form }),
    ),
  ),
  ...rows(
    "stochasticNegativeMiningLoss",
    1,
    each(allForms, (form) => (x, at) => {
      const { positive, noise: negatives } = contrast(x, at);
      return ranking.stochasticNegativeMiningLoss(positive, negatives, { form, hardest: 4 });
    }),
  ),
  ...rows("adaptiveSoftmaxLoss", 1, (x, { labels }) => {
    // Five classes and the tail's row in the head, then a tail of three: together all eight columns.
    const all = Array.from({ length: SIZE * SIZE }, (_, i) => (i % (SIZE + 1) === 0 ? 1 : 0));
    const [head, projection] = [beside(x, all.slice(0, 48), [6, SIZE]), beside(x, all.slice(40), [3, SIZE])];
    const weights = beside(x, [1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3]);
    return sampling.adaptiveSoftmaxLoss(x, { head, tails: [{ projection, weights }] }, labels);
  }),
  ...rows("adversarialNegativeSamplingLoss", 2, (x, { labels, key }) =>
    sampling.adversarialNegativeSamplingLoss(x, table(x), labels, sampler(), key, { negatives: 3 }),
  ),
  ...rows("biasedNegativeSamplingLoss", 2, (x, at) =>
    sampling.biasedNegativeSamplingLoss(contrast(x, at), noise(x, at)),
  ),
  ...rows("candidateSoftmaxLoss", 1, (x, at) => {
    const { positive, noise: candidates } = contrast(x, at);
    return sampling.candidateSoftmaxLoss(positive, candidates);
  }),
  ...rows(
    "expectedNceObjective",
    1,
    each(["nce", "negativeSampling", "averageNegativeSampling"], (objective) => (x) => {
      const flat = beside(x, Array.from({ length: SIZE }, () => uniformList).flat(), [SIZE, SIZE]);
      return sampling.expectedNceObjective(x, flat, beside(x, priorList), { negatives: 5, objective });
    }),
  ),
  ...rows("inBatchLoss", 1, {
    plain: (x, { labels }) => sampling.inBatchLoss(x, labels, beside(x, priorList.map(Math.log))),
    corrected: (x, { labels }) =>
      sampling.inBatchLoss(x, labels, beside(x, priorList.map(Math.log)), { correctPositive: true }),
  }),
  ...rows("nceLoss", 1, (x, at) => sampling.nceLoss(contrast(x, at), noise(x, at))),
  ...rows("negativeSamplingLoss", 1, (x, at) => sampling.negativeSamplingLoss(contrast(x, at))),
  ...rows("inBatchInfoNce", 1, (x) => sampling.inBatchInfoNce(x)),
  ...rows("infoNce", 1, (x, at) => sampling.infoNce(contrast(x, at))),
  ...rows("rankingNceLoss", 1, (x, at) => sampling.rankingNceLoss(contrast(x, at), noise(x, at))),
  ...rows("rfSoftmaxLoss", 1, {
    cold: (x, at) => rfSoftmax(x, at, 1e4 * Math.sqrt(SIZE)), // cosines of ±1/√8 become logits of ±1e4
    warm: (x, at) => rfSoftmax(x, at, 20),
  }),
  ...rows(
    "disentangledSampledLoss",
    1,
    each(allForms, (form) => (x, { labels, key }) => {
      const target = sampling.logitAdjustTarget(priorList);
      return sampling.disentangledSampledLoss(x, table(x), labels, sampler(), key, target, { negatives: 5, form });
    }),
  ),
  ...rows(
    "sampledLoss",
    1,
    each(
      allForms,
      (form) =>
        (x, { labels, key }) =>
          sampling.sampledLoss(x, table(x), labels, sampler(), key, { negatives: 5, form, weighting: "importance" }),
    ),
  ),
  ...rows(
    "sampledNceLoss",
    1,
    each(
      ["nce", "negativeSampling", "averageNegativeSampling", "ranking"],
      (objective) =>
        (x, { labels, key }) =>
          sampling.sampledNceLoss(x, table(x), labels, sampler(), key, { negatives: 5, objective }),
    ),
  ),
  ...rows("sampledSoftmaxLoss", 1, {
    masked: (x, { labels, key }) => sampling.sampledSoftmaxLoss(x, table(x), labels, sampler(), key, { negatives: 5 }),
    corrected: (x, { labels, key }) =>
      sampling.sampledSoftmaxLoss(x, table(x), labels, sampler(), key, { negatives: 5, correctPositive: true }),
  }),
  ...rows("targetPartitionLoss", 1, (x, { labels }) =>
    sampling.targetPartitionLoss(x, table(x), labels, arange(SIZE, { backend: x.backend, dtype: "i32" })),
  ),
  ...rows(
    "weightedNegativesLoss",
    1,
    each(allForms, (form) => (x, at) => {
      const { positive, noise: negatives } = contrast(x, at);
      return sampling.weightedNegativesLoss(positive, negatives, noise(x, at).noise, { form });
    }),
  ),
  ...rows("localityConstrainedObjective", 2, (x, at) => {
    const losses = { modified: positiveOf(x, at.labels), unmodified: x.max(1), before: beside(x, Array(SIZE).fill(1)) };
    return unlearning.localityConstrainedObjective(losses).objective;
  }),
];

/** Functions of that kind that no scores in single precision go through: plain numbers of the host, f64 throughout. */
export const hostOnly: readonly string[] = [
  "clusterAssignmentObjective", // counts of triples, whole numbers
  "minimaxRiskObjective", // a linear program's
  "robustLogisticLoss", // a certificate's
];
