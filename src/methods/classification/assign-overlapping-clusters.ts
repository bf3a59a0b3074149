import { checkCount } from "../../autodiff/check.js";
import type { MatchCounts } from "./count-matches.js";

export interface AssignOverlappingClustersOptions {
  /** K, a whole number ≥ 1. */
  readonly clusters: number;
  /** λ: clusters of a label at most, a whole number ≥ 1. Default 2; 1 moves labels without overlap. */
  readonly overlap?: number;
  /** Labels of a cluster at most; K times it must hold all labels. Default no bound. */
  readonly capacity?: number;
}

/**
 * Assigns each label to the clusters in which a matcher looks for it most often: the assignment S, of at most λ clusters
 * a label, of the largest objective.
 *
 *     max over S of Σ_lc N_lc·S_lc      Σ_c S_lc ≤ λ for every label, and with `capacity` Σ_l S_lc ≤ capacity
 *
 * Without a capacity that is the λ clusters of largest count above 0 of each label, of equal ones the first. With one,
 * counts are visited from the largest down, and taken while label and cluster have room: greedy, not always the optimum.
 * A label that no example is sent anywhere for keeps its cluster of `base`, or gets the first that has room.
 *
 * Departure from the paper: with a capacity, a label gets another cluster only while a place is left for every label that
 * has none yet. Otherwise labels with many examples may take all places.
 *
 * Reach for it when labels have several meanings, after a first matcher has been trained.
 *
 * @param counts - `[L]` counts by cluster, N; see `countMatches`
 * @param base - `[L]`, the cluster of each label before
 * @returns `[L]` clusters of each label, ascending; at least one and at most λ
 * @throws RangeError if `clusters`, `overlap` or `capacity` is not a whole number ≥ 1
 * @throws RangeError if `base` is not `[L]`, or it or `counts` names no cluster, or a count is negative or not finite
 * @throws RangeError if `capacity` times `clusters` is less than L
 * @source Liu et al., "Label Disentanglement in Partition-based Extreme Multilabel Classification", NeurIPS 2021,
 * arXiv:2106.12751, section 3.2
 */
export function assignOverlappingClusters(
  counts: MatchCounts,
  base: ArrayLike<number>,
  options: AssignOverlappingClustersOptions,
): Int32Array[] {
  const { clusters, overlap = 2, capacity } = options;
  checkCount("assignOverlappingClusters", { clusters, overlap }, 1);
  checkCounts(counts, base, clusters);
  if (capacity === undefined) {
    return counts.map((row, label) => {
      const best = [...row]
        .filter(([, count]) => count > 0)
        .sort(([c, a], [d, b]) => b - a || c - d)
        .slice(0, overlap)
        .map(([cluster]) => cluster);
      return Int32Array.from(best.length === 0 ? [base[label]] : best).sort();
    });
  }
  checkCount("assignOverlappingClusters", { capacity }, 1);
  if (capacity * clusters < counts.length) {
    throw new RangeError(
      `assignOverlappingClusters: capacity is ${capacity} but must hold ${counts.length} labels in ${clusters} clusters`,
    );
  }
  return assignGreedily(counts, base, clusters, overlap, capacity);
}

/**
 * What `assignOverlappingClusters` maximizes: how many triples of an example, a label of it and a matched cluster of that
 * label there are.
 *
 *     Σ_lc N_lc·S_lc = Tr(M·Sᵀ·Yᵀ)
 *
 * Reach for it to compare assignments under one matcher.
 *
 * @param counts - `[L]` counts by cluster, N
 * @param assignment - `[L][any]` clusters of each label, S
 * @throws RangeError if `assignment` is not `[L]`
 * @source Liu et al., "Label Disentanglement in Partition-based Extreme Multilabel Classification", NeurIPS 2021,
 * arXiv:2106.12751, eq. 7
 */
export function clusterAssignmentObjective(counts: MatchCounts, assignment: readonly ArrayLike<number>[]): number {
  if (assignment.length !== counts.length) {
    throw new RangeError(
      `clusterAssignmentObjective: assignment has ${assignment.length} labels but must have ${counts.length}, as counts has`,
    );
  }
  return counts.reduce(
    (total, row, label) => total + Array.from(assignment[label]).reduce((sum, c) => sum + (row.get(c) ?? 0), 0),
    0,
  );
}

function assignGreedily(
  counts: MatchCounts,
  base: ArrayLike<number>,
  clusters: number,
  overlap: number,
  capacity: number,
): Int32Array[] {
  const entries = counts
    .flatMap((row, label) => Array.from(row, ([cluster, count]) => ({ label, cluster, count })))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || a.label - b.label || a.cluster - b.cluster);
  const taken = new Int32Array(clusters);
  const chosen: number[][] = counts.map(() => []);
  let [free, without] = [capacity * clusters, counts.length];
  const take = (label: number, cluster: number): void => {
    if (chosen[label].length === 0) without--;
    chosen[label].push(cluster);
    taken[cluster]++;
    free--;
  };
  for (const { label, cluster } of entries) {
    const { length } = chosen[label];
    if (length < overlap && taken[cluster] < capacity && (length === 0 || free > without)) take(label, cluster);
  }
  chosen.forEach((list, label) => {
    if (list.length > 0) return;
    take(label, taken[base[label]] < capacity ? base[label] : taken.findIndex((count) => count < capacity));
  });
  return chosen.map((list) => Int32Array.from(list).sort());
}

function checkCounts(counts: MatchCounts, base: ArrayLike<number>, clusters: number): void {
  const caller = "assignOverlappingClusters";
  const isCluster = (c: number) => Number.isInteger(c) && c >= 0 && c < clusters;
  if (base.length !== counts.length) {
    throw new RangeError(`${caller}: base has length ${base.length} but must have ${counts.length}, one a label`);
  }
  counts.forEach((row, label) => {
    if (!isCluster(base[label])) {
      throw new RangeError(`${caller}: base[${label}] is ${base[label]} but must be a cluster in [0, ${clusters})`);
    }
    for (const [cluster, count] of row) {
      if (!isCluster(cluster)) {
        throw new RangeError(
          `${caller}: counts[${label}] has cluster ${cluster} but must have clusters in [0, ${clusters})`,
        );
      }
      if (!(count >= 0 && count < Number.POSITIVE_INFINITY)) {
        throw new RangeError(
          `${caller}: counts[${label}] is ${count} at cluster ${cluster} but must be a finite number ≥ 0`,
        );
      }
    }
  });
}
