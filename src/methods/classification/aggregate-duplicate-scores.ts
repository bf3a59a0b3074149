import { checkOneOf } from "../../autodiff/check.js";

/** Labels with their scores. */
export interface ScoredLabels {
  /** Best first; of equal scores the lower label first. */
  readonly labels: Int32Array;
  readonly scores: Float64Array;
}

/**
 * Scores of labels from those of their copies: of the copies that were scored at all.
 *
 *     mean: Σ scores of the scored copies of l / how many they are      max: the largest
 *
 * Reach for it after a ranker has scored the copies in the clusters that an example was matched to.
 *
 * @param copies - which copies were scored
 * @param scores - one a copy
 * @param labelOf - `[copies]` the label of each copy there is
 * @param merge - Default `"mean"`
 * @returns the labels with a scored copy, best first
 * @throws RangeError if `scores` is not one a copy, a score is NaN, or a copy has no label
 * @throws TypeError if `merge` is not one of those listed
 * @source Liu et al., "Label Disentanglement in Partition-based Extreme Multilabel Classification", NeurIPS 2021,
 * arXiv:2106.12751, section 3.3
 */
export function aggregateDuplicateScores(
  copies: ArrayLike<number>,
  scores: ArrayLike<number>,
  labelOf: ArrayLike<number>,
  merge: "mean" | "max" = "mean",
): ScoredLabels {
  checkOneOf("aggregateDuplicateScores", "merge", merge, ["mean", "max"]);
  if (scores.length !== copies.length) {
    throw new RangeError(
      `aggregateDuplicateScores: scores has length ${scores.length} but must have that of copies, ${copies.length}`,
    );
  }
  const found = new Map<number, number[]>();
  Array.from(copies).forEach((copy, at) => {
    const label = labelOf[copy];
    if (label === undefined) {
      throw new RangeError(`aggregateDuplicateScores: copies[${at}] is ${copy} but must be in [0, ${labelOf.length})`);
    }
    if (Number.isNaN(scores[at])) {
      throw new RangeError(`aggregateDuplicateScores: scores[${at}] is NaN but must be a number`);
    }
    const list = found.get(label);
    if (list === undefined) found.set(label, [scores[at]]);
    else list.push(scores[at]);
  });
  const merged = Array.from(found, ([label, list]) => {
    // Sorted, so that the order of the copies makes no difference, not even by rounding.
    const ordered = list.sort((a, b) => a - b);
    const score =
      merge === "max" ? ordered[ordered.length - 1] : ordered.reduce((sum, value) => sum + value, 0) / ordered.length;
    return { label, score };
  }).sort((a, b) => b.score - a.score || a.label - b.label);
  return {
    labels: Int32Array.from(merged, ({ label }) => label),
    scores: Float64Array.from(merged, ({ score }) => score),
  };
}
