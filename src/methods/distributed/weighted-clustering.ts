import { checkCount } from "../../autodiff/check.js";
import type { Key } from "../../autodiff/index.js";
import { checkRows } from "./check-rows.js";
import { checkPower, checkWeights, type DistancePower, nearest, squaredDistance } from "./clustering-cost.js";
import { drawUniforms } from "./draw-uniforms.js";
import { meanOf, medianOf } from "./geometric-median.js";

/** Enough for a median of a cluster to a few digits more than alternating needs. */
const medianIterations = 60;

export interface WeightedClusteringOptions {
  /** Number of clusters k, a whole number ≥ 1. */
  readonly clusters: number;
  /** 1 for k-median, 2 for k-means. Default 1. */
  readonly power?: DistancePower;
  /** `[n]`: how often each point counts, ≥ 0. Default: once. */
  readonly weights?: ArrayLike<number>;
  /** Times that seeds are drawn, a whole number ≥ 1; the best clustering is kept. Default 5. */
  readonly starts?: number;
  /** Rounds of assigning points and moving centres at most, a whole number ≥ 1. Default 100. */
  readonly maxIterations?: number;
}

export interface Clustering {
  /** Rows of d numbers, k of them unless there are fewer different points. */
  readonly centres: readonly Float64Array[];
  /** The total distance, or square of it, to the nearest centre. */
  readonly cost: number;
}

/**
 * k-median or k-means of weighted points: seeds that are far apart, then alternating.
 *
 *     seed: P(next = p_j) ∝ w_j · min_{x ∈ X} ‖p_j − x‖^power
 *     repeat: assign each point to its nearest centre; move each centre to its points' geometric median (power 1), mean (2)
 *
 * A local optimum, the best over all starts. Where there are no more than k different points, these are the centres.
 *
 * Reach for it to cluster in one place, or as what each party of a distributed scheme does.
 *
 * @param points - n rows of d numbers, finite
 * @param options - how many clusters, weights, and how long to try
 * @param key - where seeds are drawn from
 * @throws RangeError if rows differ in length, there are none, or a number is not finite
 * @throws RangeError if an option is out of its range, or `weights` does not fit the points
 * @source Arthur and Vassilvitskii, "k-means++: The Advantages of Careful Seeding", SODA 2007; Lloyd, "Least Squares
 * Quantization in PCM", IEEE Trans. Information Theory 1982
 */
export async function weightedClustering(
  points: readonly ArrayLike<number>[],
  options: WeightedClusteringOptions,
  key: Key,
): Promise<Clustering> {
  const { clusters, power = 1, weights, starts = 5, maxIterations = 100 } = options;
  const caller = "weightedClustering";
  checkRows(caller, "points", points);
  checkCount(caller, { clusters, starts, maxIterations }, 1);
  checkPower(caller, power);
  if (weights !== undefined) checkWeights(caller, points.length, weights);
  const uniforms = await drawUniforms(key, starts * clusters);
  const counted = weights ?? new Float64Array(points.length).fill(1);
  return clusterBySeeds(points, counted, { clusters, power, maxIterations, uniforms });
}

export interface SeededClusteringOptions {
  readonly clusters: number;
  readonly power: DistancePower;
  readonly maxIterations: number;
  /** `[starts * clusters]`, in [0, 1): what seeds are drawn by. */
  readonly uniforms: Float64Array;
}

/** `weightedClustering` without checks, its random numbers given. */
export function clusterBySeeds(
  points: readonly ArrayLike<number>[],
  weights: ArrayLike<number>,
  { clusters, power, maxIterations, uniforms }: SeededClusteringOptions,
): Clustering {
  const different = differentRows(points.filter((_, j) => weights[j] > 0));
  if (different.length <= clusters) return { centres: different, cost: 0 };
  let best: Clustering = { centres: [], cost: Number.POSITIVE_INFINITY };
  for (let start = 0; start < uniforms.length; start += clusters) {
    const seeds = seedsOf(points, weights, power, uniforms.subarray(start, start + clusters));
    const found = alternate(points, weights, seeds, power, maxIterations);
    if (found.cost < best.cost) best = found;
  }
  return best;
}

/** Each different row once, in order of its first occurrence. */
export function differentRows(rows: readonly ArrayLike<number>[]): Float64Array[] {
  const found = new Map<string, Float64Array>();
  for (const row of rows) {
    const name = Array.from(row, (value) => value + 0).join(); // no negative zero
    if (!found.has(name)) found.set(name, Float64Array.from(row));
  }
  return [...found.values()];
}

function seedsOf(
  points: readonly ArrayLike<number>[],
  weights: ArrayLike<number>,
  power: DistancePower,
  uniforms: Float64Array,
): Float64Array[] {
  const seeds: Float64Array[] = [];
  const chances = Float64Array.from(weights);
  const squares = new Float64Array(points.length).fill(Number.POSITIVE_INFINITY);
  for (const uniform of uniforms) {
    const total = chances.reduce((sum, chance) => sum + chance, 0);
    let left = uniform * total;
    let chosen = chances.findLastIndex((chance) => chance > 0); // where rounding leaves u above all sums
    for (let j = 0; j < chances.length; j++) {
      left -= chances[j];
      if (left < 0) {
        chosen = j;
        break;
      }
    }
    const seed = Float64Array.from(points[chosen]);
    seeds.push(seed);
    points.forEach((point, j) => {
      squares[j] = Math.min(squares[j], squaredDistance(point, seed));
      chances[j] = weights[j] * squares[j] ** (power / 2);
    });
  }
  return seeds;
}

function alternate(
  points: readonly ArrayLike<number>[],
  weights: ArrayLike<number>,
  seeds: readonly Float64Array[],
  power: DistancePower,
  maxIterations: number,
): Clustering {
  let centres = [...seeds];
  let members: number[] = [];
  for (let iteration = 0; ; iteration++) {
    let cost = 0;
    let changed = false;
    const now = points.map((point, j) => {
      const { centre, squares } = nearest(point, centres);
      cost += weights[j] * squares ** (power / 2);
      changed ||= centre !== members[j];
      return centre;
    });
    if (!changed || iteration === maxIterations) return { centres, cost };
    members = now;
    centres = centres.map((centre, i) => {
      const mine = points.flatMap((_, j) => (members[j] === i && weights[j] > 0 ? [j] : []));
      if (mine.length === 0) return centre;
      const [rows, counts] = [mine.map((j) => points[j]), Float64Array.from(mine, (j) => weights[j])];
      return power === 1 ? medianOf(rows, counts, medianIterations) : meanOf(rows, counts);
    });
  }
}
