import { checkAbove, checkCount } from "../../autodiff/check.js";

export interface SeparationProblem {
  /** n, a whole number ≥ 1. */
  readonly examples: number;
  /** R, the largest norm of an input, > 0. */
  readonly radius: number;
  /** μ, how far the best hyperplane through the origin is from the nearest input, in (0, radius]. */
  readonly margin: number;
  /** g of `normalizedLogisticGd`, > 0. Default 1. */
  readonly learningRate?: number;
}

export interface SeparationBound {
  readonly normalizedLogisticGd: number;
  readonly normalizedBatchPerceptron: number;
  readonly perceptron: number;
  readonly batchPerceptron: number;
}

/**
 * After how many updates classes are separated at the latest.
 *
 *     normalizedLogisticGd                     R²/μ² + 2·log(2n − 1) / (learningRate·μ²)
 *     normalizedBatchPerceptron, perceptron    R²/μ²
 *     batchPerceptron                          n·R²/μ²
 *
 * @throws RangeError if `examples` is no whole number ≥ 1 or another number is not above 0
 * @throws RangeError if `margin` exceeds `radius`: no hyperplane is farther from a point than the origin is
 * @source Tyurin, "From Logistic Regression to the Perceptron Algorithm: Exploring Gradient Descent with Large Step
 * Sizes", AAAI 2025, arXiv:2412.08424, theorems 4.1 and 6.1
 */
export function separationBound({ examples, radius, margin, learningRate = 1 }: SeparationProblem): SeparationBound {
  checkCount("separationBound", { examples }, 1);
  checkAbove("separationBound", { radius, margin, learningRate }, 0);
  if (margin > radius) {
    throw new RangeError(`separationBound: margin is ${margin} but must be at most the radius, ${radius}`);
  }
  const ratio = (radius / margin) ** 2;
  return {
    normalizedLogisticGd: ratio + (2 * Math.log(2 * examples - 1)) / (learningRate * margin ** 2),
    normalizedBatchPerceptron: ratio,
    perceptron: ratio,
    batchPerceptron: examples * ratio,
  };
}
