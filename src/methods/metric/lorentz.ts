import { at, greater, log, maximum, sqrt, type Tensor, where } from "../../autodiff/index.js";
import { arsinh } from "./arsinh.js";
import { checkLorentz, checkOnHyperboloid, spatial } from "./hyperboloid.js";

/**
 * The Lorentz product of vectors of d + 1 coordinates.
 *
 *     x * y = x_0 y_0 − Σ_{i≥1} x_i y_i
 *
 * Reach for it as the inner product of hyperbolic geometry: the hyperboloid is `x * x = 1, x_0 > 0`.
 *
 * @param x - `[..., d + 1]`
 * @param y - `[..., d + 1]`, under broadcasting
 * @returns `[...]`
 * @throws ShapeError if the last axes differ or hold fewer than 2 coordinates, or the shapes do not broadcast
 * @throws DTypeError if `x` or `y` is no float, or they differ
 * @source Ratcliffe, "Foundations of Hyperbolic Manifolds", 2nd ed. 2006, §3.1 (with the opposite sign); Weber et al.,
 * "Robust Large-Margin Learning in Hyperbolic Space", NeurIPS 2020, arXiv:2004.05465
 */
export function lorentzInner(x: Tensor, y: Tensor): Tensor {
  checkLorentz("lorentzInner", { x, y });
  return at(x, 0, -1)
    .mul(at(y, 0, -1))
    .sub(spatial(x).mul(spatial(y)).sum(-1));
}

/**
 * The distance of points of the hyperboloid.
 *
 *     d(x, y) = arcosh(x * y) = 2 arsinh(√(−(x − y) * (x − y)) / 2)
 *
 * Where the product is at most 2 it takes the second form, in which nothing cancels for near points; there `x_0 − y_0`
 * comes from the other coordinates, as `(|x|² − |y|²) / (x_0 + y_0)`. Gradients are right along the hyperboloid (compose
 * with `poincareToLorentz`, or project); across it they depend on the form. At distance 0 the gradient is 0.
 *
 * @param x - `[..., d + 1]`, on the hyperboloid to 1e-6 of `x_0²`; on a device that is not checked
 * @param y - the same, under broadcasting
 * @returns `[...]`, ≥ 0
 * @throws ShapeError if the last axes differ or hold fewer than 2 coordinates, or the shapes do not broadcast
 * @throws DTypeError if `x` or `y` is no float, or they differ
 * @throws RangeError if a point on the host is off the hyperboloid
 * @source Ratcliffe, "Foundations of Hyperbolic Manifolds", 2nd ed. 2006, §3.2; Weber et al., "Robust Large-Margin Learning
 * in Hyperbolic Space", NeurIPS 2020, arXiv:2004.05465
 */
export function lorentzDistance(x: Tensor, y: Tensor): Tensor {
  checkOnHyperboloid("lorentzDistance", { x, y });
  const product = lorentzInner(x, y);
  const isFar = greater(product, 2);
  const far = where(isFar, product, 2); // both branches are finite everywhere, or their gradients would mix NaN in
  const arcosh = log(far.add(sqrt(far.mul(far).sub(1))));

  const difference = spatial(x).sub(spatial(y));
  const time = difference
    .mul(spatial(x).add(spatial(y)))
    .sum(-1)
    .div(at(x, 0, -1).add(at(y, 0, -1)));
  const chord = maximum(difference.mul(difference).sum(-1).sub(time.mul(time)), 0);
  const near = arsinh(sqrt(where(isFar, 1, chord)).div(2)).mul(2);
  return where(isFar, arcosh, near);
}
