import { checkAbove, checkShape } from "../../autodiff/check.js";
import type { Tensor } from "../../autodiff/index.js";
import { hyperbolicHingeLoss } from "./hyperbolic-loss.js";
import { checkPointsAndNormal } from "./hyperbolic-scores.js";
import { lorentzInner } from "./lorentz.js";

export interface HyperbolicSvmObjectiveOptions {
  /** Weight C of the hinge against the length of the normal, a finite number > 0. Default 1. */
  readonly penalty?: number;
}

/**
 * The objective of the soft-margin support vector machine of hyperbolic space.
 *
 *     −½ (w * w) + penalty · Σ_i max(0, arsinh(1) − arsinh(y_i (w * x_i)))        over w with w * w < 0
 *
 * The normal is not normalized here: the shorter it is with all `y (w * x) ≥ 1`, the larger the margin
 * `arsinh(1 / √(−w * w))`. Keep `w * w < 0` when descending; the objective is not convex.
 *
 * Reach for it when the data are not separable, so that a perceptron has nothing to find.
 *
 * @param normal - `[d + 1]`, space-like; on a device that is not checked
 * @param points - `[batch, d + 1]`, on the hyperboloid to 1e-6 of `x_0²`; on a device that is not checked
 * @param labels - `[batch]`, each −1 or 1; on a device they are not checked
 * @returns `[]`
 * @throws ShapeError if `normal`, `points` and `labels` do not fit
 * @throws DTypeError if `points` or `normal` is no float, they differ, or `labels` is not i32
 * @throws RangeError if `penalty` is not > 0, or a value on the host is not as said above
 * @source Cho et al., "Large-Margin Classification in Hyperbolic Space", AISTATS 2019, arXiv:1806.00437
 */
export function hyperbolicSvmObjective(
  normal: Tensor,
  points: Tensor,
  labels: Tensor<"i32">,
  { penalty = 1 }: HyperbolicSvmObjectiveOptions = {},
): Tensor {
  checkAbove("hyperbolicSvmObjective", { penalty }, 0);
  checkPointsAndNormal("hyperbolicSvmObjective", points, normal);
  checkShape("hyperbolicSvmObjective", "labels", labels, [points.shape[0]]);
  const hinge = hyperbolicHingeLoss(lorentzInner(points, normal), labels, { reduction: "sum" });
  return lorentzInner(normal, normal).mul(-0.5).add(hinge.mul(penalty));
}
