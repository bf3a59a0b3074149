import { logSumExp, softplus, type Tensor, where } from "../../autodiff/index.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { type BatchContrastOptions, batchContrast } from "./batch-contrast.js";

export interface InfoNceLossOptions extends BatchContrastOptions {
  /** Default `"none"`, a loss for each query. */
  readonly reduction?: Reduction;
}

/**
 * InfoNCE with in-batch and hard negatives: each query's positive against the query's own negatives.
 *
 *     ℓ_i = −log( exp(s_i⁺/τ) / (exp(s_i⁺/τ) + Σ_{s ∈ S_i⁻} exp(s/τ)) )
 *
 * What papers on retrieval call the contrastive loss; the name is kept apart from `contrastivePairLoss` of the metric
 * family and `contrastiveLoss` of the federated one, which are of another kind. A shift of all scores of one query changes
 * nothing, so scores of different queries need not compare: see `mannWhitneyLoss`. Without options it is
 * `inBatchInfoNce` of the sampling family.
 *
 * Reach for it where each query is ranked by itself.
 *
 * @param scores - `[B, B]` of queries with passages, each query's own on the diagonal; or `[B, passages]` with `positives`
 * @returns `[B]` loss of each query in nats, or a scalar under a reduction; 0 for a query without negatives
 * @throws ShapeError if `scores` has no row, no negative, or is not square without `positives`, or a shape does not fit
 * @throws DTypeError if `scores` is no float, `hardNegatives` of another dtype, `positives` no i32 or a mask not bool
 * @throws RangeError if a score on the host is not finite, a positive no column, or every negative masked
 * @throws RangeError if `temperature` is not a finite number > 0
 * @throws TypeError if `reduction` is none of those listed
 * @source van den Oord, Li and Vinyals, "Representation Learning with Contrastive Predictive Coding", 2018,
 * arXiv:1807.03748; in this form Sheikholeslami et al., 2025, arXiv:2510.00137, eq. 2
 */
export function infoNceLoss(scores: Tensor, { reduction = "none", ...options }: InfoNceLossOptions = {}): Tensor {
  checkReduction("infoNceLoss", reduction);
  const { positive, scores: others, isNegative } = batchContrast("infoNceLoss", scores, options);
  const total = logSumExp(where(isNegative, others, Number.NEGATIVE_INFINITY), 1);
  return reduceLosses(softplus(total.sub(positive)), reduction);
}
