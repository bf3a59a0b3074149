import { checkCount, checkOneOf } from "../../autodiff/check.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { equal, expandDims, type Key, type Tensor } from "../../autodiff/index.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { candidateSoftmaxLoss } from "./candidate-softmax.js";
import { type CandidateSampler, independentCandidates } from "./candidates.js";
import { type ClassTable, checkClassTable, scoresOfClasses, scoresOfLabels } from "./class-table.js";
import { logQCorrection } from "./log-q-correction.js";
import type { Sampler } from "./sampler.js";

export interface SampledSoftmaxLossOptions {
  /** Negatives m, a whole number ≥ 1. Default 256. */
  readonly negatives?: number;
  /**
   * What becomes of a negative that is the row's label. `"mask"` leaves it out. `"resample"` draws from the other
   * classes, `q_j / (1 − q_y)`, in each row. `"keep"` leaves it in, which is wrong for the full loss (its partition
   * function counts the label twice) and right with `correctPositive`. Default `"mask"`.
   */
  readonly hits?: "mask" | "resample" | "keep";
  /** One set of negatives for the whole batch: a single matrix product. Default true, but false with `"resample"`. */
  readonly shared?: boolean;
  /** Subtract the positive's expected count too: another loss, see below. Default false. */
  readonly correctPositive?: boolean;
  /** With `"resample"`, draws at most for a negative, where the sampler cannot leave a class out; ≥ 1. Default 16. */
  readonly rounds?: number;
  /** Default `"none"`, a loss for each row. */
  readonly reduction?: Reduction;
}

/**
 * Softmax cross-entropy over C classes from m sampled ones, in time O(B·m·d) whatever C is.
 *
 *     Z' = exp(o_y) + Σ_{i≤m} exp(o_{s_i}) / E[count of s_i]      L' = −o_y + log Z'      o_j = weights_j · hidden + bias_j
 *
 * The expected count is `m · q_j` for a `Sampler`, drawn with replacement, and `π_j` for a `CandidateSampler` without.
 * E[Z'] = Z exactly, with hits `"mask"` and `"resample"`, and without replacement (`uniqueSampler` excepted). L' is biased
 * low, by Jensen: `E[L'] − L ≈ −Var(Z') / (2Z²)`, of order 1/m, and 0 where q is the softmax of the other classes. Rows
 * that share negatives are each unbiased in the same sense, but depend on each other.
 *
 * With `correctPositive` the positive gets `o_y − log E[count of y]`: the conditional likelihood of ranking
 * noise-contrastive estimation, which is no estimate of the full loss, but has the same optimum.
 *
 * Reach for it to train a softmax over 10⁴ to 10⁷ classes. The gradient touches the rows of labels and negatives only.
 *
 * @param hidden - `[B, d]`
 * @param table - `weights` `[C, d]`, and `bias` `[C]` if there is one
 * @param labels - `[B]`, each in [0, C); on a device they are not checked
 * @param sampler - a `Sampler` or a `CandidateSampler` of C classes; no gradient flows into it
 * @param key - a key of its own for each step
 * @returns `[B]` loss for each row in nats, or `[]` if reduced
 * @throws ShapeError if `hidden`, `table` and `labels` do not fit
 * @throws DTypeError if `hidden` and `table` differ in dtype
 * @throws RangeError if `negatives` is no whole number ≥ 1, or more than C − 1 without replacement
 * @throws RangeError if a label on the host is no class, or `sampler` has another number of classes
 * @throws RangeError if the sampler never draws a class that can be a negative, or with `correctPositive` a label
 * @throws TypeError if `hits` or `reduction` is not one of those listed, or `"resample"` comes with `shared` or `correctPositive`
 * @throws TypeError if `correctPositive` comes with a sampler that does not know the count of a label
 * @claim The better q fits, and with the correction, the lower the held-out loss: over 1000 Zipf-distributed classes with 20
 * shared negatives full softmax < q ∝ frequency < uniform q < q ∝ frequency without −log(m q), which is worst by 0.2 nats
 * or more after 4000 steps, for each of three seeds.
 * @question The softmax is my bottleneck
 * @source Bengio and Senécal, "Adaptive Importance Sampling to Accelerate Training of a Neural Probabilistic Language
 * Model", IEEE TNN 2008; Jean et al., "On Using Very Large Target Vocabulary for Neural Machine Translation", ACL 2015,
 * arXiv:1412.2007. The papers fix the proposal of each part of the corpus; here it is any sampler, and the positive is
 * always in the sum
 */
