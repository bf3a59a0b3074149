import { gather, notEqual, type Tensor } from "../../autodiff/index.js";
import { fromValues } from "../../autodiff/ops/create.js";
import { checkLabelled } from "./pair-sets.js";
import { cosineSimilarities } from "./pairwise-distances.js";

/** Pairs of a batch, each once. */
export interface BatchNegativeSimilarities {
  /** `[n(n − 1)/2]`: cosines of the pairs i < j, in the order (0, 1), (0, 2), …, (1, 2), … */
  readonly similarities: Tensor;
  /** `[n(n − 1)/2]`: whether the labels of the two differ. */
  readonly isNegative: Tensor<"bool">;
}

/**
 * The similarities between samples of a batch, and which of them are of different classes: each unordered pair once.
 *
 * Reach for it to let a classification loss see the negatives that a metric loss sees, see `unpgLoss`.
 *
 * @param features - `[n, d]`, no row zero
 * @param labels - `[n]`, any whole numbers
 * @returns `n(n − 1)/2` cosines, and whether each is of a negative pair
 * @throws ShapeError if `features` has not two axes or `labels` does not fit
 * @throws DTypeError if `features` is no float or `labels` no i32
 * @throws RangeError if a row of `features` on the host is zero or not finite
 * @source Jung et al., "Unified Negative Pair Generation toward Well-discriminative Feature Space for Face Recognition",
 * BMVC 2022, arXiv:2203.11593, section 3.2
 */
export function batchNegativeSimilarities(features: Tensor, labels: Tensor<"i32">): BatchNegativeSimilarities {
  checkLabelled("batchNegativeSimilarities", "features", features, labels);
  return upperTriangle(features, labels);
}

/** The same without checks. */
export function upperTriangle(features: Tensor, labels: Tensor<"i32">): BatchNegativeSimilarities {
  const [count] = features.shape;
  const pairs = Array.from({ length: count }, (_, i) => i).flatMap((i) =>
    Array.from({ length: count - 1 - i }, (_, j) => [i, i + 1 + j] as const),
  );
  const ids = (of: (pair: readonly [number, number]) => number) =>
    fromValues(Int32Array.from(pairs, of), { backend: features.backend }) as Tensor<"i32">;
  const all = cosineSimilarities(features).reshape([count * count]);
  return {
    similarities: gather(
      all,
      ids(([i, j]) => i * count + j),
    ),
    isNegative: notEqual(
      gather(
        labels,
        ids(([i]) => i),
      ),
      gather(
        labels,
        ids(([, j]) => j),
      ),
    ),
  };
}
