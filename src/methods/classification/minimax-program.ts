import { checkCount } from "../../autodiff/check.js";
import { type LinearConstraint, solveLp } from "../optimizers/solve-lp.js";
import type { ExpectationIntervals } from "./expectation-intervals.js";

/** What a program over distributions is about. */
export interface MinimaxProblem {
  /** r ≥ 2. */
  readonly classes: number;
  /** `[any ≥ 1][r · m]`: Φ(x, y), row y first, for each input that is held possible. */
  readonly configurations: readonly Float64Array[];
  readonly intervals: ExpectationIntervals;
}

/** Of all that ν must be at least at an input, the largest: `bound − mean over classes of Φ(x, y)·μ`. */
export interface Piece {
  readonly classes: readonly number[];
  readonly bound: number;
  readonly offset: number;
}

/** The piece of a configuration, from its scores `Φ(x, y)·μ`. */
export type PieceOf = (configuration: number, scores: Float64Array) => Piece;

export interface MinimaxOptimum {
  readonly value: number;
  /** `[m]`, μ. */
  readonly weights: Float64Array;
  /** ν. */
  readonly offset: number;
}

const tolerance = 1e-11;
const cutsOfARound = 60;
const pullTolerance = 1e-10;
/** Bounds on Σ|μ|, tried in turn while the one before holds μ back. */
const longest = [2 ** 10, 2 ** 20, 2 ** 30];

/** Throws RangeError unless the problem has configurations of one size and intervals that are some. */
export function checkProblem(caller: string, { classes, configurations, intervals }: MinimaxProblem): void {
  const { low, high } = intervals;
  checkCount(caller, { classes }, 2);
  if (configurations.length === 0) throw new RangeError(`${caller}: configurations is empty but must have one`);
  if (low.length === 0) throw new RangeError(`${caller}: low is empty but must have a feature`);
  if (low.length !== high.length) {
    throw new RangeError(`${caller}: high has length ${high.length} but must have that of low, ${low.length}`);
  }
  low.forEach((least, j) => {
    if (!(Number.isFinite(least) && Number.isFinite(high[j]) && least <= high[j])) {
      throw new RangeError(`${caller}: interval ${j} is [${least}, ${high[j]}] but must have finite ends in order`);
    }
  });
  configurations.forEach((values, i) => {
    if (values.length !== classes * low.length) {
      throw new RangeError(
        `${caller}: configurations[${i}] has length ${values.length} but must have ${classes * low.length}, classes by features`,
      );
    }
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) {
      throw new RangeError(`${caller}: configurations[${i}][${wrong}] is ${values[wrong]} but must be finite`);
    }
  });
}

/** `Φ(x, y)·μ` for each class. */
export function scoresOf(values: Float64Array, weights: Float64Array): Float64Array {
  const features = weights.length;
  const scores = new Float64Array(values.length / features);
  for (let y = 0; y < scores.length; y++) {
    for (let j = 0; j < features; j++) scores[y] += values[y * features + j] * weights[j];
  }
  return scores;
}

/** The largest that `E·μ` can be while the means E stay in their intervals. */
export function supportOf({ low, high }: ExpectationIntervals, weights: Float64Array): number {
  return weights.reduce((total, weight, j) => total + weight * (weight > 0 ? high[j] : low[j]), 0);
}

/**
 * Minimizes `Σ_j max(a_j·μ_j, b_j·μ_j) + ν` where ν is at least every piece: a linear program with a row for each piece
 * there is, of which only those are added that the last solution violates. The value that comes back is that of a
 * feasible (μ, ν), so it errs to the safe side.
 */
export function minimizeOverIntervals(caller: string, problem: MinimaxProblem, pieceOf: PieceOf): MinimaxOptimum {
  const { configurations, intervals } = problem;
  const features = intervals.low.length;
  const objective = Float64Array.of(...intervals.high, ...intervals.low.map((least) => -least), 1);
  const rows = new Map<string, LinearConstraint>();
  let weights: Float64Array = new Float64Array(features);
  let [offset, length, pull] = [Number.NEGATIVE_INFINITY, 0, 0];
  for (;;) {
    const pieces = configurations.map((values, i) => ({ i, ...pieceOf(i, scoresOf(values, weights)) }));
    const known = rows.size;
    pieces
      .filter((piece) => piece.offset > offset + tolerance)
      .sort((a, b) => b.offset - a.offset)
      .slice(0, cutsOfARound)
      .forEach(({ i, classes, bound }) => {
        rows.set(`${i}:${classes}`, rowOf(configurations[i], classes, features, bound));
      });
    if (rows.size === known) {
      if (pull > -pullTolerance) {
        const needed = pieces.reduce((most, piece) => Math.max(most, piece.offset), Number.NEGATIVE_INFINITY);
        return { value: supportOf(intervals, weights) + needed, weights, offset: needed };
      }
      if (++length === longest.length) {
        throw new RangeError(
          `${caller}: intervals has no distribution on the configurations that meets it (the linear program is unbounded) but must have one; widen it`,
        );
      }
    }
    // Without a bound on the length of μ the first programs, of a few rows, would be unbounded.
    const ball: LinearConstraint = {
      coefficients: objective.map((_, j) => Number(j < 2 * features)),
      relation: "<=",
      bound: longest[length],
    };
    const { x, dual } = solveLp({ objective, constraints: [ball, ...rows.values()], free: [2 * features] });
    weights = weights.map((_, j) => x[j] - x[features + j]);
    [offset, pull] = [x[2 * features], dual[0]];
  }
}

/** `mean over classes of Φ(x, y)·(μ_b − μ_a) + ν ≥ bound` in (μ_b, μ_a, ν). */
function rowOf(values: Float64Array, classes: readonly number[], features: number, bound: number): LinearConstraint {
  const coefficients = new Float64Array(2 * features + 1);
  for (const y of classes) {
    for (let j = 0; j < features; j++) coefficients[j] += values[y * features + j] / classes.length;
  }
  for (let j = 0; j < features; j++) coefficients[features + j] = -coefficients[j];
  coefficients[2 * features] = 1;
  return { coefficients, relation: ">=", bound };
}
