import { checkCount } from "../../autodiff/check.js";
import { any, arange, cast, equal, expandDims, gather, type Tensor, topK, where } from "../../autodiff/index.js";
import { checkLabelled } from "./pair-sets.js";
import { cosineSimilarities } from "./pairwise-distances.js";

export interface RecallAtKOptions {
  /** How many neighbours count, a whole number in [1, n). Default 1. */
  readonly k?: number;
}

/**
 * Recall@k of retrieval: the share of examples that have one of their class among the k most similar others.
 *
 *     R@k = mean_i 1[∃ j among the k largest cosines of i, j ≠ i, with y_j = y_i]
 *
 * Of equal cosines the earlier example comes first. An example that is alone in its class counts as a miss. Where every
 * example has labels of its own, `recallAt` of `cotangent/data` is the share of them that is found.
 *
 * Reach for it to measure embeddings of classes that training has not seen.
 *
 * @param embeddings - `[n, d]`, no row zero
 * @param labels - `[n]`, any whole numbers
 * @returns a scalar in [0, 1]
 * @throws ShapeError if `embeddings` has not two axes or `labels` does not fit
 * @throws DTypeError if `embeddings` is no float or `labels` no i32
 * @throws RangeError if `k` is no whole number in [1, n), or a row on the host is zero or not finite
 * @source Jégou, Douze and Schmid, "Product Quantization for Nearest Neighbor Search", TPAMI 2011; for embeddings Oh Song
 * et al., CVPR 2016, arXiv:1511.06452
 */
export function recallAtK(embeddings: Tensor, labels: Tensor<"i32">, { k = 1 }: RecallAtKOptions = {}): Tensor {
  checkCount("recallAtK", { k }, 1);
  checkLabelled("recallAtK", "embeddings", embeddings, labels);
  const [count] = embeddings.shape;
  if (k >= count) throw new RangeError(`recallAtK: k is ${k} but must be less than ${count}, the number of embeddings`);
  const places = arange(count, labels);
  const isSelf = equal(expandDims(places, 1), places);
  const { indices } = topK(where(isSelf, Number.NEGATIVE_INFINITY, cosineSimilarities(embeddings)), k);
  const isHit = any(equal(gather(labels, indices), expandDims(labels, 1)), 1);
  return cast(isHit, embeddings.dtype).mean();
}
