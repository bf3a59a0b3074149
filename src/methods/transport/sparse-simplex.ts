import { checkAbove, checkCount, ShapeError, showShape } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import {
  and,
  cast,
  cumsum,
  equal,
  greater,
  lessEqual,
  max,
  or,
  relu,
  slice,
  stopGradient,
  type Tensor,
  topK,
  where,
} from "../../autodiff/index.js";
import { projectSimplex } from "../generative/simplex-projection.js";

/**
 * Nearest vector with at most k entries above 0, the others 0, and a given sum.
 *
 *     argmin { ‖t − s‖² : t ≥ 0, Σt = total, ‖t‖₀ ≤ k }
 *
 * It is the projection of the k largest entries of s, ties by the smaller place, on the simplex. Its Jacobian is that of the
 * simplex projection on the support.
 *
 * @param s - `[..., m]`, finite
 * @param k - a whole number in [1, m]
 * @param total - of each vector, > 0: a number, or a tensor `[..., 1]`. Default 1
 * @returns `[..., m]`, ≥ 0
 * @throws DTypeError if `s` is no f32 or f64
 * @throws ShapeError if `s` has no axis
 * @throws RangeError if `k` is no whole number in [1, m], or `total` a number that is not above 0
 * @throws RangeError if `s` is on the host and not finite
 * @source Kyrillidis et al., "Sparse Projections onto the Simplex", ICML 2013, arXiv:1206.1529, theorem 1
 */
export function projectSparseSimplex(s: Tensor, k: number, total: number | Tensor = 1): Tensor {
  checkEntries("projectSparseSimplex", s, k);
  if (typeof total === "number") checkAbove("projectSparseSimplex", { total }, 0);
  return onSimplex(s, k, total);
}

/** `projectSparseSimplex`, of what is known to be right. */
export function onSimplex(s: Tensor, k: number, total: number | Tensor): Tensor {
  const scaled = s.div(total);
  // The support of a projection lies within 1 of the largest entry: what is 2 below it comes out 0.
  const far = stopGradient(max(scaled, -1, { keepDims: true })).sub(2);
  return projectSimplex(where(topKMask(s, k), scaled, far)).mul(total);
}

/**
 * The k largest entries of each vector where they are above 0; the others are 0.
 *
 *     t_i = max(s_i, 0) for the k largest, ties by the smaller place; else 0
 *
 * @param s - `[..., m]`
 * @param k - a whole number in [1, m]
 * @returns `[..., m]`, ≥ 0
 * @throws DTypeError if `s` is no f32 or f64
 * @throws ShapeError if `s` has no axis
 * @throws RangeError if `k` is no whole number in [1, m]
 * @source Liu, Puigcerver and Blondel, "Sparsity-Constrained Optimal Transport", ICLR 2023, arXiv:2209.15466, table 1
 */
export function topkMaskNonneg(s: Tensor, k: number): Tensor {
  checkEntries("topkMaskNonneg", s, k);
  return where(topKMask(s, k), relu(s), 0);
}

/** Which entries are among the k largest of the last axis, the first of equals. */
function topKMask(s: Tensor, k: number): Tensor<"bool"> {
  const values = stopGradient(s);
  const rank = s.shape.length;
  const starts = s.shape.map((_, axis) => (axis === rank - 1 ? k - 1 : 0));
  const least = slice(topK(values, k).values, starts, [...s.shape.slice(0, -1), k]); // [..., 1]
  const above = greater(values, least);
  const ties = equal(values, least);
  const room = cast(above, "i32").sum(-1, { keepDims: true }).neg().add(k);
  return or(above, and(ties, lessEqual(cumsum(cast(ties, "i32")), room)));
}

function checkEntries(caller: string, s: Tensor, k: number): void {
  checkFloat(caller, { s });
  const m = s.shape[s.shape.length - 1];
  if (m === undefined) throw new ShapeError(`${caller}: s has shape ${showShape(s.shape)} but must have an axis`);
  checkCount(caller, { k }, 1);
  if (k > m) throw new RangeError(`${caller}: k is ${k} but must be at most ${m}, the size of the last axis`);
}
