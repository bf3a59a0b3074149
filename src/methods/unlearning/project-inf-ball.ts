import { leavesOf, maximum, minimum, rebuild, type Tree } from "../../autodiff/index.js";
import { checkRadius, checkSameForm } from "./same-form.js";

/**
 * The closest parameters, in any tensor's every element, that are no further than a radius from given ones.
 *
 *     θ ← min(max(θ, center − radius), center + radius)
 *
 * The limits are rounded once, to the dtype: what comes back is at most half a unit in the last place of
 * `|center| + radius` further from `center` than `radius` is. Reach for it after each step of an optimizer, to change what
 * a model knows in few facts without its forgetting the others. Projecting some tensors is projecting all of them and
 * keeping those.
 *
 * @param params - a tree of f32 or f64 tensors
 * @param center - a tree of the same form
 * @param radius - ≥ 0; at 0 the result is `center`, at `Infinity` it is `params`, to the last bit
 * @throws TypeError if one tree has a tensor where the other has none
 * @throws ShapeError if tensors at the same place differ in shape
 * @throws DTypeError if they differ in dtype
 * @throws RangeError if `radius` is negative or NaN
 * @source Zhu et al., "Modifying Memories in Transformer Models", 2020, arXiv:2012.00363, §3 (constrained fine-tuning)
 */
export function projectInfBall<T extends Tree>(params: T, center: T, radius: number): T {
  checkSameForm("projectInfBall", "params", params, "center", center);
  checkRadius("projectInfBall", radius);
  if (radius === 0) return center; // also the sign of its zeros, which limits and sums need not keep
  if (radius === Number.POSITIVE_INFINITY) return params;
  const centers = leavesOf(center);
  return rebuild(
    params,
    leavesOf(params).map((param, i) => minimum(maximum(param, centers[i].sub(radius)), centers[i].add(radius))),
  );
}
