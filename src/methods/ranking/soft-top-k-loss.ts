import { cast, greater, logSigmoid, not, or, type Tensor, where } from "../../autodiff/index.js";
import { reduceLosses } from "../reduction.js";
import { checkNegatives, checkPositives, type PositivesOptions, positiveShares } from "./check-positives.js";
import { raisedLogits } from "./soft-top-k.js";

export interface SoftTopKLossOptions extends PositivesOptions {
  /** How many places there are, a number in (0, L), or `"positives"`: as many as the row has positives. Default 5. */
  readonly k?: number | "positives";
  /** α of `softTopK`, a finite number > 0. Default 2. */
  readonly sharpness?: number;
}

/**
 * The soft top-k loss: all positives are to be among the first k, in whatever order.
 *
 *     ℓ_i = −Σ_{j ∈ P_i} (w_ij / Σ_P w) · log z_ij      z = softTopK(scores, k)
 *
 * The gradient of a row sums to 0. Positives that are not `sampled` are no competitors either: they leave the sum that is
 * to be k.
 *
 * Reach for it where the first k answers are shown together.
 *
 * @param scores - `[B, L]`, mostly cosines over a temperature, 0.05 in the paper
 * @param positives - `[B, L]`, true for right answers, at least one a row
 * @returns `[B]` loss of each row in nats, or a scalar under a reduction
 * @throws ShapeError if `scores` has not two axes or a mask or the weights another shape
 * @throws DTypeError if `scores` is no float, a mask not bool, or `weights` of another dtype than `scores`
 * @throws RangeError if a score on the host is not finite, a row there has no positive or none of weight
 * @throws RangeError if `sampled` is true where `positives` is not, or a weight is negative
 * @throws RangeError if k is not above 0 and below the number of labels of a row, or with `"positives"` a row on the host
 * has no negative, or `sharpness` is not > 0
 * @throws TypeError if `reduction` is none of those listed
 * @source Gupta et al., "Dual-Encoders for Extreme Multi-Label Classification", ICLR 2024, arXiv:2310.10636, eq. 8
 */
export function softTopKLoss(
  scores: Tensor,
  positives: Tensor<"bool">,
  { k = 5, sharpness = 2, ...options }: SoftTopKLossOptions = {},
): Tensor {
  checkPositives("softTopKLoss", scores, positives, options);
  if (k === "positives") checkNegatives("softTopKLoss", positives);
  const { sampled, reduction = "none" } = options;
  const places = k === "positives" ? cast(sampled ?? positives, scores.dtype).sum(1) : k;
  const mask = sampled && or(not(positives), sampled);
  const { logits } = raisedLogits(
    "softTopKLoss",
    scores,
    places,
    mask === undefined ? { sharpness } : { sharpness, mask },
  );
  const shares = positiveShares(scores, positives, options);
  return reduceLosses(where(greater(shares, 0), logSigmoid(logits).neg(), 0).mul(shares).sum(1), reduction);
}
