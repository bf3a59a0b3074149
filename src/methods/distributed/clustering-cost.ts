import { checkAtLeast } from "../../autodiff/check.js";
import { checkRows } from "./check-rows.js";

/** The power of the distance that a cost adds up: 1 for k-median, 2 for k-means. */
export type DistancePower = 1 | 2;

export interface ClusteringCostOptions {
  /** 1 for k-median, 2 for k-means. Default 1. */
  readonly power?: DistancePower;
  /** `[n]`: how often each point counts, ≥ 0. Default: once. */
  readonly weights?: ArrayLike<number>;
}

/**
 * How far points are from their nearest centres, in total.
 *
 *     cost(P, X) = Σ_j weights_j · min_{x ∈ X} ‖p_j − x‖^power
 *
 * Reach for it to compare clusterings.
 *
 * @param points - n rows of d numbers, finite
 * @param centres - at least one row of d numbers
 * @throws RangeError if rows differ in length, there are none, or a number is not finite
 * @throws RangeError if `power` is neither 1 nor 2, or `weights` does not have n finite numbers ≥ 0
 * @source Gandikota, Mazumdar and Rawat, "Reliable Distributed Clustering with Redundant Data Assignment", ISIT 2020,
 * arXiv:2002.08892
 */
export function clusteringCost(
  points: readonly ArrayLike<number>[],
  centres: readonly ArrayLike<number>[],
  { power = 1, weights }: ClusteringCostOptions = {},
): number {
  const caller = "clusteringCost";
  const width = checkRows(caller, "points", points);
  if (checkRows(caller, "centres", centres) !== width) {
    throw new RangeError(`${caller}: centres[0] has ${centres[0].length} numbers but must have ${width}, as points`);
  }
  checkPower(caller, power);
  if (weights !== undefined) checkWeights(caller, points.length, weights);
  let cost = 0;
  points.forEach((point, j) => {
    cost += (weights?.[j] ?? 1) * nearest(point, centres).squares ** (power / 2);
  });
  return cost;
}

/** The nearest centre, the first of equally near ones, and the square of the distance to it. */
export function nearest(
  point: ArrayLike<number>,
  centres: readonly ArrayLike<number>[],
): { readonly centre: number; readonly squares: number } {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  centres.forEach((centre, i) => {
    const squares = squaredDistance(point, centre);
    if (squares < least) [best, least] = [i, squares];
  });
  return { centre: best, squares: least };
}

export function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += (a[i] - b[i]) ** 2;
  return squares;
}

/** Throws RangeError unless it is 1 or 2. */
export function checkPower(caller: string, power: number): void {
  if (power !== 1 && power !== 2) throw new RangeError(`${caller}: power is ${power} but must be 1 or 2`);
}

/** Throws RangeError unless there is a finite weight ≥ 0 for each point. */
export function checkWeights(caller: string, points: number, weights: ArrayLike<number>): void {
  if (weights.length !== points) {
    throw new RangeError(
      `${caller}: weights has ${weights.length} numbers but must have ${points}, one for each point`,
    );
  }
  for (let j = 0; j < points; j++) checkAtLeast(caller, { [`weights[${j}]`]: weights[j] }, 0);
}