export function sampledSoftmaxLoss(
  hidden: Tensor,
  table: ClassTable,
  labels: Tensor<"i32">,
  sampler: Sampler | CandidateSampler,
  key: Key,
  options: SampledSoftmaxLossOptions = {},
): Tensor {
  const { negatives = 256, hits = "mask", correctPositive = false, rounds = 16, reduction = "none" } = options;
  const { shared = hits !== "resample" } = options;
  const caller = "sampledSoftmaxLoss";
  checkCount(caller, { negatives, rounds }, 1);
  checkOneOf(caller, "hits", hits, ["mask", "resample", "keep"]);
  checkReduction(caller, reduction);
  checkClassTable(caller, hidden, table, labels);
  if (hits === "resample" && shared) {
    throw new TypeError(`${caller}: shared is true but must be false with hits "resample"; each row draws its own`);
  }
  if (hits === "resample" && correctPositive) {
    throw new TypeError(
      `${caller}: correctPositive is true but must be false with hits "resample"; the label has no count there`,
    );
  }
  checkSupport(caller, table, labels, sampler, correctPositive);

  const [batch] = hidden.shape;
  const design = "draw" in sampler ? independentCandidates(sampler, rounds) : sampler;
  const shape = shared ? [negatives] : [batch, negatives];
  const drawn = design.candidates(key, shape, hidden, hits === "resample" ? labels : undefined);
  const { ids, logExpectedCount, logExpectedCountOf } = drawn;
  const scores = scoresOfClasses(hidden, table, ids); // [batch, candidates]
  const isHit = hits === "keep" ? {} : { isHit: equal(expandDims(labels, 1), ids) };
  let target = scoresOfLabels(hidden, table, labels);
  if (correctPositive) {
    if (logExpectedCountOf === undefined) {
      throw new TypeError(
        `${caller}: correctPositive is true but must be false with this sampler; it has no count for a class that it did not draw`,
      );
    }
    target = logQCorrection(target, logExpectedCountOf(labels));
  }
  return reduceLosses(candidateSoftmaxLoss(target, logQCorrection(scores, logExpectedCount, isHit)), reduction);
}

/** A class that is never drawn biases the estimate, unless it is the label of every row or its score is −∞. */
function checkSupport(
  caller: string,
  { weights, bias }: ClassTable,
  labels: Tensor<"i32">,
  { classes, missing = [] }: Sampler | CandidateSampler,
  correctPositive: boolean,
): void {
  if (classes !== weights.shape[0]) {
    throw new RangeError(`${caller}: sampler has ${classes} classes but must have ${weights.shape[0]}, as weights has`);
  }
  if (missing.length === 0) return;
  const known = hostValues(labels);
  if (correctPositive) {
    const gone = new Set(missing);
    const label = known?.find((id) => gone.has(id));
    if (label === undefined) return;
    throw new RangeError(
      `${caller}: sampler has probability 0 for class ${label} but must have it above 0 for every label with correctPositive`,
    );
  }
  const biases = bias === undefined ? undefined : hostValues(bias);
  const wrong = missing.find((j) => {
    const isOnlyLabel = known === undefined ? missing.length === 1 : known.every((id) => id === j);
    return !isOnlyLabel && biases?.[j] !== Number.NEGATIVE_INFINITY;
  });
  if (wrong !== undefined) {
    throw new RangeError(
      `${caller}: sampler has probability 0 for class ${wrong} but must have it above 0 for every class that can be a negative`,
    );
  }
}
