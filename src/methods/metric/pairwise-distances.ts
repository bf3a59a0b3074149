import { ShapeError, showShape } from "../../autodiff/check.js";
import { checkSameDType } from "../../autodiff/dtype.js";
import { abs, expandDims, square, type Tensor, transposeLast } from "../../autodiff/index.js";
import { unitRows } from "../unit-rows.js";

/**
 * Squared Euclidean distances between the rows of two matrices.
 *
 *     d_ij = Σ_k (x_ik − y_jk)²
 *
 * Made of differences, so that near points lose no digits and a point is at distance 0 from itself, exactly; the n·m·d
 * differences are not kept. Reach for it wherever a loss looks at all pairs of a batch.
 *
 * @param x - `[..., n, d]`
 * @param y - `[..., m, d]`. Default `x`
 * @returns `[..., n, m]`
 * @throws DTypeError if the dtypes differ
 * @throws ShapeError if either has fewer than two axes, or rows of another length
 * @source the definition
 */
export function squaredDistances(x: Tensor, y: Tensor = x): Tensor {
  return square(differences("squaredDistances", x, y)).sum(-1);
}

/**
 * Manhattan distances between the rows of two matrices: `d_ij = Σ_k |x_ik − y_jk|`, with slope 0 where two entries agree.
 *
 * Reach for it to compare distributions: half of it is their total variation.
 *
 * @param x - `[..., n, d]`
 * @param y - `[..., m, d]`. Default `x`
 * @returns `[..., n, m]`
 * @throws DTypeError if the dtypes differ
 * @throws ShapeError if either has fewer than two axes, or rows of another length
 * @source the definition
 */
export function manhattanDistances(x: Tensor, y: Tensor = x): Tensor {
  return abs(differences("manhattanDistances", x, y)).sum(-1);
}

/**
 * Cosines of the angles between the rows of two matrices.
 *
 *     c_ij = ⟨x_i, y_j⟩ / (‖x_i‖ ‖y_j‖)
 *
 * Lengths neither overflow nor vanish on the way, and the gradient for a row is orthogonal to it. Reach for it where only
 * the direction of an embedding counts.
 *
 * @param x - `[..., n, d]`, no row zero
 * @param y - `[..., m, d]`, no row zero. Default `x`
 * @returns `[..., n, m]`, in [−1, 1] up to rounding; NaN for a row of zeros
 * @throws DTypeError if the dtypes differ
 * @throws ShapeError if either has fewer than two axes, or rows of another length
 * @source the definition
 */
export function cosineSimilarities(x: Tensor, y: Tensor = x): Tensor {
  checkRows("cosineSimilarities", x, y);
  const left = unitRows(x);
  return left.matmul(transposeLast(x === y ? left : unitRows(y)));
}

/** `[..., n, m, d]`. */
function differences(caller: string, x: Tensor, y: Tensor): Tensor {
  checkRows(caller, x, y);
  return expandDims(x, -2).sub(expandDims(y, -3));
}

function checkRows(caller: string, x: Tensor, y: Tensor): void {
  checkSameDType(caller, { x, y });
  for (const [name, { shape }] of Object.entries({ x, y })) {
    if (shape.length < 2)
      throw new ShapeError(`${caller}: ${name} has shape ${showShape(shape)} but must be [..., n, d]`);
  }
  const width = x.shape[x.shape.length - 1];
  if (y.shape[y.shape.length - 1] !== width) {
    throw new ShapeError(`${caller}: y has shape ${showShape(y.shape)} but must have rows of ${width}, like x`);
  }
}
