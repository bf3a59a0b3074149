import { discount, type LabelLists, type Metric, type RankingOptions, scoreExamples, withMean } from "./ranking.js";

/**
 * Normalised discounted cumulative gain at k: hits count more the earlier they come, and a perfect ranking has 1.
 *
 *     DCG@k  = Σ over hits of 1 / log₂(place + 1)                 place = 1 … k
 *     nDCG@k = DCG@k / Σ_{place = 1}^{min(k, |truth|)} 1 / log₂(place + 1)
 *
 * An example with fewer than k true labels reaches 1 by putting them first.
 * An example without true labels counts as 0 unless `withoutLabels` is "skip".
 *
 * @param ranked - `[examples][≤ any]` label ids, best first, none twice among the first k
 * @param truth - `[examples][≥ 0]` true label ids, none twice
 * @returns the mean, and a value in `[0, 1]` an example
 * @throws RangeError if `k` is not a whole number ≥ 1, the numbers of examples differ, or an id is not one or comes twice
 * @throws TypeError if `withoutLabels` is neither "zero" nor "skip"
 * @source Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002; as the Extreme
 * Classification Repository normalises it
 */
export function ndcgAt(ranked: LabelLists, truth: LabelLists, options: RankingOptions): Metric {
  const score = (hits: readonly number[], example: number) =>
    gainOf(hits) / idealGain(Math.min(options.k, truth[example]!.length));
  return withMean(scoreExamples("ndcgAt", ranked, truth, options, score));
}

/** The discounted gain of the first `count` places. */
export function idealGain(count: number): number {
  let gain = 0;
  for (let place = 0; place < count; place += 1) gain += discount(place);
  return gain;
}

function gainOf(hits: readonly number[]): number {
  return hits.reduce((gain, place) => gain + discount(place), 0);
}
