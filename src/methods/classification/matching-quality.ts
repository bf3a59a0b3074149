/** How well a matcher and an assignment of labels to clusters serve the ranker. */
export interface MatchingQuality {
  /** Share of the (example, label) pairs whose label is in a matched cluster; NaN if there is no pair. */
  readonly recall: number;
  /** Labels that the ranker has to score for an example, on average, counted once for each matched cluster. */
  readonly candidates: number;
}

/**
 * Recall and cost of the matching stage.
 *
 *     recall = mean over pairs (i, l in Y_i) of 1[(M·Sᵀ)_il > 0]      candidates = Σ_il (M·Sᵀ)_il / N
 *
 * Reach for it to see what a beam or an overlap buys. No ranker that scores only what is matched can recall more, at any
 * k.
 *
 * @param labelLists - `[N][any]`, Y
 * @param matched - `[N][any]`, M
 * @param assignment - `[L][any]` clusters of each label, S
 * @throws RangeError if `matched` is not as many as `labelLists`
 * @source Liu et al., "Label Disentanglement in Partition-based Extreme Multilabel Classification", NeurIPS 2021,
 * arXiv:2106.12751, section 3.1
 */
export function matchingQuality(
  labelLists: readonly ArrayLike<number>[],
  matched: readonly ArrayLike<number>[],
  assignment: readonly ArrayLike<number>[],
): MatchingQuality {
  if (matched.length !== labelLists.length) {
    throw new RangeError(
      `matchingQuality: matched has ${matched.length} lists but must have ${labelLists.length}, as labelLists has`,
    );
  }
  const sizes = new Map<number, number>();
  for (const list of assignment) {
    for (const cluster of Array.from(list)) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
  }
  let [pairs, found, candidates] = [0, 0, 0];
  labelLists.forEach((list, i) => {
    const clusters = new Set(Array.from(matched[i]));
    for (const cluster of clusters) candidates += sizes.get(cluster) ?? 0;
    for (const label of Array.from(list)) {
      pairs++;
      if (Array.from(assignment[label]).some((cluster) => clusters.has(cluster))) found++;
    }
  });
  return { recall: found / pairs, candidates: candidates / labelLists.length };
}
