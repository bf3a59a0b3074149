import { checkBetween } from "../autodiff/check.js";

/**
 * Where a discrete sampler takes its decisions from, so that the same sampler can run at random or be enumerated.
 *
 * A sampler written against it must take every random decision here, and nothing else may vary from call to call.
 */
export interface ChoiceSource {
  /**
   * Picks an index with probability weights[i] / Σ weights.
   *
   * @param weights - finite numbers ≥ 0, at least one of them positive
   * @throws RangeError if `weights` is empty, has a bad entry, or is all zeros
   */
  choose(weights: ArrayLike<number>): number;

  /**
   * Picks an index with probability exp(logWeights[i]) / Σ exp(logWeights).
   *
   * @param logWeights - numbers < Infinity, at least one of them finite; −Infinity means never
   * @throws RangeError if `logWeights` is empty, has a bad entry, or is all −Infinity
   */
  chooseLog(logWeights: ArrayLike<number>): number;
}

/** Probabilities in proportion to `weights`; throws what `ChoiceSource.choose` promises. */
export function normalizeWeights(weights: ArrayLike<number>): Float64Array {
  let largest = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i];
    if (!(weight >= 0 && weight < Infinity)) {
      throw new RangeError(`choose: weights[${i}] is ${weight} but must be a finite number ≥ 0`);
    }
    if (weight > largest) largest = weight;
  }
  if (weights.length === 0) throw new RangeError("choose: weights is empty but must have at least one entry");
  if (largest === 0) throw new RangeError("choose: weights is all zeros but must have a positive entry");
  return scaleToOne(Float64Array.from(weights, (weight) => weight / largest)); // the sum cannot overflow
}

/** Probabilities in proportion to exp(`logWeights`); throws what `ChoiceSource.chooseLog` promises. */
export function normalizeLogWeights(logWeights: ArrayLike<number>): Float64Array {
  let largest = -Infinity;
  for (let i = 0; i < logWeights.length; i++) {
    const logWeight = logWeights[i];
    if (!(logWeight < Infinity)) {
      throw new RangeError(`chooseLog: logWeights[${i}] is ${logWeight} but must be a number < Infinity`);
    }
    if (logWeight > largest) largest = logWeight;
  }
  if (logWeights.length === 0) throw new RangeError("chooseLog: logWeights is empty but must have at least one entry");
  if (largest === -Infinity) {
    throw new RangeError("chooseLog: logWeights is all -Infinity but must have a finite entry");
  }
  return scaleToOne(Float64Array.from(logWeights, (logWeight) => Math.exp(logWeight - largest)));
}

function scaleToOne(weights: Float64Array): Float64Array {
  let total = 0;
  for (const weight of weights) total += weight;
  return weights.map((weight) => weight / total);
}

/**
 * A source that decides at random, by inverse transform of one uniform number a choice.
 *
 *     choose(w) = the first i with u < Σ_{j ≤ i} w_j / Σ w
 *
 * Reach for it to run at random, on the host, a sampler that `enumerateOutcomes` has proven.
 *
 * @param uniform - returns independent uniform numbers in [0, 1)
 * @returns a source that never picks an entry of weight 0
 * @throws RangeError, at a choice, if `uniform()` is outside [0, 1)
 */
export function randomChoiceSource(uniform: () => number): ChoiceSource {
  const pick = (probabilities: Float64Array): number => {
    let left = uniform();
    checkBetween("randomChoiceSource", { "uniform()": left }, 0, 1, { openAbove: true });
    let last = 0;
    for (let i = 0; i < probabilities.length; i++) {
      if (probabilities[i] === 0) continue;
      left -= probabilities[i];
      if (left < 0) return i;
      last = i;
    }
    return last; // the rounded probabilities may add up to a little less than u
  };
  return {
    choose: (weights) => pick(normalizeWeights(weights)),
    chooseLog: (logWeights) => pick(normalizeLogWeights(logWeights)),
  };
}
