import { checkShape } from "../../autodiff/check.js";
import { checkSameDType } from "../../autodiff/dtype.js";
import { expandDims, greater, relu, square, type Tensor, transposeLast, where } from "../../autodiff/index.js";

/** Parameters of X = left · rightᵀ + offset · 1ᵀ. */
export type ReluFactors = {
  /** `[d, k]` */
  readonly left: Tensor;
  /** `[n, k]` */
  readonly right: Tensor;
  /** `[d]` */
  readonly offset: Tensor;
};

/**
 * How badly a low-rank matrix with an offset in each row explains what a ReLU let through.
 *
 *     loss = ½ Σ over y > 0 of (y − x)² + ½ Σ over y = 0 of max(0, x)²      x = left · rightᵀ + offset · 1ᵀ
 *
 * Where y is 0 only a positive x is wrong. Reach for it to fit a ReLU model by gradients, as part of a larger one;
 * `reluFactorize` minimizes it for a matrix that is all there is.
 *
 * @param y - `[d, n]`, each value ≥ 0
 * @returns a scalar ≥ 0
 * @throws ShapeError if `left`, `right`, `offset` and `y` do not fit
 * @throws DTypeError if they differ in dtype
 * @source the rectified form of principal component analysis; Mazumdar and Rawat, "Representation Learning and Recovery in
 * the ReLU Model", 2018, arXiv:1803.04304, §2 (the model)
 */
export function reluFactorizationLoss({ left, right, offset }: ReluFactors, y: Tensor): Tensor {
  checkShape("reluFactorizationLoss", "y", y, [-1, -1]);
  const [d, n] = y.shape;
  checkShape("reluFactorizationLoss", "left", left, [d, -1]);
  checkShape("reluFactorizationLoss", "right", right, [n, left.shape[1]]);
  checkShape("reluFactorizationLoss", "offset", offset, [d]);
  checkSameDType("reluFactorizationLoss", { y, left, right, offset });
  const x = left.matmul(transposeLast(right)).add(expandDims(offset, 1));
  const excess = where(greater(y, 0), y.sub(x), relu(x));
  return square(excess).sum().mul(0.5);
}
