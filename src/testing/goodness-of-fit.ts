import { checkCount, ShapeError } from "../autodiff/check.js";
import { lgamma } from "../backends/reference/special.js";
import { upperIncompleteGamma } from "./incomplete-gamma.js";
import { NeumaierSum } from "./neumaier-sum.js";

/** Throws RangeError unless the entries are probabilities that add up to 1 within 1e-12. */
export function checkDistribution(caller: string, probabilities: ArrayLike<number>): void {
  if (probabilities.length === 0) {
    throw new RangeError(`${caller}: probabilities is empty but must have at least one entry`);
  }
  const sum = new NeumaierSum(1);
  for (let j = 0; j < probabilities.length; j++) {
    if (!(probabilities[j] >= 0 && probabilities[j] <= 1)) {
      throw new RangeError(`${caller}: probabilities[${j}] is ${probabilities[j]} but must be in [0, 1]`);
    }
    sum.add(0, probabilities[j]);
  }
  const total = sum.value(0);
  if (Math.abs(total - 1) > 1e-12) {
    throw new RangeError(`${caller}: the sum of probabilities is ${total} but must be 1 within 1e-12`);
  }
}

function checkCounts(caller: string, counts: ArrayLike<number>, probabilities: ArrayLike<number>): void {
  checkDistribution(caller, probabilities);
  if (counts.length !== probabilities.length) {
    throw new ShapeError(
      `${caller}: counts has ${counts.length} cells but must have ${probabilities.length}, as probabilities has`,
    );
  }
  for (let j = 0; j < counts.length; j++) checkCount(caller, { [`counts[${j}]`]: counts[j] }, 0);
}

/** Logarithm of `multinomialEValue`, which overflows no double. */
export function logMultinomialEValue(counts: ArrayLike<number>, probabilities: ArrayLike<number>): number {
  checkCounts("multinomialEValue", counts, probabilities);
  let cells = 0;
  for (let j = 0; j < counts.length; j++) {
    if (probabilities[j] > 0) cells++;
    else if (counts[j] > 0) return Infinity;
  }
  let logE = 0;
  let draws = 0;
  let prior = 0;
  for (let j = 0; j < counts.length; j++) {
    const probability = probabilities[j];
    if (probability === 0) continue; // an impossible cell must not take a share of the alternative
    const a = Math.max(cells * probability, 1e-3);
    prior += a;
    draws += counts[j];
    logE += lgamma(a + counts[j]) - lgamma(a) - counts[j] * Math.log(probability);
  }
  return logE + lgamma(prior) - lgamma(prior + draws);
}

/**
 * Evidence against "these are counts of independent draws from q": how much better a Dirichlet mixture predicted them.
 *
 *     E = Γ(a)/Γ(a + t) · Π_j Γ(a_j + n_j)/Γ(a_j) / Π_j q_j^n_j      a_j = max(cells · q_j, 1e-3),  a = Σ a_j
 *
 * Under the null E is a non-negative martingale in the number of draws t, with mean 1: P(E ever ≥ 1/α) ≤ α. Against
 * another law p, log E grows by KL(p‖q) a draw. Cells with q_j = 0 are left out; a count in one gives Infinity.
 * Reach for it as the gate of a sampler test; it holds at any α, unlike `chiSquareP`.
 *
 * @param counts - `[cells]` draws in each cell, whole numbers ≥ 0
 * @param probabilities - `[cells]` the null q, adding up to 1 within 1e-12
 * @returns E, ≥ 0; Infinity also where it overflows
 * @throws RangeError if a count is not a whole number ≥ 0
 * @throws RangeError if `probabilities` is empty, has an entry outside [0, 1], or does not add up to 1
 * @throws ShapeError if the lengths differ
 * @source Ville's inequality for the Dirichlet-multinomial Bayes factor; Good, "A Bayesian significance test for
 *   multinomial distributions", JRSS-B 1967 (the Bayes factor)
 */
export function multinomialEValue(counts: ArrayLike<number>, probabilities: ArrayLike<number>): number {
  return Math.exp(logMultinomialEValue(counts, probabilities));
}

/** Pearson's chi-square test. */
export interface ChiSquare {
  /** Σ (n_j − t q_j)² / (t q_j). */
  readonly statistic: number;
  /** Cells of positive probability − 1. */
  readonly degreesOfFreedom: number;
  /** Approximate chance of so large a statistic under the null. */
  readonly p: number;
}

/**
 * Pearson's chi-square test of counts against known probabilities.
 *
 *     statistic = Σ_j (n_j − t q_j)² / (t q_j)      p = Q((cells − 1)/2, statistic/2)
 *
 * Reach for it to report a familiar number, not to gate: its tail is not to be trusted at levels like 1e-9.
 *
 * @param counts - `[cells]` draws in each cell, whole numbers ≥ 0
 * @param probabilities - `[cells]` the null q, adding up to 1 within 1e-12
 * @returns statistic, degrees of freedom and p; p is 0 where an impossible cell was drawn and 1 for a single cell
 * @throws RangeError if a count is not a whole number ≥ 0
 * @throws RangeError if `probabilities` is empty, has an entry outside [0, 1], or does not add up to 1
 * @throws RangeError if a possible cell expects fewer than 10 draws
 * @throws ShapeError if the lengths differ
 * @source Pearson, "On the criterion that a given system of deviations …", Philosophical Magazine 1900
 */
export function chiSquareP(counts: ArrayLike<number>, probabilities: ArrayLike<number>): ChiSquare {
  checkCounts("chiSquareP", counts, probabilities);
  let draws = 0;
  for (let j = 0; j < counts.length; j++) draws += counts[j];
  let statistic = 0;
  let cells = 0;
  for (let j = 0; j < counts.length; j++) {
    const expected = draws * probabilities[j];
    if (probabilities[j] === 0) {
      if (counts[j] > 0) statistic = Infinity;
      continue;
    }
    if (expected < 10) {
      throw new RangeError(
        `chiSquareP: the expected count of cell ${j} is ${expected} but must be at least 10; draw more or merge cells`,
      );
    }
    statistic += (counts[j] - expected) ** 2 / expected;
    cells++;
  }
  const p = cells > 1 ? upperIncompleteGamma((cells - 1) / 2, statistic / 2) : statistic === Infinity ? 0 : 1;
  return { statistic, degreesOfFreedom: cells - 1, p };
}
