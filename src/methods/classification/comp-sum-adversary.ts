import { checkAtLeast, checkCount, checkOneOf, checkRank, checkShape } from "../../autodiff/check.js";
import { checkDType, checkFloat } from "../../autodiff/dtype.js";
import {
  clamp,
  grad,
  type Key,
  maximum,
  minimum,
  normal,
  sign,
  sqrt,
  square,
  stopGradient,
  type Tensor,
} from "../../autodiff/index.js";
import { squaredChange } from "./smooth-adversarial-comp-sum-loss.js";

export interface CompSumAdversaryOptions {
  /** Which changes the adversary may make: of Euclidean length, or with each coordinate, within the radius. Default `"l2"`. */
  readonly ball?: "l2" | "linf";
  /** A whole number ≥ 1. Default 10. */
  readonly steps?: number;
  /** How far a step goes, a finite number ≥ 0. Default 2.5 · radius / steps. */
  readonly stepSize?: number;
}

/**
 * Inputs near those given at which the differences between the label's score and the others change most, by projected
 * gradient ascent.
 *
 *     x′ ← project(x′ + stepSize · direction(∇ ‖Δ(x′) − Δ(x)‖²))      Δ_k(x) = s_y(x) − s_k(x)
 *
 * The direction is the gradient over its length, or its signs for `"linf"`. It starts at a random point, as at x itself
 * there is no slope. What comes back is detached. Reach for it for `smoothAdversarialCompSumLoss`.
 *
 * @param score - `[batch, d]` to `[batch, classes]`, each row for itself
 * @param inputs - `[batch, d]`
 * @param labels - `[batch]`
 * @param radius - a finite number ≥ 0
 * @param key - for the start
 * @returns `[batch, d]`, each row within the ball around its input
 * @throws ShapeError if `inputs` has not two axes or `labels` does not fit it
 * @throws DTypeError if `inputs` is no float, or `labels` not i32
 * @throws RangeError if `radius` or `stepSize` is negative or not finite, or `steps` no whole number ≥ 1
 * @throws TypeError if `ball` is none of those listed
 * @source Madry et al., "Towards Deep Learning Models Resistant to Adversarial Attacks", ICLR 2018, arXiv:1706.06083, §2.1,
 * with the objective of Mao, Mohri and Zhong, ICML 2023, arXiv:2304.07288, §5
 */
export function compSumAdversary(
  score: (inputs: Tensor) => Tensor,
  inputs: Tensor,
  labels: Tensor<"i32">,
  radius: number,
  key: Key,
  { ball = "l2", steps = 10, stepSize = (2.5 * radius) / steps }: CompSumAdversaryOptions = {},
): Tensor {
  const caller = "compSumAdversary";
  checkAtLeast(caller, { radius }, 0);
  checkCount(caller, { steps }, 1);
  checkAtLeast(caller, { stepSize }, 0);
  checkOneOf(caller, "ball", ball, ["l2", "linf"]);
  checkRank(caller, { inputs }, 2);
  checkFloat(caller, { inputs });
  checkDType(caller, { labels }, "i32");
  checkShape(caller, "labels", labels, [inputs.shape[0]]);

  const before = score(inputs);
  const project = (shift: Tensor) =>
    ball === "linf" ? clamp(shift, -radius, radius) : shift.div(lengths(shift)).mul(minimum(lengths(shift), radius));
  let shift = project(normal(key, inputs.shape, { dtype: inputs.dtype }).mul(radius / Math.sqrt(inputs.shape[1])));
  for (let step = 0; step < steps; step++) {
    const slope = grad((by: Tensor) => squaredChange(score(inputs.add(by)).sub(before), labels).sum())(shift);
    const direction = ball === "linf" ? sign(slope) : slope.div(lengths(slope));
    shift = project(shift.add(direction.mul(stepSize)));
  }
  return stopGradient(inputs.add(shift));
}

/** Of each row, kept away from 0 so that it can be divided by. */
function lengths(rows: Tensor): Tensor {
  return maximum(sqrt(square(rows).sum(1, { keepDims: true })), 1e-30);
}
