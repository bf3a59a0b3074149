import {
  arange,
  cast,
  cumsum,
  greater,
  max,
  relu,
  sort,
  stopGradient,
  type Tensor,
  where,
} from "../../autodiff/index.js";
import { checkUtilities } from "./check-utilities.js";

/**
 * Euclidean projection on the probability simplex, also known as sparsemax.
 *
 *     x = argmin_{p ≥ 0, Σp = 1} ‖p − z‖² = max(z − τ, 0)      τ = max_j (z_(1) + … + z_(j) − 1) / j
 *
 * Reach for it in place of a softmax when far choices should get exactly 0. Its Jacobian is the centring matrix of the
 * support; on the borders between supports it takes that of one side.
 *
 * @param z - `[..., n]`, finite
 * @returns `[..., n]`, ≥ 0, rows that sum to 1
 * @throws DTypeError if `z` is no f32 or f64
 * @throws ShapeError if `z` has no axis or an empty last one
 * @throws RangeError if `z` is on the host and not finite
 * @source Martins and Astudillo, "From Softmax to Sparsemax", ICML 2016, arXiv:1602.02068, algorithm 1, prop. 2
 */
export function projectSimplex(z: Tensor): Tensor {
  checkUtilities("projectSimplex", "z", z, 1);
  const shifted = z.sub(stopGradient(max(z, -1, { keepDims: true }))); // else 1/j drowns in sums of large z
  const fixed = stopGradient(shifted);
  const counts = arange(z.shape[z.shape.length - 1], z).add(1);
  const bound = max(
    cumsum(sort(fixed, -1, { descending: true }))
      .sub(1)
      .div(counts),
    -1,
    { keepDims: true },
  );
  const support = greater(fixed, bound);
  const total = where(support, shifted, 0).sum(-1, { keepDims: true });
  return relu(shifted.sub(total.sub(1).div(cast(support, z.dtype).sum(-1, { keepDims: true }))));
}
