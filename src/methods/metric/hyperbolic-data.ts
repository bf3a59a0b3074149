import { checkPoint } from "./hyperboloid.js";

/** Labelled points of the hyperboloid, on the host. */
export interface HyperbolicData {
  /** At least one point of d + 1 ≥ 2 coordinates, on the hyperboloid to 1e-6 of `x_0²`. */
  readonly points: readonly ArrayLike<number>[];
  /** One a point, each −1 or 1. */
  readonly labels: ArrayLike<number>;
}

/** Throws unless the data are as said; gives the number of coordinates. */
export function checkData(caller: string, { points, labels }: HyperbolicData): number {
  if (points.length === 0) throw new RangeError(`${caller}: points is empty but must hold at least one point`);
  const width = points[0].length;
  if (width < 2) throw new RangeError(`${caller}: points has ${width} coordinates but must have d + 1 ≥ 2`);
  if (labels.length !== points.length) {
    throw new RangeError(`${caller}: labels has ${labels.length} labels but must have ${points.length}, one a point`);
  }
  points.forEach((point, i) => {
    if (point.length !== width) {
      throw new RangeError(`${caller}: point ${i} has ${point.length} coordinates but must have ${width}`);
    }
    checkPoint(caller, `point ${i}`, point);
    if (labels[i] !== 1 && labels[i] !== -1) {
      throw new RangeError(`${caller}: labels holds ${labels[i]} at ${i} but must hold -1 and 1`);
    }
  });
  return width;
}
