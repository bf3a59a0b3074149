import { type Tensor, tensor } from "cotangent";
import { numbers } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";

/** The Lorentz product on the host. */
export function product(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, x, i) => sum + (i === 0 ? x : -x) * b[i], 0);
}

/** The point at a distance from the origin, in a direction of unit length. */
export function pointAt(distance: number, direction: readonly number[]): Float64Array {
  return Float64Array.of(Math.cosh(distance), ...direction.map((x) => Math.sinh(distance) * x));
}

/** A direction of unit length: the first axis, turned through each angle in turn. */
export function direction(angles: readonly number[]): number[] {
  let axes = [1];
  for (const angle of angles) axes = [...axes.map((x) => x * Math.cos(angle)), Math.sin(angle)];
  return axes;
}

/** Points of the hyperboloid of two dimensions, up to a distance from the origin; the origin is the simplest. */
export function lorentzPoints(count: number, radius = 2): Arbitrary<Float64Array[]> {
  const point = fc.tuple(numbers({ min: 0, max: radius }), numbers({ min: 0, max: 2 * Math.PI }));
  return fc
    .array(point, { minLength: count, maxLength: count })
    .map((list) => list.map(([r, angle]) => pointAt(r, direction([angle]))));
}

/** The unit normal of a geodesic: at a signed distance from the origin, in a direction. */
export function normalAt(distance: number, towards: readonly number[]): Float64Array {
  return Float64Array.of(Math.sinh(distance), ...towards.map((x) => Math.cosh(distance) * x));
}

/** Unit normals of geodesics of the plane that pass near the origin. */
export const normals: Arbitrary<Float64Array> = fc
  .tuple(numbers({ min: -0.8, max: 0.8 }), numbers({ min: 0, max: 2 * Math.PI }))
  .map(([distance, angle]) => normalAt(distance, direction([angle])));

/** Hyperbolic distance to a geodesic, signed. */
export const signedDistance = (normal: ArrayLike<number>, x: ArrayLike<number>): number =>
  Math.asinh(product(normal, x) / Math.sqrt(-product(normal, normal)));

/** The isometry that goes a distance along a direction of the plane, then turns it. */
export function moved(x: ArrayLike<number>, distance: number, angle: number): Float64Array {
  const [c, s] = [Math.cosh(distance), Math.sinh(distance)];
  const [t, a, b] = [c * x[0] + s * x[1], s * x[0] + c * x[1], x[2]];
  return Float64Array.of(t, a * Math.cos(angle) - b * Math.sin(angle), a * Math.sin(angle) + b * Math.cos(angle));
}

/** `[rows, width]`, in f64. */
export function matrix(rows: readonly Float64Array[]): Tensor {
  return tensor(Float64Array.from(rows.flatMap((row) => [...row])), { shape: [rows.length, rows[0].length] });
}

export const signs = (list: ArrayLike<number>): Tensor<"i32"> => tensor(Int32Array.from(list));
