import { ShapeError, showShape } from "../../autodiff/check.js";
import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { at, concat, expandDims, sqrt, type Tensor } from "../../autodiff/index.js";
import { arsinh } from "./arsinh.js";
import { checkOnHyperboloid, spatial } from "./hyperboloid.js";

/**
 * Points of the Poincaré ball on the hyperboloid.
 *
 *     x = ((1 + |z|²), 2z) / (1 − |z|²)
 *
 * Reach for it to bring embeddings from the ball to where classifiers are linear.
 *
 * @param z - `[..., d]`, |z| < 1; on a device that is not checked
 * @returns `[..., d + 1]`
 * @throws ShapeError if `z` is a scalar or has no coordinates
 * @throws DTypeError if `z` is no float
 * @throws RangeError if a point on the host is not inside the ball
 * @source Weber et al., "Robust Large-Margin Learning in Hyperbolic Space", NeurIPS 2020, arXiv:2004.05465
 */
export function poincareToLorentz(z: Tensor): Tensor {
  checkInBall("poincareToLorentz", { z });
  const squared = z.mul(z).sum(-1, { keepDims: true });
  return concat([squared.add(1), z.mul(2)], z.shape.length - 1).div(squared.neg().add(1));
}

/**
 * Points of the hyperboloid in the Poincaré ball: seen from the point (−1, 0, …, 0).
 *
 *     z = x_{1..d} / (1 + x_0)
 *
 * Reach for it to draw what was learned; distances near the rim lose their digits there.
 *
 * @param x - `[..., d + 1]`, on the hyperboloid to 1e-6 of `x_0²`; on a device that is not checked
 * @returns `[..., d]`
 * @throws ShapeError if the last axis holds fewer than 2 coordinates
 * @throws DTypeError if `x` is no float
 * @throws RangeError if a point on the host is off the hyperboloid
 * @source Weber et al., "Robust Large-Margin Learning in Hyperbolic Space", NeurIPS 2020, arXiv:2004.05465
 */
export function lorentzToPoincare(x: Tensor): Tensor {
  checkOnHyperboloid("lorentzToPoincare", { x });
  return spatial(x).div(expandDims(at(x, 0, -1).add(1), x.shape.length - 1));
}

/**
 * The distance of points of the Poincaré ball.
 *
 *     d(a, b) = 2 arsinh(|a − b| / √((1 − |a|²)(1 − |b|²))) = arcosh(1 + 2|a − b|² / ((1 − |a|²)(1 − |b|²)))
 *
 * The first form is the one computed: the second has half of its digits for near points. At distance 0 the gradient is 0.
 *
 * @param a - `[..., d]`, |a| < 1; on a device that is not checked
 * @param b - the same, under broadcasting
 * @returns `[...]`, ≥ 0
 * @throws ShapeError if a point is a scalar or has no coordinates, or the shapes do not broadcast
 * @throws DTypeError if `a` or `b` is no float, or they differ
 * @throws RangeError if a point on the host is not inside the ball
 * @source Nickel and Kiela, "Poincaré Embeddings for Learning Hierarchical Representations", NeurIPS 2017,
 * arXiv:1705.08039, eq. 1
 */
export function poincareDistance(a: Tensor, b: Tensor): Tensor {
  checkInBall("poincareDistance", { a, b });
  const difference = a.sub(b);
  const gap = (z: Tensor) => z.mul(z).sum(-1).neg().add(1);
  const ratio = difference
    .mul(difference)
    .sum(-1)
    .div(gap(a).mul(gap(b)));
  return arsinh(sqrt(ratio)).mul(2);
}

function checkInBall(caller: string, tensors: Readonly<Record<string, Tensor>>): void {
  checkFloat(caller, tensors);
  checkSameDType(caller, tensors);
  for (const [name, z] of Object.entries(tensors)) {
    const width = z.shape[z.shape.length - 1] ?? 0;
    if (width < 1) {
      throw new ShapeError(`${caller}: ${name} has shape ${showShape(z.shape)} but must end in d ≥ 1 coordinates`);
    }
    const values = hostValues(z) ?? [];
    for (let i = 0; i * width < values.length; i++) {
      const length = Math.hypot(...Array.from({ length: width }, (_, j) => values[i * width + j]));
      if (!(length < 1)) {
        throw new RangeError(`${caller}: point ${i} of ${name} has length ${length} but must be inside the ball, < 1`);
      }
    }
  }
}
