import { idealGain } from "./ndcg.js";
import { discount, type LabelLists, type Metric, meanOf, type RankingOptions, scoreExamples } from "./ranking.js";

export interface PropensityScoredOptions extends RankingOptions {
  /** `[labels]` each label's propensity, in `(0, 1]`: what `labelPropensities` gives. */
  readonly propensities: ArrayLike<number>;
}

/** A ratio of two means; each example's share of it is in `values`, whose mean is the ratio. */
export interface PropensityScoredMetric extends Metric {
  /** `[examples]` what the ranking gained: the numerator. */
  readonly gains: Float64Array;
  /** `[examples]` the most that any ranking could gain: the denominator. */
  readonly best: Float64Array;
}

/**
 * Propensity-scored precision at k: a hit on a label counts as 1 over the chance that the label is recorded at all.
 *
 *     gain = 1/k · Σ over hits of 1/p        best = 1/k · the min(k, |truth|) largest 1/p in truth, summed
 *     PSP@k = mean gain / mean best
 *
 * It estimates, without bias if the propensities are right, the precision on the complete labels, up to normalisation.
 * It is a ratio of means, not a mean of ratios: examples with rare labels weigh more. `values` are `gain / mean best`,
 * so one can exceed 1. Examples without true labels, or with fewer than k, gain and could gain the less; without true
 * labels they change nothing here, and with "skip" they are NaN. If nothing could be gained, PSP@k is NaN.
 *
 * @param ranked - `[examples][≤ any]` label ids, best first, none twice among the first k
 * @param truth - `[examples][≥ 0]` true label ids, none twice
 * @returns the ratio in `[0, 1]` as `mean`, and its parts an example
 * @throws RangeError if `k` is not a whole number ≥ 1, the numbers of examples differ, an id is not one or comes twice, or
 * a true label has no propensity in `(0, 1]`
 * @throws TypeError if `withoutLabels` is neither "zero" nor "skip"
 * @source Jain, Prabhu and Varma, "Extreme Multi-label Loss Functions for Recommendation, Tagging, Ranking & Other Missing
 * Label Applications", KDD 2016, section 4; normalised as in the Extreme Classification Repository
 */
export function propensityScoredPrecisionAt(
  ranked: LabelLists,
  truth: LabelLists,
  options: PropensityScoredOptions,
): PropensityScoredMetric {
  const { k } = options;
  return scored(
    "propensityScoredPrecisionAt",
    ranked,
    truth,
    options,
    () => 1 / k,
    () => 1,
  );
}

/**
 * Propensity-scored nDCG at k: each hit counts as 1 over its label's propensity, discounted by its place.
 *
 *     gain = Σ over hits of 1 / (p · log₂(place + 1)) / I        I = Σ_{place = 1}^{min(k, |truth|)} 1 / log₂(place + 1)
 *     best = the same with truth sorted by falling 1/p
 *     PSnDCG@k = mean gain / mean best
 *
 * As in the repository's scripts each example is first divided by I, the plain ideal gain of as many labels as it has.
 * All else is as in `propensityScoredPrecisionAt`.
 *
 * @param ranked - `[examples][≤ any]` label ids, best first, none twice among the first k
 * @param truth - `[examples][≥ 0]` true label ids, none twice
 * @returns the ratio in `[0, 1]` as `mean`, and its parts an example
 * @throws RangeError if `k` is not a whole number ≥ 1, the numbers of examples differ, an id is not one or comes twice, or
 * a true label has no propensity in `(0, 1]`
 * @throws TypeError if `withoutLabels` is neither "zero" nor "skip"
 * @source Jain, Prabhu and Varma, "Extreme Multi-label Loss Functions for Recommendation, Tagging, Ranking & Other Missing
 * Label Applications", KDD 2016, section 4; normalised as in the Extreme Classification Repository
 */
export function propensityScoredNdcgAt(
  ranked: LabelLists,
  truth: LabelLists,
  options: PropensityScoredOptions,
): PropensityScoredMetric {
  const caller = "propensityScoredNdcgAt";
  return scored(caller, ranked, truth, options, discount, (count) => idealGain(count));
}

function scored(
  caller: string,
  ranked: LabelLists,
  truth: LabelLists,
  options: PropensityScoredOptions,
  weight: (place: number) => number,
  norm: (count: number) => number,
): PropensityScoredMetric {
  const { k, propensities } = options;
  const best = new Float64Array(truth.length);
  const gains = scoreExamples(caller, ranked, truth, options, (hits, example) => {
    const worths = Array.from(truth[example]!, (label, at) => {
      const propensity = propensities[label];
      if (!(propensity !== undefined && propensity > 0 && propensity <= 1)) {
        throw new RangeError(
          `${caller}: truth[${example}][${at}] is ${label}, whose propensity is ${propensity} but must be in (0, 1]`,
        );
      }
      return 1 / propensity;
    });
    const ideal = worths.sort((a, b) => b - a).slice(0, k);
    const total = norm(ideal.length);
    best[example] = ideal.reduce((sum, worth, place) => sum + worth * weight(place), 0) / total;
    return hits.reduce((sum, place) => sum + weight(place) / propensities[ranked[example]![place]!]!, 0) / total;
  });
  gains.forEach((gain, example) => {
    if (Number.isNaN(gain)) best[example] = Number.NaN;
  });
  const attainable = meanOf(best);
  const values = gains.map((gain) => gain / attainable);
  return { mean: meanOf(gains) / attainable, values, gains, best };
}
