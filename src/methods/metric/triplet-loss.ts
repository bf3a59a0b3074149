import { checkAtLeast } from "../../autodiff/check.js";
import { cast, expandDims, greater, stopGradient, type Tensor } from "../../autodiff/index.js";
import { checkReduction, reduceLosses } from "../reduction.js";
import type { PairLossOptions } from "./pair-losses.js";
import { checkPairs, embeddedPairs, type PairSets } from "./pair-sets.js";
import type { PairWeights } from "./pair-weights.js";

export interface TripletLossOptions extends PairLossOptions {
  /** How much more similar a positive is to be than a negative, a finite number ≥ 0. Default 0.2. */
  readonly margin?: number;
}

export interface TripletWeightsOptions {
  /** As of the loss. Default 0.2. */
  readonly margin?: number;
}

/**
 * The triplet loss over all triplets of a batch: each positive more similar than each negative, by a margin.
 *
 *     ℓ_i = Σ_{p ∈ P, n ∈ N} max(0, s_in − s_ip + margin)      s = embeddings · embeddingsᵀ
 *
 * An anchor without positives or without negatives counts 0. The n³ terms are not kept.
 *
 * Reach for it where only the order of similarities matters.
 *
 * @param embeddings - `[n, d]`
 * @param labels - `[n]`, any whole numbers
 * @returns `[n]` loss of each anchor, or a scalar under a reduction
 * @throws ShapeError if `embeddings` has not two axes or `labels` does not fit
 * @throws DTypeError if `embeddings` is no float or `labels` no i32
 * @throws RangeError if a row of `embeddings` on the host is zero or not finite, or not of length 1 without `normalize`
 * @throws RangeError if `margin` is negative or not finite
 * @throws TypeError if `reduction` is none of those listed
 * @source Schroff, Kalenichenko and Philbin, "FaceNet: A Unified Embedding for Face Recognition and Clustering", CVPR 2015,
 * arXiv:1503.03832; for similarities Wang et al., CVPR 2019, arXiv:1904.06627
 */
export function tripletLoss(
  embeddings: Tensor,
  labels: Tensor<"i32">,
  { margin = 0.2, normalize = false, reduction = "none" }: TripletLossOptions = {},
): Tensor {
  checkAtLeast("tripletLoss", { margin }, 0);
  checkReduction("tripletLoss", reduction);
  const { similarities, sets } = embeddedPairs("tripletLoss", embeddings, labels, normalize);
  const { violation, counts } = triplets(similarities, sets, margin);
  return reduceLosses(violation.mul(counts).sum([1, 2]), reduction);
}

/**
 * The weight that the triplet loss gives each pair: the number of triplets it is part of that violate the margin.
 *
 *     w⁺_ip = Σ_n 1[s_in − s_ip + margin > 0]      w⁻_in = Σ_p 1[s_in − s_ip + margin > 0]
 *
 * Reach for it beside `pairWeights`, to which it is the same for a loss that is no function of two sums.
 *
 * @param similarities - `[n, m]`; no gradient flows into them
 * @param sets - two tensors `[n, m]`, see `pairSets`
 * @returns two tensors `[n, m]`, constants
 * @throws ShapeError if the sets have another shape than the similarities
 * @throws DTypeError if similarities are no floats or the sets of another dtype
 * @throws RangeError if `margin` is negative or not finite, a similarity on the host is not finite, or a weight negative
 * @source Wang et al., "Multi-Similarity Loss with General Pair Weighting for Deep Metric Learning", CVPR 2019,
 * arXiv:1904.06627, section 3.2
 */
export function tripletWeights(
  similarities: Tensor,
  sets: PairSets,
  { margin = 0.2 }: TripletWeightsOptions = {},
): PairWeights {
  checkAtLeast("tripletWeights", { margin }, 0);
  checkPairs("tripletWeights", similarities, sets);
  const { isViolated, counts } = triplets(stopGradient(similarities), sets, margin);
  const violations = isViolated.mul(counts);
  return { positive: violations.sum(-1), negative: violations.sum(-2) };
}

/** Of each anchor, positive and negative, `[n, m, m]`: by how much the margin is violated, whether it is, and its weight. */
function triplets(similarities: Tensor, { positive, negative }: PairSets, margin: number) {
  const excess = expandDims(similarities, -2).sub(expandDims(similarities, -1)).add(margin);
  const isViolated = cast(greater(excess, 0), excess.dtype);
  const counts = expandDims(positive, -1).mul(expandDims(negative, -2));
  return { violation: excess.mul(isViolated), isViolated, counts };
}
