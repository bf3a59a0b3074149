import { checkCount, checkOneOf } from "../../autodiff/check.js";
import { hostValues } from "../../autodiff/evaluate.js";
import type { Key, Tensor } from "../../autodiff/index.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { type ClassTable, checkClassTable, scoresOfClasses, scoresOfLabels } from "./class-table.js";
import { checkLogNormalizer } from "./contrast.js";
import { nceLoss } from "./nce.js";
import { negativeSamplingLoss } from "./negative-sampling.js";
import { rankingNceLoss } from "./ranking-nce.js";
import type { Sampler } from "./sampler.js";

export interface SampledNceLossOptions {
  /** Noise samples k of each row, a whole number ≥ 1. Default 25. */
  readonly negatives?: number;
  /** One set of noise samples for the whole batch: a single matrix product, but rows depend on each other. Default true. */
  readonly shared?: boolean;
  /**
   * `nceLoss`, `negativeSamplingLoss`, the latter with `average`, or `rankingNceLoss`. Default `"nce"`.
   */
  readonly objective?: "nce" | "negativeSampling" | "averageNegativeSampling" | "ranking";
  /** Log-normalizer of each row, `[B]` or `[]`; of `"nce"` only. Default 0. */
  readonly logNormalizer?: Tensor;
  /** Default `"none"`, a loss for each row. */
  readonly reduction?: Reduction;
}

/**
 * Noise-contrastive estimation and its relatives for a table of C classes: draws k noise samples, scores them and the
 * labels, and takes the loss, in time O(B·k·d) whatever C is.
 *
 *     loss(score of y, log p_n(y), scores of y'₁ … y'ₖ, log p_n(y'ᵢ))     y'ᵢ ~ p_n     score_j = weights_j · hidden + bias_j
 *
 * Noise samples that equal the label stay in. Value and gradient are unbiased for the expected objective, shared samples
 * or not. For `"nce"` start biases at −log C: scores are then normalized from the first step.
 *
 * Reach for it to train over many classes; the gradient touches the rows of labels and noise samples only. Call `nceLoss`
 * and the others where scores come from elsewhere.
 *
 * @param hidden - `[B, d]`
 * @param table - `weights` `[C, d]`, and `bias` `[C]` if there is one
 * @param labels - `[B]`, each in [0, C); on a device they are not checked
 * @param sampler - p_n, of C classes; no gradient flows into it. A sampler that differs between rows needs `shared: false`
 * @param key - a key of its own for each step
 * @returns `[B]` loss for each row in nats, ≥ 0, or `[]` if reduced
 * @throws ShapeError if `hidden`, `table`, `labels` and `logNormalizer` do not fit
 * @throws DTypeError if they differ in dtype
 * @throws RangeError if `negatives` is no whole number ≥ 1
 * @throws RangeError if a label on the host is no class, or `sampler` has another number of classes
 * @throws RangeError if `"nce"` or `"ranking"` has a label on the host that the sampler never draws
 * @throws TypeError if `objective` or `reduction` is none of those listed, or `logNormalizer` is given to another than
 * `"nce"`
 * @claim NCE normalizes itself and negative sampling does not: on a Markov chain of 500 words NCE's test perplexity is within
 * 1.1 times that of the full softmax with partition functions of 0.9 to 1.1 on average; negative sampling's is at least 1.5
 * times NCE's, and adding log p_n closes 80 % of the gap or more.
 * @question The softmax is my bottleneck; I learn embeddings
 * @source Mnih and Teh, "A Fast and Simple Algorithm for Training Neural Probabilistic Language Models", ICML 2012,
 * arXiv:1206.6426; Mikolov et al., "Distributed Representations of Words and Phrases and their Compositionality",
 * NeurIPS 2013, arXiv:1310.4546; Ma and Collins, "Noise Contrastive Estimation and Negative Sampling for Conditional
 * Models: Consistency and Statistical Efficiency", EMNLP 2018, arXiv:1809.01812
 */
export function sampledNceLoss(
  hidden: Tensor,
  table: ClassTable,
  labels: Tensor<"i32">,
  sampler: Sampler,
  key: Key,
  options: SampledNceLossOptions = {},
): Tensor {
  const { negatives = 25, shared = true, objective = "nce", logNormalizer, reduction = "none" } = options;
  const caller = "sampledNceLoss";
  checkCount(caller, { negatives }, 1);
  checkOneOf(caller, "objective", objective, ["nce", "negativeSampling", "averageNegativeSampling", "ranking"]);
  checkReduction(caller, reduction);
  checkClassTable(caller, hidden, table, labels);
  checkSampler(caller, table, labels, sampler, objective === "nce" || objective === "ranking");
  if (logNormalizer !== undefined && objective !== "nce") {
    throw new TypeError(`${caller}: objective is "${objective}" but must be "nce" with a logNormalizer`);
  }

  const [batch] = hidden.shape;
  const ids = sampler.draw(key, shared ? [negatives] : [batch, negatives]);
  const scores = {
    positive: scoresOfLabels(hidden, table, labels),
    noise: scoresOfClasses(hidden, table, ids), // [batch, negatives]
  };
  if (logNormalizer !== undefined) checkLogNormalizer(caller, scores, logNormalizer);
  const logProbability = () => ({
    positive: sampler.logProbability(labels, hidden),
    noise: sampler.logProbability(ids, hidden),
  });
  const losses = {
    nce: () => nceLoss(scores, logProbability(), logNormalizer === undefined ? {} : { logNormalizer }),
    negativeSampling: () => negativeSamplingLoss(scores),
    averageNegativeSampling: () => negativeSamplingLoss(scores, { average: true }),
    ranking: () => rankingNceLoss(scores, logProbability()),
  };
  return reduceLosses(losses[objective](), reduction);
}

function checkSampler(
  caller: string,
  { weights }: ClassTable,
  labels: Tensor<"i32">,
  { classes, missing = [] }: Sampler,
  needsLabels: boolean,
): void {
  if (classes !== weights.shape[0]) {
    throw new RangeError(`${caller}: sampler has ${classes} classes but must have ${weights.shape[0]}, as weights has`);
  }
  if (!needsLabels || missing.length === 0) return;
  const gone = new Set(missing);
  const label = hostValues(labels)?.find((id) => gone.has(id));
  if (label === undefined) return;
  throw new RangeError(
    `${caller}: sampler has probability 0 for class ${label} but must have it above 0 for every label`,
  );
}
