import { checkAbove, checkAtLeast, checkCount } from "../../autodiff/check.js";
import { type Key, permutation } from "../../autodiff/index.js";
import { checkClassIds, checkInputs, checkLike } from "./check-examples.js";

/** Examples on the host. */
export interface LabelledRows {
  /** `[n][d]`. */
  readonly inputs: readonly ArrayLike<number>[];
  /** `[n]`, whole numbers ≥ 0. */
  readonly labels: ArrayLike<number>;
}

/** Gives a class for an input, as `GaussianNaiveBayes` does. */
export interface Predictor {
  predict(input: ArrayLike<number>): number;
}

/** Fits a classifier to examples of every class. */
export type Learner = (examples: LabelledRows) => Predictor | Promise<Predictor>;

export interface SamplesToReachOptions {
  /** The error that no rule can beat, in [0, 1). Default 0. */
  readonly bayesError?: number;
  /** How near the mean error must come to it, > 0. Default 0.01. */
  readonly within?: number;
  /** How many examples more are tried each time, a whole number ≥ 1. Default ⌈ln d⌉. */
  readonly step?: number;
  /** How many samples of each size the error is the mean of, a whole number ≥ 1. Default 5. */
  readonly repeats?: number;
}

export interface SamplesToReach {
  /** The first number of examples with which the mean error is near enough; undefined if not all of the pool suffice. */
  readonly samples: number | undefined;
  /** The mean error on the test examples, for each number tried. */
  readonly errors: readonly { readonly samples: number; readonly error: number }[];
}

/**
 * How many examples a learner needs to come near the least possible error.
 *
 *     the first m in 2K, 2K + step, …  with  mean over samples of m from the pool of (error on test) < bayesError + within
 *
 * Samples are drawn without replacement, and drawn again where a class is absent. Reach for it to compare learners by the
 * examples that they need, as `GaussianNaiveBayes` and logistic regression.
 *
 * @param learner - fits one sample
 * @param pool - K classes, each of them there
 * @param test - n ≥ 1 examples, features as in the pool
 * @throws RangeError if examples are missing, not finite, of other lengths, or labels no whole numbers ≥ 0
 * @throws RangeError if the pool lacks a class or has fewer than 2K examples, or an option is out of range
 * @source Zheng, Wu, Bao, Cao, Li and Zhu, "Revisiting Discriminative vs. Generative Classifiers: Theory and Implications",
 * ICML 2023, arXiv:2302.02334, §6.1 and the authors' program
 */
export async function samplesToReach(
  learner: Learner,
  pool: LabelledRows,
  test: LabelledRows,
  key: Key,
  options: SamplesToReachOptions = {},
): Promise<SamplesToReach> {
  const caller = "samplesToReach";
  checkInputs(caller, pool.inputs, "pool.inputs");
  const [size, features] = [pool.inputs.length, pool.inputs[0].length];
  const classes = 1 + Array.from(pool.labels).reduce((most, label) => Math.max(most, label), 1);
  checkClassIds(caller, pool.labels, size, Number.isInteger(classes) ? classes : 2);
  checkInputs(caller, test.inputs, "test.inputs");
  checkLike(caller, "test.inputs", test.inputs, features, "pool.inputs");
  checkClassIds(caller, test.labels, test.inputs.length, classes);
  const present = new Set(Array.from(pool.labels));
  for (let k = 0; k < classes; k++) {
    if (!present.has(k)) throw new RangeError(`${caller}: pool has no example of class ${k} but must have one`);
  }
  if (size < 2 * classes) {
    throw new RangeError(`${caller}: pool has ${size} examples but must have ${2 * classes}, two a class`);
  }
  const { bayesError = 0, within = 0.01, repeats = 5 } = options;
  const { step = Math.max(1, Math.ceil(Math.log(features))) } = options;
  checkAtLeast(caller, { bayesError }, 0);
  checkAbove(caller, { within }, 0);
  checkCount(caller, { step, repeats }, 1);

  const errors: { samples: number; error: number }[] = [];
  for (let samples = 2 * classes; samples <= size; samples += step) {
    let error = 0;
    for (let repeat = 0; repeat < repeats; repeat++) {
      const sample = await drawn(pool, samples, classes, key.at(samples, repeat));
      error += errorOf(await learner(sample), test) / repeats;
    }
    errors.push({ samples, error });
    if (error < bayesError + within) return { samples, errors };
  }
  return { samples: undefined, errors };
}

/** A sample in which every class is there. */
async function drawn(
  { inputs, labels }: LabelledRows,
  count: number,
  classes: number,
  key: Key,
): Promise<LabelledRows> {
  for (let attempt = 0; ; attempt++) {
    const order = await permutation(key.at(attempt), inputs.length).data();
    const ids = Array.from(order.subarray(0, count));
    const chosen = Int32Array.from(ids, (i) => labels[i]);
    if (new Set(chosen).size === classes) return { inputs: ids.map((i) => inputs[i]), labels: chosen };
  }
}

function errorOf(rule: Predictor, { inputs, labels }: LabelledRows): number {
  let wrong = 0;
  inputs.forEach((input, i) => {
    if (rule.predict(input) !== labels[i]) wrong += 1;
  });
  return wrong / inputs.length;
}
