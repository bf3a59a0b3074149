import { checkAbove, checkBetween, checkCount, ShapeError } from "../autodiff/check.js";
import { DirectionalTest } from "./directional-test.js";
import { isPromiseLike } from "./enumerate-outcomes.js";
import type { HostValue } from "./exact-expectation.js";
import { logMeanExp } from "./log-mean-exp.js";
import { sfc32 } from "./sfc32.js";

/** Known bounds of every draw; one number serves all components. */
export interface Bounds {
  readonly low: HostValue;
  readonly high: HostValue;
}

export interface SequentialOptions {
  /** Chance of calling an unbiased estimator biased, and of certifying a biased one, in (0, 1). Default 1e-9. */
  readonly alpha?: number;
  /** Bias to certify against, as a fraction of high − low, > 0. Default 0.01. */
  readonly eps?: number;
  /** Most draws, a whole number ≥ 1. Default 200 000. */
  readonly budget?: number;
  /** Random ±1 projections that are tested besides the components of a list, a whole number ≥ 0. Default 2. */
  readonly directions?: number;
  /** Seed of the projections and of `draw`'s uniform numbers, a whole number ≥ 0. Default 0. */
  readonly seed?: number;
}

export interface SequentialResult {
  /** `certified`: |bias| < eps · (high − low) in every direction; `biased`: the null is rejected; else `inconclusive`. */
  readonly verdict: "biased" | "certified" | "inconclusive";
  /** Draws taken. */
  readonly draws: number;
  /** log K_t of the null, averaged over the directions before the logarithm. */
  readonly logCapital: number;
  /** For each component, bounds of its mean that hold together with chance at least 1 − alpha. */
  readonly intervals: readonly { readonly low: number; readonly high: number }[];
}

/** One draw of the estimator, from uniform numbers in [0, 1) or from the draw's number alone. */
export type Draw = (uniform: () => number, index: number) => HostValue | PromiseLike<HostValue>;

const toList = (value: HostValue): ArrayLike<number> => (typeof value === "number" ? [value] : value);

async function run(
  caller: string,
  draw: Draw,
  truth: HostValue,
  bounds: Bounds,
  options: SequentialOptions,
): Promise<SequentialResult> {
  const { alpha = 1e-9, eps = 0.01, budget = 200_000, directions = 2, seed = 0 } = options;
  checkBetween(caller, { alpha }, 0, 1, { openBelow: true, openAbove: true });
  checkAbove(caller, { eps }, 0);
  checkCount(caller, { budget }, 1);
  checkCount(caller, { directions, seed }, 0);
  const wanted = toList(truth);
  const low = spread(caller, "low", bounds.low, wanted.length);
  const high = spread(caller, "high", bounds.high, wanted.length);
  for (let k = 0; k < wanted.length; k++) {
    if (!(low[k] < high[k] && Number.isFinite(high[k] - low[k]))) {
      throw new RangeError(`${caller}: bounds[${k}] is [${low[k]}, ${high[k]}] but must have low < high, both finite`);
    }
    checkBetween(caller, { [`truth[${k}]`]: wanted[k] }, low[k], high[k]);
  }

  const uniform = sfc32(seed);
  const axes = Array.from(low, (_, k) => Array.from(low, (_, other) => (other === k ? 1 : 0)));
  const projections = Array.from({ length: wanted.length > 1 ? directions : 0 }, () =>
    Array.from(low, () => (uniform() < 0.5 ? -1 : 1)),
  );
  const all = [...axes, ...projections];
  const tests = all.map((direction) => new DirectionalTest(direction, wanted, low, high, alpha / all.length, eps));
  const threshold = -Math.log(alpha);
  const conclude = (verdict: SequentialResult["verdict"], draws: number): SequentialResult => ({
    verdict,
    draws,
    logCapital: logMeanExp(tests.map((test) => test.logCapital)),
    intervals: tests.slice(0, wanted.length).map((test) => test.interval),
  });

  for (let index = 0; index < budget; index++) {
    const drawn = draw(uniform, index);
    const value = toList(isPromiseLike(drawn) ? await drawn : drawn);
    checkDraw(caller, value, index, low, high);
    for (const test of tests) test.observe(value);
    // the mean cannot pass the threshold before the largest does
    if (tests.some((test) => test.logCapital >= threshold)) {
      if (logMeanExp(tests.map((test) => test.logCapital)) >= threshold) return conclude("biased", index + 1);
    }
    if (tests.every((test) => test.certified)) return conclude("certified", index + 1);
  }
  return conclude("inconclusive", budget);
}

