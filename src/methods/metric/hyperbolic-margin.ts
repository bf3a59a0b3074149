import { checkData, type HyperbolicData } from "./hyperbolic-data.js";
import { checkPoint, checkSpacelike, lorentzProduct } from "./hyperboloid.js";

/**
 * The signed distance of a point to the geodesic hyperplane of a normal.
 *
 *     ρ_w(x) = arsinh((w * x) / √(−w * w))
 *
 * Its magnitude is the least distance to a point of the hyperplane, its sign the predicted class; it does not change when
 * the normal is scaled, and is 1-Lipschitz in the distance.
 *
 * Reach for it to predict, with a distance to the boundary as the confidence.
 *
 * @param normal - d + 1 coordinates, space-like: `w * w < 0`
 * @param point - d + 1 coordinates, on the hyperboloid to 1e-6 of `x_0²`
 * @returns a number of either sign
 * @throws RangeError if the two differ in length, the normal is not space-like, or the point off the hyperboloid
 * @source Cho et al., "Large-Margin Classification in Hyperbolic Space", AISTATS 2019, arXiv:1806.00437
 */
export function signedGeodesicDistance(normal: ArrayLike<number>, point: ArrayLike<number>): number {
  checkNormal("signedGeodesicDistance", normal, point.length);
  checkPoint("signedGeodesicDistance", "point", point);
  return distanceTo(normal, point);
}

/**
 * The margin of a classifier on labelled points: the least signed distance on the right side.
 *
 *     min_i y_i ρ_w(x_i)
 *
 * It is above 0 exactly where the normal separates the classes. A perceptron's number of mistakes is bounded by it.
 *
 * @param normal - d + 1 coordinates, space-like: `w * w < 0`
 * @param data - labelled points
 * @returns a number of either sign, no larger than the margin of the data
 * @throws RangeError if the normal is not space-like or differs in length, or the data are not as they must be
 * @source Weber et al., "Robust Large-Margin Learning in Hyperbolic Space", NeurIPS 2020, arXiv:2004.05465
 */
export function hyperbolicMargin(normal: ArrayLike<number>, data: HyperbolicData): number {
  checkNormal("hyperbolicMargin", normal, checkData("hyperbolicMargin", data));
  return marginOf(normal, data);
}

/** The same without checks. */
export function marginOf(normal: ArrayLike<number>, { points, labels }: HyperbolicData): number {
  return points.reduce((least, x, i) => Math.min(least, labels[i] * distanceTo(normal, x)), Number.POSITIVE_INFINITY);
}

function distanceTo(normal: ArrayLike<number>, point: ArrayLike<number>): number {
  return Math.asinh(lorentzProduct(normal, point) / Math.sqrt(-lorentzProduct(normal, normal)));
}

/** Throws unless the normal has so many coordinates and is space-like. */
export function checkNormal(caller: string, normal: ArrayLike<number>, width: number): void {
  if (normal.length !== width) {
    throw new RangeError(`${caller}: normal has ${normal.length} coordinates but must have ${width}, as points do`);
  }
  checkSpacelike(caller, normal);
}
