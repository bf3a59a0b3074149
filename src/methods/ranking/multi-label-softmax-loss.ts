import { and, greater, logSumExp, not, type Tensor, where } from "../../autodiff/index.js";
import { reduceLosses } from "../reduction.js";
import { checkPositives, type PositivesOptions, positiveWeights } from "./check-positives.js";

/**
 * Softmax cross-entropy summed over the positives of a row, all labels in the denominator.
 *
 *     ℓ_i = Σ_{j ∈ P_i} w_ij · (log Σ_l exp(s_il) − s_ij)
 *
 * Positives compete: one with more than `1/|P_i|` of the softmax is pushed down. That is what `decoupledSoftmaxLoss` does
 * without.
 *
 * Reach for it as the baseline, and where a row has one positive.
 *
 * @param scores - `[B, L]`
 * @param positives - `[B, L]`, true for right answers, at least one a row
 * @returns `[B]` loss of each row in nats, or a scalar under a reduction
 * @throws ShapeError if `scores` has not two axes or a mask or the weights another shape
 * @throws DTypeError if `scores` is no float, a mask not bool, or `weights` of another dtype than `scores`
 * @throws RangeError if a score on the host is not finite, a row there has no positive or none of weight
 * @throws RangeError if `sampled` is true where `positives` is not, or a weight is negative
 * @throws TypeError if `reduction` is none of those listed
 * @source Gupta et al., "Dual-Encoders for Extreme Multi-Label Classification", ICLR 2024, arXiv:2310.10636, eq. 3
 */
export function multiLabelSoftmaxLoss(
  scores: Tensor,
  positives: Tensor<"bool">,
  options: PositivesOptions = {},
): Tensor {
  checkPositives("multiLabelSoftmaxLoss", scores, positives, options);
  const { sampled = positives, reduction = "none" } = options;
  const isLeftOut = and(positives, not(sampled));
  const total = logSumExp(where(isLeftOut, Number.NEGATIVE_INFINITY, scores), 1, { keepDims: true });
  const weights = positiveWeights(scores, positives, options);
  return reduceLosses(where(greater(weights, 0), total.sub(scores), 0).mul(weights).sum(1), reduction);
}