function spread(caller: string, name: string, bound: HostValue, length: number): Float64Array {
  if (typeof bound === "number") return new Float64Array(length).fill(bound);
  if (bound.length !== length) {
    throw new ShapeError(
      `${caller}: bounds.${name} has ${bound.length} components but must have ${length}, as truth has`,
    );
  }
  return Float64Array.from(bound);
}

function checkDraw(
  caller: string,
  value: ArrayLike<number>,
  index: number,
  low: ArrayLike<number>,
  high: ArrayLike<number>,
): void {
  if (value.length !== low.length) {
    throw new ShapeError(
      `${caller}: draw ${index} has ${value.length} components but must have ${low.length}, as truth has`,
    );
  }
  for (let k = 0; k < low.length; k++) {
    if (!(value[k] >= low[k] && value[k] <= high[k])) {
      throw new RangeError(
        `${caller}: draw ${index}, component ${k}, is ${value[k]} but must be in [${low[k]}, ${high[k]}]; the bounds are not true bounds`,
      );
    }
  }
}

/**
 * Tests whether an estimator has the given mean, stopping as soon as the draws decide; `checkUnbiasedSequential` throws
 * on the verdict that this returns.
 *
 * @param draw - the estimator: one number, or a list of the length of `truth`, from independent uniform numbers
 * @param truth - the mean to test, within the bounds
 * @param bounds - known bounds of every draw, in the estimator's units
 * @returns verdict, draws, log K and the intervals of the means
 * @throws RangeError if an option, a bound or `truth` is out of range
 * @throws RangeError if a draw is NaN or outside the bounds
 * @throws ShapeError if lengths differ
 */
export function judgeUnbiasedSequential(
  draw: Draw,
  truth: HostValue,
  bounds: Bounds,
  options: SequentialOptions = {},
): Promise<SequentialResult> {
  return run("judgeUnbiasedSequential", draw, truth, bounds, options);
}

/**
 * Proves by sampling, at a stated chance of error, that an estimator has no bias larger than a stated one.
 *
 *     biased:      (1/J) Σ_j K_t^(j)(m_j) ≥ 1/α                                 K: the capital of `BettingTest`
 *     certified:   for every direction j, K⁺ at m_j − ε and K⁻ at m_j + ε have both reached 2J/α
 *     directions:  the J = components + `directions` projections Σ_k d_k x_k, mapped to [0, 1] by the bounds
 *
 * Every verdict holds at whatever draw it falls. Certifying, or finding a bias of ε, takes about 2 to 4 (σ² + ε/2) log(J/α)/ε²
 * draws, σ and ε in mapped units; 8 were enough in each of some thousand runs.
 * Reach for it where `checkUnbiasedByEnumeration` has too many paths. `eps` is relative to each direction's own range,
 * so wide bounds hide small biases: give each component its own.
 *
 * @param draw - the estimator: one number, or a list of the length of `truth`. It is called with uniform numbers from
 *   `seed` and the draw's number; promises are awaited
 * @param truth - the mean that it must have, within the bounds
 * @param bounds - known bounds of every draw, in the estimator's units; draws are never clipped to them
 * @returns what was certified
 * @throws Error if the verdict is `biased` or `inconclusive`
 * @throws RangeError if `alpha` is outside (0, 1), `eps` ≤ 0, or `budget`, `directions` or `seed` is no valid count
 * @throws RangeError if a bound is not finite or low ≥ high, or `truth` is outside the bounds
 * @throws RangeError if a draw is NaN or outside the bounds
 * @throws ShapeError if `bounds`, or a draw, differs in length from `truth`
 * @source Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS-B 2023,
 *   arXiv:2010.09686 (certification by one-sided processes at both ends is ours)
 */
export async function checkUnbiasedSequential(
  draw: Draw,
  truth: HostValue,
  bounds: Bounds,
  options: SequentialOptions = {},
): Promise<SequentialResult> {
  const caller = "checkUnbiasedSequential";
  const result = await run(caller, draw, truth, bounds, options);
  const { alpha = 1e-9, eps = 0.01 } = options;
  if (result.verdict === "certified") return result;
  const wanted = toList(truth);
  const seen = result.intervals
    .map(({ low, high }, k) => `component ${k} in [${low.toPrecision(6)}, ${high.toPrecision(6)}] for ${wanted[k]}`)
    .slice(0, 4)
    .join(", ");
  const remedy = result.verdict === "biased" ? "correct the estimator" : "raise budget or eps";
  throw new Error(
    `${caller}: draw is ${result.verdict} after ${result.draws} draws (log K = ${result.logCapital.toFixed(2)}, ${seen}) but must be certified to ${eps} of its range at alpha ${alpha}; ${remedy}`,
  );
}
