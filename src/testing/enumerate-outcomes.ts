import { checkCount } from "../autodiff/check.js";
import { type ChoiceSource, normalizeLogWeights, normalizeWeights } from "./choice-source.js";

/** What one decision path led to. */
export interface Outcome<T> {
  readonly value: T;
  /** Product of the probabilities of the path's decisions, in (0, 1]. */
  readonly probability: number;
}

export interface EnumerationOptions {
  /** Most decision paths to replay before giving up, a whole number ≥ 1. Default 200 000. */
  readonly maxPaths?: number;
}

interface Decision {
  index: number;
  readonly weights: Float64Array; // as given, for the comparison on replay
  readonly probabilities: Float64Array;
}

/** Replays the decisions of one path, takes the first open branch after them, and then moves on to the next path. */
class Tape implements ChoiceSource {
  readonly #caller: string;
  readonly #decisions: Decision[] = [];
  #depth = 0;

  constructor(caller: string) {
    this.#caller = caller;
  }

  choose(weights: ArrayLike<number>): number {
    return this.#decide(weights, normalizeWeights);
  }

  chooseLog(logWeights: ArrayLike<number>): number {
    return this.#decide(logWeights, normalizeLogWeights);
  }

  #decide(weights: ArrayLike<number>, normalize: (weights: ArrayLike<number>) => Float64Array): number {
    if (this.#depth === this.#decisions.length) {
      const probabilities = normalize(weights);
      const index = nextPossible(probabilities, 0);
      this.#decisions.push({ index, weights: Float64Array.from(weights), probabilities });
    }
    const { index, weights: recorded } = this.#decisions[this.#depth++];
    if (recorded.length !== weights.length || recorded[index] !== weights[index]) this.#refuseReplay();
    return index;
  }

  /** Ends a path: its probability. */
  finish(): number {
    if (this.#depth < this.#decisions.length) this.#refuseReplay();
    return this.#decisions.reduce((product, { index, probabilities }) => product * probabilities[index], 1);
  }

  /** Turns to the next path in depth-first order; false when there is none. */
  next(): boolean {
    this.#depth = 0;
    for (let last = this.#decisions.at(-1); last !== undefined; last = this.#decisions.at(-1)) {
      last.index = nextPossible(last.probabilities, last.index + 1);
      if (last.index < last.probabilities.length) return true;
      this.#decisions.pop();
    }
    return false;
  }

  #refuseReplay(): never {
    throw new Error(
      `${this.#caller}: f decided differently when replayed but must depend on its choices alone; draw only from the source`,
    );
  }
}

function nextPossible(probabilities: Float64Array, from: number): number {
  let index = from;
  while (index < probabilities.length && probabilities[index] === 0) index++;
  return index;
}

/**
 * Calls `visit` for every decision path of `f`; a promise when `f` returns promises, and nothing otherwise.
 * `caller` is the public function that an error names.
 */
export function forEachOutcome<T>(
  caller: string,
  f: (source: ChoiceSource) => T | PromiseLike<T>,
  visit: (outcome: Outcome<T>) => void,
  options: EnumerationOptions,
): Promise<void> | undefined {
  const { maxPaths = 200_000 } = options;
  checkCount(caller, { maxPaths }, 1);
  const tape = new Tape(caller);
  let paths = 0;
  /** Books the finished path; false after the last one. */
  const book = (value: T): boolean => {
    visit({ value, probability: tape.finish() });
    if (!tape.next()) return false;
    if (++paths === maxPaths) {
      throw new RangeError(
        `${caller}: f has more than ${maxPaths} decision paths but must have at most maxPaths; shrink the instance or test it sequentially`,
      );
    }
    return true;
  };
  const finishAsync = async (first: PromiseLike<T>): Promise<void> => {
    let pending: T | PromiseLike<T> = first;
    while (book(await pending)) pending = f(tape);
  };

  for (;;) {
    const value = f(tape);
    if (isPromiseLike(value)) return finishAsync(value);
    if (!book(value)) return undefined;
  }
}

/** Whether an estimator answered with a promise. */
export function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | null | undefined)?.then === "function";
}

/**
 * Every value that `f` can take, with its probability, found by replaying each decision path depth first.
 *
 *     probability(path) = Π over its decisions of weights[chosen] / Σ weights
 *
 * Reach for it to prove a statement about a discrete sampler instead of estimating it. Values are not merged: two paths
 * to the same value are two outcomes. Branches of weight 0 are not taken.
 *
 * @param f - takes every random decision from the source that it is handed; it is called once a path
 * @returns the outcomes in depth-first order, or a promise of them when `f` returns promises
 * @throws RangeError if there are more than `maxPaths` paths
 * @throws RangeError if `maxPaths` is not a whole number ≥ 1
 * @throws Error if a replay of `f` does not repeat its decisions
 */
export function enumerateOutcomes<T>(
  f: (source: ChoiceSource) => PromiseLike<T>,
  options?: EnumerationOptions,
): Promise<Outcome<T>[]>;
export function enumerateOutcomes<T>(f: (source: ChoiceSource) => T, options?: EnumerationOptions): Outcome<T>[];
export function enumerateOutcomes<T>(
  f: (source: ChoiceSource) => T | PromiseLike<T>,
  options: EnumerationOptions = {},
): Outcome<T>[] | Promise<Outcome<T>[]> {
  const outcomes: Outcome<T>[] = [];
  const pending = forEachOutcome("enumerateOutcomes", f, (outcome) => outcomes.push(outcome), options);
  return pending === undefined ? outcomes : pending.then(() => outcomes);
}
