import { type LabelLists, type Metric, type RankingOptions, scoreExamples, withMean } from "./ranking.js";

/**
 * Precision at k: the share of the k best predictions that are true.
 *
 *     P@k = |first k of ranked ∩ truth| / k
 *
 * The divisor is k also where fewer than k labels are true or fewer than k are predicted, so an example with one true
 * label reaches 1/k at most. An example without true labels counts as 0 unless `withoutLabels` is "skip".
 *
 * @param ranked - `[examples][≤ any]` label ids, best first, none twice among the first k
 * @param truth - `[examples][≥ 0]` true label ids, none twice
 * @returns the mean, and a value in `[0, 1]` an example
 * @throws RangeError if `k` is not a whole number ≥ 1, the numbers of examples differ, or an id is not one or comes twice
 * @throws TypeError if `withoutLabels` is neither "zero" nor "skip"
 * @source Bhatia et al., "The extreme classification repository: Multi-label datasets and code", 2016, section "Metrics"
 */
export function precisionAt(ranked: LabelLists, truth: LabelLists, options: RankingOptions): Metric {
  return withMean(scoreExamples("precisionAt", ranked, truth, options, (hits) => hits.length / options.k));
}
