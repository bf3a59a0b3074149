/**
 * The area under the ROC curve: the share of pairs of a positive and a negative in which the positive scores higher, ties
 * counted by half.
 *
 *     AUC = mean_{i, j} ( 1[s_i⁺ > s_j⁻] + ½ · 1[s_i⁺ = s_j⁻] )
 *
 * It depends on the order of the scores alone, and takes `O((n⁺ + n⁻) log n⁻)`.
 *
 * Reach for it to see whether one threshold parts relevant from irrelevant, whatever the threshold is.
 *
 * @param positives - scores of relevant pairs, at least one, none NaN
 * @param negatives - scores of irrelevant pairs, at least one, none NaN
 * @returns in [0, 1]
 * @throws RangeError if either is empty or holds NaN
 * @source Mann and Whitney, "On a Test of Whether one of Two Random Variables is Stochastically Larger than the Other",
 * Annals of Mathematical Statistics 1947; Hanley and McNeil, Radiology 1982
 */
export function aucMannWhitney(positives: ArrayLike<number>, negatives: ArrayLike<number>): number {
  const { below, equal } = comparisons("aucMannWhitney", positives, negatives);
  return (below + equal / 2) / (positives.length * negatives.length);
}

/**
 * The area over the ROC curve: the share of pairs in which the positive does not score higher. Ties are errors here, so that
 * it is `1 − AUC` where there are none.
 *
 *     AoC = mean_{i, j} 1[s_i⁺ ≤ s_j⁻]
 *
 * Reach for it to hold it against its bound, the mean of `mannWhitneyLoss` over log 2.
 *
 * @param positives - scores of relevant pairs, at least one, none NaN
 * @param negatives - scores of irrelevant pairs, at least one, none NaN
 * @returns in [0, 1]
 * @throws RangeError if either is empty or holds NaN
 * @source Sheikholeslami et al., "Optimizing What Matters: AUC-Driven Learning for Robust Neural Retrieval", 2025,
 * arXiv:2510.00137, section 3
 */
export function areaOverCurve(positives: ArrayLike<number>, negatives: ArrayLike<number>): number {
  const { below } = comparisons("areaOverCurve", positives, negatives);
  return 1 - below / (positives.length * negatives.length);
}

/** In how many pairs the negative is below the positive, and in how many it is the same. */
function comparisons(
  caller: string,
  positives: ArrayLike<number>,
  negatives: ArrayLike<number>,
): { readonly below: number; readonly equal: number } {
  for (const [name, values] of Object.entries({ positives, negatives })) {
    if (values.length === 0) throw new RangeError(`${caller}: ${name} is empty but must hold a score`);
    const at = Array.prototype.findIndex.call(values, Number.isNaN);
    if (at >= 0) throw new RangeError(`${caller}: ${name} is NaN at ${at} but must be a number`);
  }
  const sorted = Float64Array.from(negatives).sort();
  let [below, equal] = [0, 0];
  for (let i = 0; i < positives.length; i++) {
    const score = positives[i];
    const lower = countWhere(sorted, (negative) => negative < score);
    below += lower;
    equal += countWhere(sorted, (negative) => negative <= score) - lower;
  }
  return { below, equal };
}

/** How many of sorted values hold, which the first ones do. */
function countWhere(sorted: Float64Array, holds: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle])) low = middle + 1;
    else high = middle;
  }
  return low;
}
