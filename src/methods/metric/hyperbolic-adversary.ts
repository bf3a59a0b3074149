import { checkAtLeast, checkShape } from "../../autodiff/check.js";
import { cast, expandDims, sqrt, stopGradient, type Tensor } from "../../autodiff/index.js";
import { checkSigns } from "./hyperbolic-loss.js";
import { checkPointsAndNormal, unitNormal } from "./hyperbolic-scores.js";
import { lorentzInner } from "./lorentz.js";

/**
 * The worst example within a hyperbolic radius of each one, in closed form: a step straight towards the boundary, and over
 * it.
 *
 *     x̃ = argmin { y (w * z) : d(x, z) ≤ radius } = cosh(radius) x + sinh(radius) y u
 *     u = (w − s x) / √(1 + s²)        s = w * x,  −w * w = 1
 *
 * The signed distance falls by the radius: `y ρ_w(x̃) = y ρ_w(x) − radius`. No gradient flows through it.
 *
 * Reach for it to train for a margin: a loss at the adversaries is the largest within the radius, if it falls with y s.
 *
 * @param points - `[batch, d + 1]`, on the hyperboloid to 1e-6 of `x_0²`; on a device that is not checked
 * @param labels - `[batch]`, each −1 or 1; on a device they are not checked
 * @param normal - `[d + 1]`, space-like, of any length; on a device that is not checked
 * @param radius - a finite number ≥ 0; 0 returns the points
 * @returns `[batch, d + 1]`, on the hyperboloid
 * @throws ShapeError if `points`, `labels` and `normal` do not fit
 * @throws DTypeError if `points` or `normal` is no float, they differ, or `labels` is not i32
 * @throws RangeError if `radius` is negative or not finite, or a value on the host is not as said above
 * @source Weber et al., "Robust Large-Margin Learning in Hyperbolic Space", NeurIPS 2020, arXiv:2004.05465; the
 * closed form is derived here
 */
export function hyperbolicAdversary(points: Tensor, labels: Tensor<"i32">, normal: Tensor, radius: number): Tensor {
  checkAtLeast("hyperbolicAdversary", { radius }, 0);
  checkPointsAndNormal("hyperbolicAdversary", points, normal);
  checkShape("hyperbolicAdversary", "labels", labels, [points.shape[0]]);
  checkSigns("hyperbolicAdversary", labels);

  const [x, w] = [stopGradient(points), unitNormal(stopGradient(normal))];
  const score = expandDims(lorentzInner(x, w), 1); // [batch, 1]
  const tangent = w.sub(score.mul(x)).div(sqrt(score.mul(score).add(1)));
  const signs = expandDims(cast(labels, x.dtype), 1);
  return x.mul(Math.cosh(radius)).add(tangent.mul(signs).mul(Math.sinh(radius)));
}
