import { checkOneOf } from "../../autodiff/check.js";
import { greater, leavesOf, rebuild, sqrt, square, type Tensor, type Tree, where } from "../../autodiff/index.js";
import { checkRadius, checkSameForm } from "./same-form.js";

export interface ProjectL2BallOptions {
  /** Whether one ball holds all tensors together, or each tensor has a ball of its own. Default `"all"`. */
  readonly scope?: "all" | "tensor";
}

/**
 * The closest parameters whose Euclidean distance from given ones is at most a radius.
 *
 *     θ ← center + (θ − center) · min(1, radius / ‖θ − center‖₂)
 *
 * Inside the ball nothing changes, to the last bit. Reach for it in place of `projectInfBall` where a few parameters may
 * move far if the others stay.
 *
 * @param params - a tree of f32 or f64 tensors
 * @param center - a tree of the same form
 * @param radius - ≥ 0; at 0 the result is `center`, at `Infinity` it is `params`
 * @throws TypeError if one tree has a tensor where the other has none, or `scope` is not one of those listed
 * @throws ShapeError if tensors at the same place differ in shape
 * @throws DTypeError if they differ in dtype
 * @throws RangeError if `radius` is negative or NaN
 * @source Zhu et al., "Modifying Memories in Transformer Models", 2020, arXiv:2012.00363, §3 (constrained fine-tuning)
 */
export function projectL2Ball<T extends Tree>(
  params: T,
  center: T,
  radius: number,
  { scope = "all" }: ProjectL2BallOptions = {},
): T {
  checkSameForm("projectL2Ball", "params", params, "center", center);
  checkRadius("projectL2Ball", radius);
  checkOneOf("projectL2Ball", "scope", scope, ["all", "tensor"]);
  if (radius === 0) return center;
  if (radius === Number.POSITIVE_INFINITY) return params;
  const [given, centers] = [leavesOf(params), leavesOf(center)];
  const moves = given.map((param, i) => param.sub(centers[i]));
  const squares = moves.map((move) => square(move).sum());
  const total = scope === "all" ? squares.reduce((sum, part) => sum.add(part)) : undefined;
  return rebuild(
    params,
    given.map((param, i) => within(param, centers[i], moves[i], sqrt(total ?? squares[i]), radius)),
  );
}

function within(param: Tensor, center: Tensor, move: Tensor, distance: Tensor, radius: number): Tensor {
  const isOutside = greater(distance, radius);
  const inwards = move.div(where(isOutside, distance, 1)).mul(radius); // a distance of 0 is inside, and divides nothing
  return where(isOutside, center.add(inwards), param);
}
