import { checkBetween, checkCount } from "../autodiff/check.js";
import { checkObservation, LARGEST_STAKE, PredictableMoments, predictableBet } from "./predictable-moments.js";

/** Bounds of the mean after 1, 2, … observations; each end only ever moves inwards. */
export interface ConfidenceSequence {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

export interface BettingConfidenceOptions {
  /** Chance that the mean is ever outside, in (0, 1). Default 1e-9. */
  readonly alpha?: number;
  /** Candidate means are the multiples of 1/cells; the ends are rounded outwards to one. A whole number ≥ 2. Default 1000. */
  readonly cells?: number;
}

/**
 * Bounds of a mean that hold at all times at once: the means whose gambler has not yet become rich.
 *
 *     lower_t = largest m with sup_{s ≤ t} K⁺_s(m) ≥ 2/α      K⁺_s(m) = Π (1 + min(λ_i, c/m) (x_i − m))
 *     upper_t = smallest m with sup_{s ≤ t} K⁻_s(m) ≥ 2/α     K⁻_s(m) = Π (1 − min(λ_i, c/(1−m)) (x_i − m))
 *
 * with the predictable bets λ_i of `BettingTest`'s `mixture` rule and c = ½. K⁺ falls and K⁻ rises with m, so each end is
 * one crossing. Reach for it to report how well a mean is known from few draws: up to some hundreds it is clearly narrower
 * than `empiricalBernsteinSequence`, later about as wide, and it costs one update per surviving candidate. If the draws contradict every mean, the ends close on one cell.
 *
 * @param observations - draws in [0, 1] whose mean given the past is constant
 * @returns the bounds after each draw
 * @throws RangeError if an observation is outside [0, 1] or NaN
 * @throws RangeError if `alpha` is outside (0, 1), or `cells` is not a whole number ≥ 2
 * @source Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS-B 2023,
 *   arXiv:2010.09686, Theorem 3 (hedged capital, there with the maximum of the two processes' halves)
 */
export function bettingConfidenceSequence(
  observations: ArrayLike<number>,
  options: BettingConfidenceOptions = {},
): ConfidenceSequence {
  const { alpha = 1e-9, cells = 1000 } = options;
  checkBetween("bettingConfidenceSequence", { alpha }, 0, 1, { openBelow: true, openAbove: true });
  checkCount("bettingConfidenceSequence", { cells }, 2);
  const threshold = Math.log(2 / alpha);
  const moments = new PredictableMoments();
  const logUp = new Float64Array(cells); // by candidate: 1 to cells − 1
  const logDown = new Float64Array(cells);
  const lower = new Float64Array(observations.length);
  const upper = new Float64Array(observations.length);
  let low = 0; // candidates strictly between low and high are still in play
  let high = cells;

  for (let t = 0; t < observations.length; t++) {
    const x = observations[t];
    checkObservation("bettingConfidenceSequence", x);
    const bet = predictableBet(moments.variance, t + 1, alpha);
    moments.observe(x);
    let [nextLow, nextHigh] = [low, high];
    for (let candidate = low + 1; candidate < high; candidate++) {
      const mean = candidate / cells;
      logUp[candidate] += Math.log1p(Math.min(bet, LARGEST_STAKE / mean) * (x - mean));
      logDown[candidate] += Math.log1p(-Math.min(bet, LARGEST_STAKE / (1 - mean)) * (x - mean));
      if (logUp[candidate] >= threshold) nextLow = candidate;
      if (logDown[candidate] >= threshold) nextHigh = Math.min(nextHigh, candidate);
    }
    [low, high] = [nextLow, nextHigh];
    lower[t] = low / cells;
    upper[t] = high / cells;
  }
  return { lower, upper };
}
