import { checkCount } from "../../autodiff/check.js";
import { checkRows } from "./check-rows.js";
import { checkWeights, squaredDistance } from "./clustering-cost.js";

export interface GeometricMedianOptions {
  /** `[n]`: how often each point counts, ≥ 0. Default: once. */
  readonly weights?: ArrayLike<number>;
  /** Iterations at most, a whole number ≥ 1. Default 200. */
  readonly maxIterations?: number;
}

/**
 * The point with the least total distance to given ones, by Weiszfeld's iteration.
 *
 *     T = Σ_{j: p_j ≠ x} w_j·p_j / ‖p_j − x‖ / Σ_{j: p_j ≠ x} w_j / ‖p_j − x‖      x ← (1 − γ)·T + γ·x
 *     γ = min(1, w_x / ‖Σ_{j: p_j ≠ x} w_j·(p_j − x) / ‖p_j − x‖‖)                 w_x: weight of points at x
 *
 * It starts at the mean and never gets worse; at a given point it stays only where that is best. The nearest given point is
 * tried at the end, as the iteration comes close to such an optimum but never gets there.
 *
 * Reach for it as the centre of a k-median cluster.
 *
 * @param points - n rows of d numbers, finite
 * @returns `[d]`; of points that all have weight 0, their first
 * @throws RangeError if rows differ in length, there are none, or a number is not finite
 * @throws RangeError if `weights` does not have n finite numbers ≥ 0, or `maxIterations` is not a whole number ≥ 1
 * @source Vardi and Zhang, "The Multivariate L1-Median and Associated Data Depth", PNAS 2000; Weiszfeld, "Sur le point pour
 * lequel la somme des distances de n points donnés est minimum", Tohoku Mathematical Journal 1937
 */
export function geometricMedian(
  points: readonly ArrayLike<number>[],
  { weights, maxIterations = 200 }: GeometricMedianOptions = {},
): Float64Array {
  checkRows("geometricMedian", "points", points);
  if (weights !== undefined) checkWeights("geometricMedian", points.length, weights);
  checkCount("geometricMedian", { maxIterations }, 1);
  return medianOf(points, weights ?? new Float64Array(points.length).fill(1), maxIterations);
}

/** `geometricMedian` without checks. */
export function medianOf(
  points: readonly ArrayLike<number>[],
  weights: ArrayLike<number>,
  maxIterations: number,
): Float64Array {
  let centre = meanOf(points, weights);
  const scale = Math.sqrt(points.reduce((most, point) => Math.max(most, squaredDistance(point, centre)), 0));
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const next = weiszfeld(points, weights, centre);
    const moved = Math.sqrt(squaredDistance(next, centre));
    centre = next;
    if (moved <= 1e-14 * scale) break;
  }
  const total = (at: ArrayLike<number>) =>
    points.reduce((sum, point, j) => sum + weights[j] * Math.sqrt(squaredDistance(point, at)), 0);
  const close = points.reduce((best, point) =>
    squaredDistance(point, centre) < squaredDistance(best, centre) ? point : best,
  );
  return total(close) <= total(centre) ? Float64Array.from(close) : centre;
}

/** The weighted mean; the first point if there is no weight. */
export function meanOf(points: readonly ArrayLike<number>[], weights: ArrayLike<number>): Float64Array {
  const sum = new Float64Array(points[0].length);
  let total = 0;
  points.forEach((point, j) => {
    total += weights[j];
    for (let i = 0; i < sum.length; i++) sum[i] += weights[j] * point[i];
  });
  return total > 0 ? sum.map((value) => value / total) : Float64Array.from(points[0]);
}

function weiszfeld(
  points: readonly ArrayLike<number>[],
  weights: ArrayLike<number>,
  centre: Float64Array,
): Float64Array {
  const pulled = new Float64Array(centre.length); // Σ w·(p − x) / ‖p − x‖
  let [total, here] = [0, 0];
  points.forEach((point, j) => {
    const distance = Math.sqrt(squaredDistance(point, centre));
    if (distance === 0) {
      here += weights[j];
      return;
    }
    const pull = weights[j] / distance;
    total += pull;
    for (let i = 0; i < pulled.length; i++) pulled[i] += pull * (point[i] - centre[i]);
  });
  const strength = Math.sqrt(squaredDistance(pulled, new Float64Array(pulled.length)));
  if (strength <= here || total === 0) return centre;
  return centre.map((value, i) => value + ((1 - here / strength) * pulled[i]) / total);
}
