import { checkCount, checkOneOf } from "../../autodiff/check.js";
import type { Key, Tensor } from "../../autodiff/index.js";
import { checkMarginLoss, type MarginLoss } from "../margin.js";
import { checkReduction, type Reduction } from "../reduction.js";
import { type CandidateSampler, independentCandidates } from "./candidates.js";
import { type ClassTable, checkClassTable, scoresOfClasses, scoresOfLabels } from "./class-table.js";
import type { NegativeTarget } from "./negative-targets.js";
import { checkWeighting, type NegativeWeighting, negativeWeights } from "./negative-weights.js";
import type { Sampler } from "./sampler.js";
import { weightedNegativesLoss } from "./weighted-negatives.js";

export interface DisentangledSampledLossOptions {
  /** Negatives m, a whole number ≥ 1. Default 256. */
  readonly negatives?: number;
  /** `"softmax"`, or the margin loss φ of the decoupled form. Default `"softmax"`. */
  readonly form?: "softmax" | MarginLoss;
  /**
   * What becomes of a negative that is the row's label. `"mask"` leaves it out. `"resample"` draws from the other
   * classes, `q_j / (1 − q_y)`, in each row. Default `"mask"`.
   */
  readonly hits?: "mask" | "resample";
  /** One set of negatives for the whole batch: a single matrix product. Default true, but false with `"resample"`. */
  readonly shared?: boolean;
  /** With `"resample"`, draws at most for a negative, where the sampler cannot leave a class out; ≥ 1. Default 16. */
  readonly rounds?: number;
  /** Default `"none"`, a loss for each row. */
  readonly reduction?: Reduction;
}

export interface SampledLossOptions extends DisentangledSampledLossOptions {
  /** Default `"importance"`. */
  readonly weighting?: NegativeWeighting;
  /** Divide constant or relative weights by m; the others are over m already, and refuse it. Default false. */
  readonly normalizeByM?: boolean;
}

/**
 * Any scheme of negative sampling over a table of classes: where negatives come from, and how much each counts.
 *
 *     ℓ = log(1 + Σ_{i≤m} w_{y,sᵢ} exp(f_{sᵢ} − f_y))       form "softmax"          f_j = weights_j · hidden + bias_j
 *     ℓ = φ(f_y) + Σ_{i≤m} w_{y,sᵢ} φ(−f_{sᵢ})              the decoupled forms     sᵢ ~ q
 *
 *     weighting     constant     importance     relative     a target
 *     w_{yy'}       1            1 / (m q_{y'})  q_y / q_{y'}  ρ_{yy'} / (m q_{y'})
 *
 * On average it is the loss in which the negative y' has the weight `ρ_{yy'} = m q_{y'} w_{yy'}`, which
 * `implicitNegativeWeights` tells: exactly so in the decoupled forms; from below, by Jensen's inequality, in the softmax
 * form. Constant and relative weights thus favour classes by how they are drawn, not by intent. With importance weights
 * the softmax form is `sampledSoftmaxLoss`.
 *
 * Reach for it to compare schemes; `disentangledSampledLoss` takes the implicit weights that are wanted.
 *
 * @param hidden - `[B, d]`
 * @param table - `weights` `[C, d]`, and `bias` `[C]` if there is one
 * @param labels - `[B]`, each in [0, C); on a device they are not checked
 * @param sampler - a `Sampler` or a `CandidateSampler` of C classes, `withinBatchNegatives` among them; no gradient flows
 * into it
 * @param key - a key of its own for each step
 * @returns `[B]` loss for each row, or `[]` if reduced. A row whose negatives are all masked has the loss 0, or `φ(f_y)`
 * @throws ShapeError if `hidden`, `table` and `labels` do not fit
 * @throws DTypeError if `hidden` and `table` differ in dtype
 * @throws RangeError if `negatives` or `rounds` is no whole number ≥ 1
 * @throws RangeError if a label on the host is no class, or `sampler` or the target has another number of classes
 * @throws RangeError if the sampler never draws a class, unless weights are constant
 * @throws TypeError if an option is not one of those listed, or `"resample"` comes with `shared`
 * @throws TypeError if `normalizeByM` comes with a weighting that is over m already, or relative weights with a sampler
 * that does not know the count of a label
 * @source Rawat et al., "Disentangling Sampling and Labeling Bias for Learning in Large-Output Spaces", ICML 2021,
 * arXiv:2105.05736
 */
export function sampledLoss(
  hidden: Tensor,
  table: ClassTable,
  labels: Tensor<"i32">,
  sampler: Sampler | CandidateSampler,
  key: Key,
  options: SampledLossOptions = {},
): Tensor {
  return lossOfDraw("sampledLoss", hidden, table, labels, sampler, key, options);
}

