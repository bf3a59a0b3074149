import { checkCount } from "../../autodiff/check.js";
import { checkRows } from "./check-rows.js";
import { checkPower, checkWeights, type DistancePower, nearest } from "./clustering-cost.js";
import { meanOf, medianOf } from "./geometric-median.js";
import { subsets } from "./subsets.js";
import { type Clustering, differentRows } from "./weighted-clustering.js";

export interface ExhaustiveClusteringOptions {
  /** Number of clusters k, a whole number ≥ 1. */
  readonly clusters: number;
  /** 1 for k-median, 2 for k-means. Default 1. */
  readonly power?: DistancePower;
  /** `[n]`: how often each point counts, ≥ 0. Default: once. */
  readonly weights?: ArrayLike<number>;
  /** Rows of d numbers that centres are taken from. Default: centres may lie anywhere. */
  readonly candidates?: readonly ArrayLike<number>[];
}

/** Ways of clustering that can be tried while one waits. */
const triesAtMost = 1_000_000;

/**
 * The best k-median or k-means clustering of a few points, by trying all.
 *
 *     with candidates: min over sets X of k candidates of cost(P, X)
 *     without: min over partitions of P into k parts of Σ_parts min_x cost(part, {x})
 *
 * Reach for it to know the optimum that an approximation is held against.
 *
 * @param points - n rows of d numbers, finite
 * @param options - how many clusters, weights, and where centres may lie
 * @throws RangeError if rows differ in length, there are none, or a number is not finite
 * @throws RangeError if an option is out of its range, `weights` does not fit the points, or there is more to try than 10⁶
 * sets or partitions
 * @source Gandikota, Mazumdar and Rawat, "Reliable Distributed Clustering with Redundant Data Assignment", ISIT 2020,
 * arXiv:2002.08892, whose guarantee is in terms of an exact or approximate solver
 */
export function exhaustiveClustering(
  points: readonly ArrayLike<number>[],
  options: ExhaustiveClusteringOptions,
): Clustering {
  const { clusters, power = 1, weights, candidates } = options;
  const caller = "exhaustiveClustering";
  const width = checkRows(caller, "points", points);
  checkCount(caller, { clusters }, 1);
  checkPower(caller, power);
  if (weights !== undefined) checkWeights(caller, points.length, weights);
  if (candidates !== undefined && checkRows(caller, "candidates", candidates) !== width) {
    throw new RangeError(
      `${caller}: candidates[0] has ${candidates[0].length} numbers but must have ${width}, as points`,
    );
  }
  const counted = weights ?? new Float64Array(points.length).fill(1);
  return candidates === undefined
    ? byPartitions(caller, points, counted, clusters, power)
    : byCandidates(caller, points, counted, differentRows(candidates), clusters, power);
}

function byCandidates(
  caller: string,
  points: readonly ArrayLike<number>[],
  weights: ArrayLike<number>,
  candidates: readonly Float64Array[],
  clusters: number,
  power: DistancePower,
): Clustering {
  const count = Math.min(clusters, candidates.length);
  let sets = 1;
  for (let i = 1; i <= count; i++) sets = (sets * (candidates.length - count + i)) / i;
  checkTries(caller, "sets of candidates", sets);
  let best: Clustering = { centres: [], cost: Number.POSITIVE_INFINITY };
  for (const set of subsets(candidates.length, count)) {
    const centres = set.map((i) => candidates[i]);
    let cost = 0;
    points.forEach((point, j) => {
      cost += weights[j] * nearest(point, centres).squares ** (power / 2);
    });
    if (cost < best.cost) best = { centres, cost };
  }
  return best;
}

function byPartitions(
  caller: string,
  points: readonly ArrayLike<number>[],
  weights: ArrayLike<number>,
  clusters: number,
  power: DistancePower,
): Clustering {
  const different = differentRows(points);
  const totals = new Float64Array(different.length);
  points.forEach((point, j) => {
    totals[nearest(point, different).centre] += weights[j];
  });
  if (different.length <= clusters) return { centres: different, cost: 0 };
  const fitPart = (members: readonly number[]) => {
    const [rows, counts] = [members.map((j) => different[j]), members.map((j) => totals[j])];
    const centre = power === 1 ? medianOf(rows, counts, 1000) : meanOf(rows, counts);
    const cost = rows.reduce((sum, row, i) => sum + counts[i] * nearest(row, [centre]).squares ** (power / 2), 0);
    return { centre, cost };
  };
  if (clusters === 1) {
    const { centre, cost } = fitPart([...different.keys()]);
    return { centres: [centre], cost };
  }
  checkTries(caller, "partitions", clusters ** (different.length - 1));

  const parts = new Map<number, ReturnType<typeof fitPart>>(); // by their members as bits: few enough, as all are tried
  const partOf = (members: number) => {
    const part = parts.get(members) ?? fitPart([...different.keys()].filter((j) => (members >> j) & 1));
    parts.set(members, part);
    return part;
  };
  let best: Clustering = { centres: [], cost: Number.POSITIVE_INFINITY };
  const grow = (j: number, sets: readonly number[]): void => {
    if (j === different.length) {
      const found = sets.map(partOf);
      const cost = found.reduce((sum, part) => sum + part.cost, 0);
      if (cost < best.cost) best = { centres: found.map(({ centre }) => centre), cost };
      return;
    }
    for (const [i, set] of sets.entries()) grow(j + 1, sets.with(i, set | (1 << j)));
    if (sets.length < clusters) grow(j + 1, [...sets, 1 << j]);
  };
  grow(0, []);
  return best;
}

function checkTries(caller: string, what: string, tries: number): void {
  if (tries > triesAtMost) {
    throw new RangeError(
      `${caller}: there are ${Math.round(tries)} ${what} but must be at most ${triesAtMost}; use weightedClustering`,
    );
  }
}
