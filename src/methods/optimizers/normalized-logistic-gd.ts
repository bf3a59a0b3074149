import { checkAbove, checkCount } from "../../autodiff/check.js";
import { type Separation, separate, signedExamples } from "./separate-examples.js";

export interface LogisticGdOptions {
  /** g, a finite number > 0; large ones are fine. Default 1. */
  readonly learningRate?: number;
  /** Updates at most, a whole number ≥ 0: of data that cannot be separated they are all done. Default 10 000. */
  readonly maxIterations?: number;
}

/**
 * Logistic regression by gradient descent from 0, until it separates the classes.
 *
 *     θ ← θ + (learningRate / n)·Σ p_i·b_i      p_i = σ(−b_i·θ)      b_i = y_i·a_i
 *
 * The step that minimizes `mean log(1 + e^(−b_i·θ))`. As the rate grows it becomes `batchPerceptron`, whose iterations grow
 * with n: see `normalizedLogisticGd`. The loss says little of progress: it may be large one step before all are separated.
 *
 * @param inputs - `[n][d]`, a_i, none of them zero
 * @param labels - `[n]`, y_i: 1 or −1
 * @throws RangeError if there is no input, or one is zero, not finite or of another length
 * @throws RangeError if `labels` is not one an input, or one is neither 1 nor −1
 * @throws RangeError if `learningRate` is not above 0 or `maxIterations` is no whole number ≥ 0
 * @source Tyurin, "From Logistic Regression to the Perceptron Algorithm: Exploring Gradient Descent with Large Step
 * Sizes", AAAI 2025, arXiv:2412.08424, eq. 2
 */
export function logisticGd(
  inputs: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  { learningRate = 1, maxIterations = 10_000 }: LogisticGdOptions = {},
): Separation {
  const examples = signedExamples("logisticGd", inputs, labels);
  checkAbove("logisticGd", { learningRate }, 0);
  checkCount("logisticGd", { maxIterations }, 0);
  return separate(examples, maxIterations, (margins, shares) => {
    for (let i = 0; i < margins.length; i++) {
      shares[i] = (learningRate / margins.length) * Math.exp(logMistake(margins[i]));
    }
  });
}

/**
 * Logistic regression whose steps are divided by the mean probability of a mistake: it separates in a number of steps that
 * hardly depends on how many examples there are.
 *
 *     θ ← θ + learningRate · Σ p_i·b_i / Σ p_i      p_i = σ(−b_i·θ)      b_i = y_i·a_i
 *
 * From 0 it needs at most `R²/μ² + 2·log(2n − 1)/(learningRate·μ²)` steps, for any rate, where μ is the margin and R the
 * largest norm: `separationBound`. Each step is at most learningRate·R long. As the rate grows it becomes
 * `normalizedBatchPerceptron`.
 *
 * Reach for it to find a hyperplane between classes of very different size.
 *
 * @claim The paper: normalization takes the number of examples out of the iterations. On its lower-bound set of 1000 it
 * takes 2, 2, 16 and 157 steps at rates 100, 10, 1 and 0.1, where plain descent takes 308 at 100 and 729 at 10. On four
 * pairs of Fashion-MNIST classes, 1905 images against 95, at rate 1: 236 against 1951 steps, 121 against 1302, 88 against
 * 1155, 359 against 2309.
 * @question My classes are skewed; I need a margin
 * @param inputs - `[n][d]`, a_i, none of them zero
 * @param labels - `[n]`, y_i: 1 or −1
 * @throws RangeError if there is no input, or one is zero, not finite or of another length
 * @throws RangeError if `labels` is not one an input, or one is neither 1 nor −1
 * @throws RangeError if `learningRate` is not above 0 or `maxIterations` is no whole number ≥ 0
 * @source Tyurin, "From Logistic Regression to the Perceptron Algorithm: Exploring Gradient Descent with Large Step
 * Sizes", AAAI 2025, arXiv:2412.08424, §6, theorem 6.1
 */
export function normalizedLogisticGd(
  inputs: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  { learningRate = 1, maxIterations = 10_000 }: LogisticGdOptions = {},
): Separation {
  const examples = signedExamples("normalizedLogisticGd", inputs, labels);
  checkAbove("normalizedLogisticGd", { learningRate }, 0);
  checkCount("normalizedLogisticGd", { maxIterations }, 0);
  return separate(examples, maxIterations, (margins, shares) => {
    let largest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < margins.length; i++) {
      shares[i] = logMistake(margins[i]);
      largest = Math.max(largest, shares[i]);
    }
    let total = 0; // a softmax: finite though every p_i underflows
    for (let i = 0; i < shares.length; i++) {
      shares[i] = Math.exp(shares[i] - largest);
      total += shares[i];
    }
    for (let i = 0; i < shares.length; i++) shares[i] *= learningRate / total;
  });
}

/** `log σ(−margin)`. */
function logMistake(margin: number): number {
  return -Math.max(margin, 0) - Math.log1p(Math.exp(-Math.abs(margin)));
}
