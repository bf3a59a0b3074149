import { checkRank } from "../../autodiff/check.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { sqrt, type Tensor } from "../../autodiff/index.js";
import { checkLorentz, checkOnHyperboloid, checkSpacelike } from "./hyperboloid.js";
import { lorentzInner } from "./lorentz.js";

/**
 * Scores of points under a linear classifier of hyperbolic space: the hyperbolic sine of the signed distance to its
 * decision boundary, a geodesic hyperplane.
 *
 *     s = (w * x) / √(−w * w) = sinh ρ_w(x)        boundary {x : w * x = 0}
 *
 * They do not change when the normal is scaled. Reach for them to train on: `hyperbolicHingeLoss` and
 * `hyperbolicLogisticLoss` take them.
 *
 * @param points - `[batch, d + 1]`, on the hyperboloid to 1e-6 of `x_0²`; on a device that is not checked
 * @param normal - `[d + 1]`, space-like: `w * w < 0`; on a device that is not checked and gives NaN
 * @returns `[batch]`
 * @throws ShapeError if `points` and `normal` do not fit, or hold fewer than 2 coordinates
 * @throws DTypeError if `points` or `normal` is no float, or they differ
 * @throws RangeError if a point on the host is off the hyperboloid, or the normal there not space-like
 * @source Cho et al., "Large-Margin Classification in Hyperbolic Space", AISTATS 2019, arXiv:1806.00437; Weber et
 * al., "Robust Large-Margin Learning in Hyperbolic Space", NeurIPS 2020, arXiv:2004.05465
 */
export function hyperbolicScores(points: Tensor, normal: Tensor): Tensor {
  checkPointsAndNormal("hyperbolicScores", points, normal);
  return lorentzInner(points, unitNormal(normal));
}

/** The normal with `−w * w = 1`. */
export function unitNormal(normal: Tensor): Tensor {
  return normal.div(sqrt(lorentzInner(normal, normal).neg()));
}

/** Throws unless the points are on the hyperboloid and the normal is space-like, as far as they are at hand. */
export function checkPointsAndNormal(caller: string, points: Tensor, normal: Tensor): void {
  checkRank(caller, { points }, 2);
  checkRank(caller, { normal }, 1);
  checkLorentz(caller, { points, normal });
  checkOnHyperboloid(caller, { points });
  const values = hostValues(normal);
  if (values !== undefined) checkSpacelike(caller, values);
}
