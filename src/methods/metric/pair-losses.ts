import type { Tensor } from "../../autodiff/index.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { anchorLosses } from "./generic-metric-loss.js";
import {
  binomialDevianceForm,
  type ContrastiveFormOptions,
  contrastiveForm,
  type LiftedStructureFormOptions,
  liftedStructureForm,
  type ScaledFormOptions,
} from "./metric-loss-presets.js";
import type { PairForm } from "./pair-form.js";
import { embeddedPairs } from "./pair-sets.js";

/** Options of losses over all pairs of a batch. */
export interface PairLossOptions {
  /** Divide each embedding by its length first. Default false: they must come with length 1. */
  readonly normalize?: boolean;
  /** Default `"none"`, a loss for each anchor. */
  readonly reduction?: Reduction;
}

function pairLoss(
  caller: string,
  embeddings: Tensor,
  labels: Tensor<"i32">,
  form: PairForm,
  normalize: boolean,
  reduction: Reduction,
): Tensor {
  checkReduction(caller, reduction);
  const { similarities, sets } = embeddedPairs(caller, embeddings, labels, normalize);
  return reduceLosses(anchorLosses(similarities, sets, form), reduction);
}

/**
 * The contrastive loss over all pairs of a batch: positives as similar as can be, negatives up to a margin.
 *
 *     ℓ_i = −Σ_P s_ik + Σ_N max(0, s_ik − margin)      s = embeddings · embeddingsᵀ
 *
 * Every pair counts by itself, whatever the others are. An anchor without positives or without negatives counts 0. The
 * `contrastiveLoss` of the federated family is another: between examples and class embeddings, and of squares.
 *
 * Reach for it as the baseline of losses that weigh pairs.
 *
 * @param embeddings - `[n, d]`
 * @param labels - `[n]`, any whole numbers
 * @returns `[n]` loss of each anchor, or a scalar under a reduction
 * @throws ShapeError if `embeddings` has not two axes or `labels` does not fit
 * @throws DTypeError if `embeddings` is no float or `labels` no i32
 * @throws RangeError if a row of `embeddings` on the host is zero or not finite, or not of length 1 without `normalize`
 * @throws RangeError if `margin` is not finite
 * @throws TypeError if `reduction` is none of those listed
 * @source Hadsell, Chopra and LeCun, "Dimensionality Reduction by Learning an Invariant Mapping", CVPR 2006; for
 * similarities Wang et al., "Multi-Similarity Loss with General Pair Weighting for Deep Metric Learning", CVPR 2019,
 * arXiv:1904.06627
 */
export function contrastivePairLoss(
  embeddings: Tensor,
  labels: Tensor<"i32">,
  { normalize = false, reduction = "none", ...options }: PairLossOptions & ContrastiveFormOptions = {},
): Tensor {
  const form = contrastiveForm("contrastivePairLoss", options);
  return pairLoss("contrastivePairLoss", embeddings, labels, form, normalize, reduction);
}

/**
 * The lifted-structure loss: smooth maxima over all positives and over all negatives of an anchor, a margin apart.
 *
 *     ℓ_i = max(0, log Σ_P exp(margin − s_ik) + log Σ_N exp(s_ik))      s = embeddings · embeddingsᵀ
 *
 * An anchor without positives or without negatives counts 0.
 *
 * Reach for it where a pair should count by how hard it is among those of its kind.
 *
 * @param embeddings - `[n, d]`
 * @param labels - `[n]`, any whole numbers
 * @returns `[n]` loss of each anchor, or a scalar under a reduction
 * @throws ShapeError if `embeddings` has not two axes or `labels` does not fit
 * @throws DTypeError if `embeddings` is no float or `labels` no i32
 * @throws RangeError if a row of `embeddings` on the host is zero or not finite, or not of length 1 without `normalize`
 * @throws RangeError if `margin` is not finite
 * @throws TypeError if `reduction` is none of those listed
 * @source Oh Song et al., "Deep Metric Learning via Lifted Structured Feature Embedding", CVPR 2016, arXiv:1511.06452; for
 * similarities Wang et al., CVPR 2019, arXiv:1904.06627
 */
export function liftedStructureLoss(
  embeddings: Tensor,
  labels: Tensor<"i32">,
  { normalize = false, reduction = "none", ...options }: PairLossOptions & LiftedStructureFormOptions = {},
): Tensor {
  const form = liftedStructureForm("liftedStructureLoss", options);
  return pairLoss("liftedStructureLoss", embeddings, labels, form, normalize, reduction);
}

/**
 * Binomial deviance: logistic losses of all pairs, averaged over an anchor's positives and over its negatives.
 *
 *     ℓ_i = mean_P log(1 + exp(−b(s_ik − margin))) + mean_N log(1 + exp(g(s_ik − margin)))      s = embeddings · embeddingsᵀ
 *
 * b is `positiveScale`, g `negativeScale`. An anchor without positives or without negatives counts 0.
 *
 * Reach for it where positives are few and should weigh as much as all negatives together.
 *
 * @param embeddings - `[n, d]`
 * @param labels - `[n]`, any whole numbers
 * @returns `[n]` loss of each anchor, or a scalar under a reduction
 * @throws ShapeError if `embeddings` has not two axes or `labels` does not fit
 * @throws DTypeError if `embeddings` is no float or `labels` no i32
 * @throws RangeError if a row of `embeddings` on the host is zero or not finite, or not of length 1 without `normalize`
 * @throws RangeError if a scale is not > 0 or `margin` not finite
 * @throws TypeError if `reduction` is none of those listed
 * @source Yi, Lei and Li, "Deep Metric Learning for Practical Person Re-Identification", ICPR 2014, arXiv:1407.4979; in
 * this form Wang et al., CVPR 2019, arXiv:1904.06627
 */
export function binomialDevianceLoss(
  embeddings: Tensor,
  labels: Tensor<"i32">,
  { normalize = false, reduction = "none", ...scales }: PairLossOptions & ScaledFormOptions = {},
): Tensor {
  const form = binomialDevianceForm("binomialDevianceLoss", { ...scales, average: true });
  return pairLoss("binomialDevianceLoss", embeddings, labels, form, normalize, reduction);
}
