/** Copies of labels, one for each cluster that a label is in, and which examples each learns from. */
export interface DuplicatedLabels {
  /** `[copies]` the label of each copy; those of a label stand together, in the order of its clusters. */
  readonly labelOf: Int32Array;
  /** `[copies]` the cluster of each copy. */
  readonly clusterOf: Int32Array;
  /** `[K][any]` the copies in each cluster. */
  readonly copiesIn: readonly Int32Array[];
  /** `[N][any]` the copies that each example is a positive of. */
  readonly targets: readonly Int32Array[];
}

/**
 * Splits each label into a copy for each of its clusters, and its examples among them.
 *
 *     example i with label l is a positive of the copies (l, c) with c in matched_i
 *
 * A label with one copy keeps all its examples, and a copy that would have none gets all that its label has. The examples
 * of other labels that are matched to c are what copy (l, c) is told apart from.
 *
 * Reach for it to train a ranker on an assignment with overlap.
 *
 * @param labelLists - `[N][any]`, Y
 * @param assignment - `[L][≥ 1]` clusters of each label, S
 * @param matched - `[N][any]`, M
 * @returns the copies and their examples
 * @throws RangeError if `matched` is not as many as `labelLists`, or a label is none of `assignment`
 * @source Liu et al., "Label Disentanglement in Partition-based Extreme Multilabel Classification", NeurIPS 2021,
 * arXiv:2106.12751, section 3.3
 */
export function duplicateLabels(
  labelLists: readonly ArrayLike<number>[],
  assignment: readonly ArrayLike<number>[],
  matched: readonly ArrayLike<number>[],
): DuplicatedLabels {
  if (matched.length !== labelLists.length) {
    throw new RangeError(
      `duplicateLabels: matched has ${matched.length} lists but must have ${labelLists.length}, as labelLists has`,
    );
  }
  const labelOf = Int32Array.from(assignment.flatMap((clusters, label) => Array(clusters.length).fill(label)));
  const clusterOf = Int32Array.from(assignment.flatMap((clusters) => Array.from(clusters)));
  const copiesOf: number[][] = assignment.map(() => []);
  const copiesIn: number[][] = [];
  labelOf.forEach((label, copy) => {
    copiesOf[label].push(copy);
    (copiesIn[clusterOf[copy]] ??= []).push(copy);
  });
  const targets = labelLists.map((list, i) => {
    const clusters = new Set(Array.from(matched[i]));
    return Array.from(list).flatMap((label) => {
      const copies = copiesOf[label];
      if (copies === undefined) {
        throw new RangeError(
          `duplicateLabels: labelLists[${i}] has label ${label} but must have labels in [0, ${assignment.length})`,
        );
      }
      // An example that is matched to no cluster of the label would blur its copies: which meaning it has is not known.
      return copies.length === 1 ? copies : copies.filter((copy) => clusters.has(clusterOf[copy]));
    });
  });
  const used = new Set(targets.flat());
  labelLists.forEach((list, i) => {
    for (const label of Array.from(list)) targets[i].push(...copiesOf[label].filter((copy) => !used.has(copy)));
  });
  return {
    labelOf,
    clusterOf,
    copiesIn: Array.from(copiesIn, (copies) => Int32Array.from(copies ?? [])),
    targets: targets.map((copies) => Int32Array.from(copies)),
  };
}
