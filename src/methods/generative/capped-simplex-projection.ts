import {
  and,
  argsort,
  cast,
  concat,
  cumsum,
  greater,
  greaterEqual,
  less,
  lessEqual,
  max,
  maximum,
  ones,
  slice,
  stopGradient,
  type Tensor,
  takeAlongAxis,
  where,
} from "../../autodiff/index.js";
import { checkSubsetSize, checkUtilities } from "./check-utilities.js";

/**
 * Euclidean projection on the vectors in [0, 1]ⁿ that sum to k.
 *
 *     x = argmin_{0 ≤ p ≤ 1, Σp = k} ‖p − z‖² = clip(z − ν, 0, 1)      ν so that Σx = k
 *
 * Reach for it to relax the choice of k out of n when far ones should get exactly 0 or 1. ν is found without iteration,
 * in O(n log n). Its Jacobian is the centring matrix of the entries between 0 and 1.
 *
 * @param z - `[..., n]`, finite
 * @param k - a whole number in [1, n]
 * @returns `[..., n]`, in [0, 1], rows that sum to k
 * @throws DTypeError if `z` is no f32 or f64
 * @throws ShapeError if `z` has no axis or an empty last one
 * @throws RangeError if `k` is no whole number in [1, n], or `z` is on the host and not finite
 * @source Blondel, Martins and Niculae, "Learning with Fenchel-Young Losses", JMLR 2020, arXiv:1901.02324, §7.3 (the
 * budget polytope); the search over breakpoints is ours
 */
export function projectCappedSimplex(z: Tensor, k: number): Tensor {
  checkUtilities("projectCappedSimplex", "z", z, 1);
  const n = z.shape[z.shape.length - 1];
  checkSubsetSize("projectCappedSimplex", k, n);
  if (k === n) return ones(z.shape, z);
  const shifted = z.sub(stopGradient(max(z, -1, { keepDims: true })));
  const fixed = stopGradient(shifted);
  const below = breakpointBelow(fixed, k);
  const capped = greater(fixed.sub(1), below);
  const inside = and(greater(fixed, below), lessEqual(fixed.sub(1), below));
  const count = (mask: Tensor<"bool">) => cast(mask, z.dtype).sum(-1, { keepDims: true });
  const left = count(capped).neg().add(k); // what the entries between 0 and 1 share
  const total = where(inside, shifted, 0).sum(-1, { keepDims: true });
  const x = shifted.sub(total.sub(left).div(maximum(count(inside), 1)));
  const rounded = where(less(x, 0), 0, where(greater(x, 1), 1, x));
  return where(capped, 1, where(inside, rounded, 0));
}

/**
 * The largest of the points z_i and z_i − 1 at which `g(ν) = Σ clip(z_i − ν, 0, 1)` has reached k. Coming from above, g is
 * linear between them; its slope grows by 1 at each z_i and falls by 1 at each z_i − 1.
 */
function breakpointBelow(z: Tensor, k: number): Tensor {
  const last = z.shape.length - 1;
  const n = z.shape[last];
  const points = concat([z, z.sub(1)], last);
  const order = argsort(points, -1, { descending: true });
  const sorted = takeAlongAxis(points, order);
  const slope = cumsum(where(less(order, n), ones(order.shape, z), -1));
  const starts = z.shape.map((_, axis) => (axis === last ? 1 : 0));
  const ends = points.shape.map((size, axis) => (axis === last ? size - 1 : size));
  const next = slice(sorted, starts, points.shape);
  const first = starts.map(() => 0);
  const reached = cumsum(slice(slope, first, ends).mul(slice(sorted, first, ends).sub(next)));
  return max(where(greaterEqual(reached, k), next, Number.NEGATIVE_INFINITY), -1, { keepDims: true });
}
