import { checkSameShape, stopGradient, type Tensor } from "../../autodiff/index.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { embeddedPairs, type PairSets } from "./pair-sets.js";
import type { PairWeights } from "./pair-weights.js";

export interface GpwLossOptions {
  /** Divide each embedding by its length first. Default false: they must come with length 1. */
  readonly normalize?: boolean;
  /** Default `"none"`, a loss for each anchor. */
  readonly reduction?: Reduction;
}

/**
 * General pair weighting: a loss of pairs written as a weighted sum of similarities, with the same gradient.
 *
 *     ℓ_i = Σ_N w⁻_ij s_ij − Σ_P w⁺_ij s_ij      w constant, s = embeddings · embeddingsᵀ
 *
 * With the weights of `pairWeights` it moves embeddings as the loss does that they belong to, though its value is another.
 * `s_ij` and `s_ji` are two entries, and both receive a gradient.
 *
 * Reach for it to try a weighting of your own that no loss is known for.
 *
 * @param embeddings - `[n, d]`
 * @param labels - `[n]`, any whole numbers
 * @param weigh - weights of pairs from similarities and sets, both `[n, n]`; anchors without positives or without negatives
 * have empty sets. For the loss of `multiSimilarityLoss`:
 * `(s, sets) => pairWeights(s, multiSimilarityMine(s, sets), metricLossPresets.multiSimilarity())`
 * @returns `[n]` loss of each anchor, or a scalar under a reduction
 * @throws ShapeError if `embeddings` has not two axes, or `labels` or what `weigh` returns does not fit
 * @throws DTypeError if `embeddings` is no float or `labels` no i32
 * @throws RangeError if a row of `embeddings` on the host is zero or not finite, or not of length 1 without `normalize`
 * @throws TypeError if `reduction` is none of those listed
 * @source Wang et al., "Multi-Similarity Loss with General Pair Weighting for Deep Metric Learning", CVPR 2019,
 * arXiv:1904.06627, eq. 3
 */
export function gpwLoss(
  embeddings: Tensor,
  labels: Tensor<"i32">,
  weigh: (similarities: Tensor, sets: PairSets) => PairWeights,
  { normalize = false, reduction = "none" }: GpwLossOptions = {},
): Tensor {
  checkReduction("gpwLoss", reduction);
  const { similarities, sets } = embeddedPairs("gpwLoss", embeddings, labels, normalize);
  const { positive, negative } = weigh(stopGradient(similarities), sets);
  checkSameShape("gpwLoss", { similarities, positive, negative });
  return reduceLosses(stopGradient(negative.sub(positive)).mul(similarities).sum(1), reduction);
}
