import { checkAtLeast, checkCount, checkRank, checkSameShape } from "../../autodiff/check.js";
import { checkDType, checkFloat } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import {
  and,
  greater,
  greaterEqual,
  gumbel,
  type Key,
  log,
  min,
  stopGradient,
  type Tensor,
  topK,
  where,
} from "../../autodiff/index.js";
import { zeros } from "../../autodiff/ops/create.js";

export interface SamplePositivesOptions {
  /** `[B, L]`, each ≥ 0: positives are drawn in proportion to it, never where it is 0. Default: all alike. */
  readonly relevance?: Tensor;
}

/**
 * Some of the positives of each row, drawn without replacement, or all where there are no more.
 *
 * Reach for it where scoring a label costs an encoder pass: one positive a row for `decoupledSoftmaxLoss`, at most k for
 * `softTopKLoss`, as the `sampled` of either.
 *
 * @param key - a key of its own for each step
 * @param positives - `[B, L]`
 * @param count - how many to draw at most, a whole number in [1, L]
 * @returns `[B, L]`, true for what is drawn; by Gumbel's trick, one after the other in proportion to relevance
 * @throws ShapeError if `positives` has not two axes, or `relevance` another shape
 * @throws DTypeError if `positives` is not bool or `relevance` no float
 * @throws RangeError if `count` is no whole number in [1, L], or a relevance on the host negative or not finite
 * @source Gupta et al., "Dual-Encoders for Extreme Multi-Label Classification", ICLR 2024, arXiv:2310.10636, section 4.4
 */
export function samplePositives(
  key: Key,
  positives: Tensor<"bool">,
  count: number,
  { relevance }: SamplePositivesOptions = {},
): Tensor<"bool"> {
  checkDType("samplePositives", { positives }, "bool");
  checkRank("samplePositives", { positives }, 2);
  checkCount("samplePositives", { count }, 1);
  const { shape } = positives;
  if (count > shape[1]) throw new RangeError(`samplePositives: count is ${count} but must be in [1, ${shape[1]}]`);
  if (relevance !== undefined) {
    checkFloat("samplePositives", { relevance });
    checkSameShape("samplePositives", { positives, relevance });
    hostValues(relevance)?.forEach((value, at) => {
      checkAtLeast("samplePositives", { [`relevance[${at}]`]: value }, 0);
    });
  }
  const weights =
    relevance === undefined
      ? zeros(shape, { backend: key.backend, dtype: "f32" as const })
      : log(stopGradient(relevance));
  const order = where(positives, weights.add(gumbel(key, shape, { dtype: weights.dtype })), Number.NEGATIVE_INFINITY);
  const last = min(topK(order, count).values, 1, { keepDims: true });
  return and(greaterEqual(order, last), greater(order, Number.NEGATIVE_INFINITY));
}
