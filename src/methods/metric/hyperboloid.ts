import { ShapeError, showShape } from "../../autodiff/check.js";
import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { slice, type Tensor } from "../../autodiff/index.js";

/** How far `x * x` may be from 1, over `x_0²`: what rounding leaves grows with that. */
const tolerance = 1e-6;

/** The Lorentz product `a_0 b_0 − Σ_{i≥1} a_i b_i` of two vectors on the host. */
export function lorentzProduct(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let product = a[0] * b[0];
  for (let i = 1; i < a.length; i++) product -= a[i] * b[i];
  return product;
}

/** Coordinates 1, 2, … of each point. */
export function spatial(x: Tensor): Tensor {
  const last = x.shape.length - 1;
  return slice(
    x,
    x.shape.map((_, axis) => (axis === last ? 1 : 0)),
    x.shape,
  );
}

/** Why a point is off the hyperboloid, or undefined. */
function defect(x: ArrayLike<number>): string | undefined {
  const norm = lorentzProduct(x, x);
  if (!(x[0] > 0)) return `has x_0 = ${x[0]} but must have x_0 > 0`;
  if (!(Math.abs(norm - 1) <= tolerance * x[0] ** 2))
    return `has x * x = ${norm} but must have 1, be on the hyperboloid`;
  return undefined;
}

/** Throws unless the vector is on the hyperboloid, to 1e-6 of `x_0²`. */
export function checkPoint(caller: string, name: string, x: ArrayLike<number>): void {
  const wrong = defect(x);
  if (wrong !== undefined) throw new RangeError(`${caller}: ${name} ${wrong}`);
}

/** Throws unless the tensors are floats of one dtype with d + 1 ≥ 2 coordinates on their last axis. */
export function checkLorentz(caller: string, tensors: Readonly<Record<string, Tensor>>): void {
  checkFloat(caller, tensors);
  checkSameDType(caller, tensors);
  const [[reference, { shape: first }]] = Object.entries(tensors);
  for (const [name, { shape }] of Object.entries(tensors)) {
    const [size, wanted] = [shape[shape.length - 1] ?? 0, first[first.length - 1]];
    if (size < 2) {
      throw new ShapeError(`${caller}: ${name} has shape ${showShape(shape)} but must end in d + 1 ≥ 2 coordinates`);
    }
    if (size !== wanted) {
      throw new ShapeError(
        `${caller}: ${name} has shape ${showShape(shape)} but must end in ${wanted} coordinates, as ${reference} does`,
      );
    }
  }
}

/** Throws where points are at hand and one of them is off the hyperboloid. */
export function checkOnHyperboloid(caller: string, tensors: Readonly<Record<string, Tensor>>): void {
  checkLorentz(caller, tensors);
  for (const [name, x] of Object.entries(tensors)) {
    const values = hostValues(x) ?? [];
    const width = x.shape[x.shape.length - 1];
    for (let i = 0; i * width < values.length; i++) {
      const point = Array.from({ length: width }, (_, j) => values[i * width + j]);
      checkPoint(caller, `point ${i} of ${name}`, point);
    }
  }
}

/** Throws unless the normal defines a hyperplane: `w * w < 0`. */
export function checkSpacelike(caller: string, normal: ArrayLike<number>): void {
  const norm = lorentzProduct(normal, normal);
  if (!(norm < 0)) {
    throw new RangeError(`${caller}: normal has w * w = ${norm} but must be space-like, w * w < 0`);
  }
}
