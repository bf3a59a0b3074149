import { checkCount } from "../../autodiff/check.js";
import { checkLabelLists } from "./check-labels.js";

/** `N_lc` by label and then cluster: how often examples with label l are sent to cluster c; what is left out is 0. */
export type MatchCounts = readonly ReadonlyMap<number, number>[];

/** How many labels and clusters there are. */
export interface PartitionSizes {
  /** L, a whole number ≥ 1. */
  readonly labels: number;
  /** K, a whole number ≥ 1. */
  readonly clusters: number;
}

/**
 * Counts how often a matcher sends the examples of a label to a cluster.
 *
 *     N = Yᵀ·M      N_lc = |{ i : l in labelLists_i and c in matched_i }|
 *
 * Reach for it to reassign labels to the clusters in which they are looked for.
 *
 * @param labelLists - `[N][any]`, Y: the labels of each example, each once
 * @param matched - `[N][any]`, M: the clusters that the matcher picked for each example, each once
 * @param sizes - L and K
 * @returns `[L]` counts by cluster; O(nnz(Y)·b) in time and memory
 * @throws RangeError if `labels` or `clusters` is not a whole number ≥ 1
 * @throws RangeError if a label or cluster is out of range or comes twice, or the lists differ in number
 * @source Liu et al., "Label Disentanglement in Partition-based Extreme Multilabel Classification", NeurIPS 2021,
 * arXiv:2106.12751, eq. 8
 */
export function countMatches(
  labelLists: readonly ArrayLike<number>[],
  matched: readonly ArrayLike<number>[],
  { labels, clusters }: PartitionSizes,
): MatchCounts {
  checkCount("countMatches", { labels, clusters }, 1);
  checkLabelLists("countMatches", "labelLists", labelLists, labelLists.length, labels);
  checkLabelLists("countMatches", "matched", matched, labelLists.length, clusters);
  const counts = Array.from({ length: labels }, () => new Map<number, number>());
  labelLists.forEach((list, i) => {
    for (let at = 0; at < list.length; at++) {
      const row = counts[list[at]];
      for (let k = 0; k < matched[i].length; k++) row.set(matched[i][k], (row.get(matched[i][k]) ?? 0) + 1);
    }
  });
  return counts;
}