/**
 * A sampled loss in which each class counts as a target says, wherever its negatives come from.
 *
 *     w_{yy'} = ρ_{yy'} / (m q_{y'})
 *     E[ℓ] = φ(f_y) + Σ_{y'≠y} ρ_{yy'} φ(−f_{y'})                     decoupled, for every q that draws all classes
 *     E[ℓ] ≤ log(1 + Σ_{y'≠y} ρ_{yy'} exp(f_{y'} − f_y))              softmax; the gap falls like 1/m
 *
 * Reach for it to train over very many classes that are skewed, when rare ones must not be sacrificed: with
 * `logitAdjustTarget(priors)` it is the logit-adjusted loss from a few negatives.
 *
 * @param hidden - `[B, d]`
 * @param table - `weights` `[C, d]`, and `bias` `[C]` if there is one
 * @param labels - `[B]`, each in [0, C); on a device they are not checked
 * @param sampler - a `Sampler` or a `CandidateSampler` of C classes that draws them all; no gradient flows into it
 * @param key - a key of its own for each step
 * @param target - ρ: `logitAdjustTarget`, `equalisedTarget`, `adaptiveMarginTarget`, `matrixTarget`, or one of your own
 * @returns `[B]` loss for each row, or `[]` if reduced; the paper takes the mean
 * @throws TypeError if `target` has no function `logTarget`; and what `sampledLoss` throws
 * @claim The source claims that sampler and weighting, not intent, decide what happens to rare labels, and that weights for a
 * wanted ρ undo this with any sampler. Our spec trains a linear softmax over 50 Gaussian classes of frequencies 100:1 and
 * measures balanced accuracy (most frequent third / rarest third) after 6000 steps: from the batch relative 0.668 (0.91/0.29),
 * uniform importance 0.755 (0.91/0.52), from the batch constant 0.810 (0.88/0.67), logit-adjusted ρ 0.861 (0.88/0.83) with
 * uniform negatives and 0.849 (0.83/0.84) from the batch; the full softmax has 0.790 (0.91/0.61), logit-adjusted 0.870.
 * @question My classes are skewed; The softmax is my bottleneck
 * @source Rawat et al., "Disentangling Sampling and Labeling Bias for Learning in Large-Output Spaces", ICML 2021,
 * arXiv:2105.05736
 */
export function disentangledSampledLoss(
  hidden: Tensor,
  table: ClassTable,
  labels: Tensor<"i32">,
  sampler: Sampler | CandidateSampler,
  key: Key,
  target: NegativeTarget,
  options: DisentangledSampledLossOptions = {},
): Tensor {
  if (typeof target?.logTarget !== "function") {
    throw new TypeError(
      `disentangledSampledLoss: target is ${String(target)} but must have a function logTarget; logitAdjustTarget(priors) has`,
    );
  }
  const weighted = { ...options, weighting: target };
  return lossOfDraw("disentangledSampledLoss", hidden, table, labels, sampler, key, weighted);
}

function lossOfDraw(
  caller: string,
  hidden: Tensor,
  table: ClassTable,
  labels: Tensor<"i32">,
  sampler: Sampler | CandidateSampler,
  key: Key,
  options: SampledLossOptions,
): Tensor {
  const { negatives = 256, weighting = "importance", normalizeByM = false, form = "softmax" } = options;
  const { hits = "mask", shared = hits !== "resample", rounds = 16, reduction = "none" } = options;
  checkCount(caller, { negatives, rounds }, 1);
  checkWeighting(caller, weighting, normalizeByM);
  checkMarginLoss(caller, "form", form, ["softmax"]);
  checkOneOf(caller, "hits", hits, ["mask", "resample"]);
  checkReduction(caller, reduction);
  checkClassTable(caller, hidden, table, labels);
  if (hits === "resample" && shared) {
    throw new TypeError(`${caller}: shared is true but must be false with hits "resample"; each row draws its own`);
  }
  checkClasses(caller, table, sampler, weighting);

  const independent = "draw" in sampler;
  const design = independent ? independentCandidates(sampler, rounds) : sampler;
  const shape = shared ? [negatives] : [labels.size, negatives];
  const drawn = design.candidates(key, shape, hidden, hits === "resample" ? labels : undefined);
  // A label has no count where it is not drawn; a ratio of counts is the same before it was left out.
  const counted = independent
    ? { ...drawn, logExpectedCountOf: (of: Tensor<"i32">) => sampler.logProbability(of, hidden) }
    : drawn;
  const logWeights = negativeWeights(labels, counted, { weighting, normalizeByM });
  const scores = scoresOfClasses(hidden, table, drawn.ids); // [batch, negatives]
  return weightedNegativesLoss(scoresOfLabels(hidden, table, labels), scores, logWeights, { form, reduction });
}

function checkClasses(
  caller: string,
  { weights }: ClassTable,
  { classes, missing = [] }: Sampler | CandidateSampler,
  weighting: NegativeWeighting,
): void {
  const wanted = weights.shape[0];
  if (classes !== wanted) {
    throw new RangeError(`${caller}: sampler has ${classes} classes but must have ${wanted}, as weights has`);
  }
  if (typeof weighting === "object" && (weighting.classes ?? wanted) !== wanted) {
    throw new RangeError(`${caller}: target has ${weighting.classes} classes but must have ${wanted}, as weights has`);
  }
  if (weighting !== "constant" && missing.length > 0) {
    throw new RangeError(
      `${caller}: sampler has probability 0 for class ${missing[0]} but must have it above 0 for every class, unless weights are constant`,
    );
  }
}
