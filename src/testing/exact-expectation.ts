import { ShapeError } from "../autodiff/check.js";
import type { ChoiceSource } from "./choice-source.js";
import { type EnumerationOptions, forEachOutcome, type Outcome } from "./enumerate-outcomes.js";
import { NeumaierSum } from "./neumaier-sum.js";
import { isWithin } from "./within.js";

/** A host estimator's value: a number, or a list of numbers whose length is the same on every path. */
export type HostValue = number | ArrayLike<number>;

/** The expectation of a number is a number, that of a list a list. */
export type Expectation<V extends HostValue> = V extends number ? number : Float64Array;

/** What `checkUnbiasedByEnumeration` proved. */
export interface EnumerationProof {
  /** The exact expectation, one entry a component. */
  readonly expectation: Float64Array;
  /** Decision paths that were enumerated. */
  readonly paths: number;
  /** Largest |expectation − truth| over the components. */
  readonly error: number;
}

/** Adds up probability-weighted values of one shape. */
class WeightedSum {
  readonly #caller: string;
  readonly #mass = new NeumaierSum(1);
  #sums: NeumaierSum | undefined;
  #length = 0;
  scalar: boolean | undefined;
  paths = 0;

  constructor(caller: string) {
    this.#caller = caller;
  }

  add({ value, probability }: Outcome<HostValue>): void {
    const components = typeof value === "number" ? [value] : value;
    if (this.#sums === undefined) {
      this.scalar = typeof value === "number";
      this.#length = components.length;
      this.#sums = new NeumaierSum(this.#length);
    } else if (components.length !== this.#length) {
      throw new ShapeError(
        `${this.#caller}: f has ${components.length} components on one path but must have ${this.#length}, as on the first`,
      );
    }
    for (let i = 0; i < this.#length; i++) this.#sums.add(i, probability * components[i]);
    this.#mass.add(0, probability);
    this.paths++;
  }

  finish(): Float64Array {
    const mass = this.#mass.value(0);
    if (!(Math.abs(mass - 1) <= 1e-12)) {
      throw new Error(`${this.#caller}: the sum of all path probabilities is ${mass} but must be 1 within 1e-12`);
    }
    return Float64Array.from({ length: this.#length }, (_, i) => this.#sums!.value(i));
  }
}

function sumOver<R>(
  caller: string,
  f: (source: ChoiceSource) => HostValue | PromiseLike<HostValue>,
  options: EnumerationOptions,
  conclude: (sum: WeightedSum) => R,
): R | Promise<R> {
  const sum = new WeightedSum(caller);
  const pending = forEachOutcome(caller, f, (outcome) => sum.add(outcome), options);
  return pending === undefined ? conclude(sum) : pending.then(() => conclude(sum));
}

/**
 * The expectation of a discrete estimator, exact to rounding: the probability-weighted sum over all its decision paths.
 *
 *     E[f] = Σ_paths probability · value
 *
 * Reach for it wherever the paths can be counted (2·10⁵ by default): no seed, no tolerance on a sample mean.
 *
 * @param f - takes every random decision from the source that it is handed; returns a number or a list of fixed length
 * @returns the expectation, shaped as `f`'s value, or a promise of it when `f` returns promises
 * @throws RangeError if there are more than `maxPaths` paths
 * @throws ShapeError if `f`'s value changes its length between paths
 * @throws Error if the path probabilities do not add up to 1 within 1e-12
 */
export function exactExpectation<V extends HostValue>(
  f: (source: ChoiceSource) => PromiseLike<V>,
  options?: EnumerationOptions,
): Promise<Expectation<V>>;
export function exactExpectation<V extends HostValue>(
  f: (source: ChoiceSource) => V,
  options?: EnumerationOptions,
): Expectation<V>;
export function exactExpectation(
  f: (source: ChoiceSource) => HostValue | PromiseLike<HostValue>,
  options: EnumerationOptions = {},
): number | Float64Array | Promise<number | Float64Array> {
  return sumOver<number | Float64Array>("exactExpectation", f, options, (sum) => {
    const expectation = sum.finish();
    return sum.scalar ? expectation[0] : expectation;
  });
}

/**
 * Proves that a host estimator is unbiased, by enumeration of all its decision paths.
 *
 *     ‖Σ_paths probability · value − truth‖_∞ ≤ 1e-10 · (1 + ‖truth‖_∞)
 *
 * Reach for it before any sampling test: it has no false alarms and finds biases down to rounding.
 *
 * @param f - the estimator; takes every random decision from the source that it is handed
 * @param truth - what the expectation must be, of the length of `f`'s value; finite
 * @returns the proof's numbers, or a promise of them when `f` returns promises
 * @throws Error if the expectation differs from `truth`
 * @throws RangeError if `truth` is not finite, or if there are more than `maxPaths` paths
 * @throws ShapeError if `f`'s value and `truth` differ in length
 */
export function checkUnbiasedByEnumeration(
  f: (source: ChoiceSource) => PromiseLike<HostValue>,
  truth: HostValue,
  options?: EnumerationOptions,
): Promise<EnumerationProof>;
export function checkUnbiasedByEnumeration(
  f: (source: ChoiceSource) => HostValue,
  truth: HostValue,
  options?: EnumerationOptions,
): EnumerationProof;
export function checkUnbiasedByEnumeration(
  f: (source: ChoiceSource) => HostValue | PromiseLike<HostValue>,
  truth: HostValue,
  options: EnumerationOptions = {},
): EnumerationProof | Promise<EnumerationProof> {
  const caller = "checkUnbiasedByEnumeration";
  const wanted = typeof truth === "number" ? [truth] : Array.from(truth);
  const bad = wanted.findIndex((component) => !Number.isFinite(component));
  if (bad >= 0) throw new RangeError(`${caller}: truth[${bad}] is ${wanted[bad]} but must be a finite number`);
  const allowed = 1e-10 * (1 + wanted.reduce((largest, component) => Math.max(largest, Math.abs(component)), 0));

  return sumOver(caller, f, options, (sum) => {
    const expectation = sum.finish();
    if (expectation.length !== wanted.length) {
      throw new ShapeError(
        `${caller}: f has ${expectation.length} components but must have ${wanted.length}, as truth has`,
      );
    }
    let error = 0;
    for (const [i, component] of wanted.entries()) {
      const difference = Math.abs(expectation[i] - component);
      if (!isWithin(difference, allowed)) {
        throw new Error(
          `${caller}: the expectation's component ${i} is ${expectation[i]} but must be ${component} within ${allowed}; the estimator is biased`,
        );
      }
      error = Math.max(error, difference);
    }
    return { expectation, paths: sum.paths, error };
  });
}
