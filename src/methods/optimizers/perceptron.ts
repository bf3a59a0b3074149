import { checkCount } from "../../autodiff/check.js";
import { type Separation, separate, signedExamples } from "./separate-examples.js";

export interface PerceptronOptions {
  /** Updates at most, a whole number ≥ 0: of data that cannot be separated they are all done. Default 10 000. */
  readonly maxIterations?: number;
}

/**
 * The perceptron: adds one example that is on the wrong side, from 0, until there is none.
 *
 *     θ ← θ + b_i      b_i = y_i·a_i      i the next, going round, with b_i·θ ≤ 0
 *
 * At most R²/μ² updates for norms up to R and a margin μ.
 *
 * @param inputs - `[n][d]`, a_i, none of them zero
 * @param labels - `[n]`, y_i: 1 or −1
 * @throws RangeError if there is no input, or one is zero, not finite or of another length
 * @throws RangeError if `labels` is not one an input, or one is neither 1 nor −1
 * @throws RangeError if `maxIterations` is no whole number ≥ 0
 * @source Rosenblatt, "The Perceptron", Psychological Review 1958; Novikoff, "On Convergence Proofs for Perceptrons", 1962
 */
export function perceptron(
  inputs: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  { maxIterations = 10_000 }: PerceptronOptions = {},
): Separation {
  const examples = signedExamples("perceptron", inputs, labels);
  checkCount("perceptron", { maxIterations }, 0);
  let next = 0;
  return separate(examples, maxIterations, (margins, shares) => {
    while (margins[next] > 0) next = (next + 1) % margins.length;
    shares.fill(0);
    shares[next] = 1;
    next = (next + 1) % margins.length;
  });
}

/**
 * The perceptron that adds all examples on the wrong side, over n: what gradient descent on the logistic loss becomes as
 * its rate grows.
 *
 *     θ ← ½·mean b_i at first, then θ + (1/n)·Σ_{i in S} b_i      S = { i : b_i·θ ≤ 0 }
 *
 * Its iterations grow with n where few of many are on the wrong side: at most n·R²/μ².
 *
 * @param inputs - `[n][d]`, a_i, none of them zero
 * @param labels - `[n]`, y_i: 1 or −1
 * @throws RangeError if there is no input, or one is zero, not finite or of another length
 * @throws RangeError if `labels` is not one an input, or one is neither 1 nor −1
 * @throws RangeError if `maxIterations` is no whole number ≥ 0
 * @source Tyurin, "From Logistic Regression to the Perceptron Algorithm: Exploring Gradient Descent with Large Step
 * Sizes", AAAI 2025, arXiv:2412.08424, algorithm 1
 */
export function batchPerceptron(
  inputs: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  { maxIterations = 10_000 }: PerceptronOptions = {},
): Separation {
  const examples = signedExamples("batchPerceptron", inputs, labels);
  checkCount("batchPerceptron", { maxIterations }, 0);
  return separate(examples, maxIterations, (margins, shares, iteration) => {
    const weight = (iteration === 0 ? 0.5 : 1) / margins.length; // every p_i is 1/2 at 0
    for (let i = 0; i < margins.length; i++) shares[i] = margins[i] > 0 ? 0 : weight;
  });
}

/**
 * The perceptron that adds the mean of the examples on the wrong side: at most R²/μ² updates, like the perceptron, with no
 * order of the examples.
 *
 *     θ ← θ + (1/|S|)·Σ_{i in S} b_i      S = { i : b_i·θ ≤ 0 }
 *
 * @param inputs - `[n][d]`, a_i, none of them zero
 * @param labels - `[n]`, y_i: 1 or −1
 * @throws RangeError if there is no input, or one is zero, not finite or of another length
 * @throws RangeError if `labels` is not one an input, or one is neither 1 nor −1
 * @throws RangeError if `maxIterations` is no whole number ≥ 0
 * @source Tyurin, "From Logistic Regression to the Perceptron Algorithm: Exploring Gradient Descent with Large Step
 * Sizes", AAAI 2025, arXiv:2412.08424, §6
 */
export function normalizedBatchPerceptron(
  inputs: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  { maxIterations = 10_000 }: PerceptronOptions = {},
): Separation {
  const examples = signedExamples("normalizedBatchPerceptron", inputs, labels);
  checkCount("normalizedBatchPerceptron", { maxIterations }, 0);
  return separate(examples, maxIterations, (margins, shares) => {
    let wrong = 0;
    for (const margin of margins) if (!(margin > 0)) wrong += 1;
    for (let i = 0; i < margins.length; i++) shares[i] = margins[i] > 0 ? 0 : 1 / wrong;
  });
}
