import { type LabelLists, type Metric, type RankingOptions, scoreExamples, withMean } from "./ranking.js";

/**
 * Recall at k: the share of the true labels that are among the k best predictions.
 *
 *     R@k = |first k of ranked ∩ truth| / |truth|
 *
 * The divisor is |truth| also where it exceeds k, so an example with more than k true labels cannot reach 1.
 * An example without true labels counts as 0 unless `withoutLabels` is "skip".
 *
 * @param ranked - `[examples][≤ any]` label ids, best first, none twice among the first k
 * @param truth - `[examples][≥ 0]` true label ids, none twice
 * @returns the mean, and a value in `[0, 1]` an example
 * @throws RangeError if `k` is not a whole number ≥ 1, the numbers of examples differ, or an id is not one or comes twice
 * @throws TypeError if `withoutLabels` is neither "zero" nor "skip"
 * @source Bhatia et al., "The extreme classification repository: Multi-label datasets and code", 2016, its evaluation scripts
 */
export function recallAt(ranked: LabelLists, truth: LabelLists, options: RankingOptions): Metric {
  const score = (hits: readonly number[], example: number) => hits.length / truth[example]!.length;
  return withMean(scoreExamples("recallAt", ranked, truth, options, score));
}
