import type { HyperbolicData } from "cotangent/methods/metric";
import { sfc32 } from "cotangent/testing";
import { direction, normalAt, pointAt, signedDistance } from "./lorentz-points.js";

/** Points of the plane on both sides of a geodesic, none nearer to it than the margin. */
export interface SeparablePlane extends HyperbolicData {
  readonly points: Float64Array[];
  readonly labels: number[];
  readonly normal: Float64Array;
}

export interface SeparablePlaneOptions {
  readonly count?: number;
  readonly radius?: number;
  readonly margin?: number;
  readonly offset?: number;
}

/** Random points up to a radius from the origin, and a random geodesic up to `offset` from it. */
export function separablePlane(seed: number, options: SeparablePlaneOptions = {}): SeparablePlane {
  const { count = 200, radius = 2, margin = 0.3, offset = 0.3 } = options;
  const uniform = sfc32(seed);
  const normal = normalAt(offset * (2 * uniform() - 1), direction([2 * Math.PI * uniform()]));
  const points: Float64Array[] = [];
  while (points.length < count) {
    const x = pointAt(radius * uniform(), direction([2 * Math.PI * uniform()]));
    if (Math.abs(signedDistance(normal, x)) >= margin) points.push(x);
  }
  return { points, labels: points.map((x) => (signedDistance(normal, x) > 0 ? 1 : -1)), normal };
}
