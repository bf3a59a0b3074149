/**
 * Mean squared error of estimated probabilities of a rare class.
 *
 *     mean_i (estimate_i − truth_i)²
 *
 * Reach for it where truths are known, in simulations: errors of rare probabilities say nothing in accuracy.
 *
 * @param estimates - `[n]`, n ≥ 1
 * @param truths - `[n]`
 * @throws RangeError if there is no estimate, or truths are not one an estimate
 * @throws RangeError if a probability is outside [0, 1]
 * @source Faletto and Bien, "Predicting Rare Events by Shrinking Towards Proportional Odds", ICML 2023, §4
 */
export function rareProbabilityMse(estimates: ArrayLike<number>, truths: ArrayLike<number>): number {
  if (estimates.length === 0)
    throw new RangeError("rareProbabilityMse: estimates is empty but must have a probability");
  if (truths.length !== estimates.length) {
    throw new RangeError(
      `rareProbabilityMse: truths has length ${truths.length} but must have ${estimates.length}, one an estimate`,
    );
  }
  let sum = 0;
  for (let i = 0; i < estimates.length; i++) {
    for (const [name, values] of [
      ["estimates", estimates],
      ["truths", truths],
    ] as const) {
      if (!(values[i] >= 0 && values[i] <= 1)) {
        throw new RangeError(`rareProbabilityMse: ${name}[${i}] is ${values[i]} but must be in [0, 1]`);
      }
    }
    sum += (estimates[i] - truths[i]) ** 2;
  }
  return sum / estimates.length;
}
