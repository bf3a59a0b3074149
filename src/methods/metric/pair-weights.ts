import { cast, expandDims, greater, stopGradient, type Tensor } from "../../autodiff/index.js";
import { anchorLosses } from "./generic-metric-loss.js";
import type { PairForm } from "./pair-form.js";
import { checkPairs, type PairSets } from "./pair-sets.js";

/** By how much a loss pulls each positive pair together, and pushes each negative pair apart: `[..., n, m]` both. */
export interface PairWeights {
  /** `−∂ℓ_i / ∂s_ij`, ≥ 0, 0 outside of the set. */
  readonly positive: Tensor;
  /** `∂ℓ_i / ∂s_ij`, ≥ 0, 0 outside of the set. */
  readonly negative: Tensor;
}

/**
 * The weight that a loss gives each pair: the size of its derivative by the pair's similarity, in closed form.
 *
 *     contrastive        w⁺ = 1                                   w⁻ = 1[s > m]
 *     liftedStructure    w⁺ = exp(−s_ij) / Σ_P exp(−s_ik)         w⁻ = exp(s_ij) / Σ_N exp(s_ik)      where ℓ_i > 0
 *     binomialDeviance   w⁺ = b σ(−b(s − m))                      w⁻ = g σ(g(s − m))
 *     multiSimilarity    w⁺ = 1 / (exp(b(s_ij − m)) + Σ_P exp(b(s_ij − s_ik)))
 *                        w⁻ = 1 / (exp(−g(s_ij − m)) + Σ_N exp(g(s_ik − s_ij)))
 *
 * The weights of Multi-Similarity lie in (0, 1) and sum to less than 1. It alone of these looks both at how similar a pair
 * is by itself and at how similar the others are.
 *
 * Reach for it to see, or to draw, what a loss looks at, and for `gpwLoss`.
 *
 * @param similarities - `[..., n, m]`; no gradient flows into them
 * @param sets - two tensors `[..., n, m]`, see `pairSets` and `multiSimilarityMine`
 * @param form - one of `metricLossPresets`, or your own
 * @returns two tensors `[..., n, m]`, constants
 * @throws ShapeError if similarities have fewer than two axes or the sets another shape
 * @throws DTypeError if similarities are no floats or the sets of another dtype
 * @throws RangeError if a similarity on the host is not finite, or a weight there is negative or not finite
 * @source Wang et al., "Multi-Similarity Loss with General Pair Weighting for Deep Metric Learning", CVPR 2019,
 * arXiv:1904.06627, eqs. 3 to 10
 */
export function pairWeights(similarities: Tensor, sets: PairSets, form: PairForm): PairWeights {
  checkPairs("pairWeights", similarities, sets);
  const fixed = stopGradient(similarities);
  const positive = form.positive.slope(fixed, sets.positive);
  const negative = form.negative.slope(fixed, sets.negative);
  if (form.hinge !== true) return { positive, negative };
  const isActive = cast(expandDims(greater(anchorLosses(fixed, sets, form), 0), -1), fixed.dtype);
  return { positive: positive.mul(isActive), negative: negative.mul(isActive) };
}
