import { greater, type Tensor, where } from "../../autodiff/index.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import type { PairForm } from "./pair-form.js";
import { checkPairs, type PairSets } from "./pair-sets.js";

export interface GenericMetricLossOptions {
  /** Default `"none"`, a loss for each anchor. */
  readonly reduction?: Reduction;
}

/**
 * A loss of pairs: a function of sums over an anchor's positives and over its negatives, with a weight for each pair.
 *
 *     ℓ_i = τ( σ⁺( Σ_j positive_ij ρ⁺(s_ij) ) + σ⁻( Σ_j negative_ij ρ⁻(s_ij) ) )
 *
 * σ, ρ and τ are those of the form. Weights of 0 and 1 make sets; an example mixed of a positive and a negative has weight
 * λ in the one sum and 1 − λ in the other. Weights are constants; a sum without pairs is left out.
 *
 * Reach for it to put one of the losses on similarities of your own, to class representatives, say; `multiSimilarityLoss`
 * and its relatives do it for all pairs of a batch.
 *
 * @param similarities - `[..., n, m]` of anchors to examples, mostly cosines
 * @param sets - two tensors `[..., n, m]`, see `pairSets`
 * @param form - one of `metricLossPresets`, or your own
 * @returns `[..., n]` loss of each anchor, or a scalar under a reduction
 * @throws ShapeError if similarities have fewer than two axes or the sets another shape
 * @throws DTypeError if similarities are no floats or the sets of another dtype
 * @throws RangeError if a similarity on the host is not finite, or a weight there is negative or not finite
 * @throws TypeError if `reduction` is none of those listed
 * @source Venkataramanan et al., "It Takes Two to Tango: Mixup for Deep Metric Learning", ICLR 2022, arXiv:2106.04990,
 * eqs. 4 and 8
 */
export function genericMetricLoss(
  similarities: Tensor,
  sets: PairSets,
  form: PairForm,
  { reduction = "none" }: GenericMetricLossOptions = {},
): Tensor {
  checkReduction("genericMetricLoss", reduction);
  checkPairs("genericMetricLoss", similarities, sets);
  return reduceLosses(anchorLosses(similarities, sets, form), reduction);
}

/** The same without checks, `[..., n]`. */
export function anchorLosses(
  similarities: Tensor,
  { positive, negative }: PairSets,
  { positive: falling, negative: rising, hinge = false }: PairForm,
): Tensor {
  const total = falling.value(similarities, positive).add(rising.value(similarities, negative));
  return hinge ? where(greater(total, 0), total, 0) : total;
}
