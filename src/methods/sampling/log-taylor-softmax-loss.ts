import { expandDims, log, square, type Tensor, takeAlongAxis } from "../../autodiff/index.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { checkSphericalScores } from "./z-loss.js";

export interface LogTaylorSoftmaxLossOptions {
  /** Default `"none"`, a loss for each example. */
  readonly reduction?: Reduction;
}

/**
 * Cross-entropy of a softmax whose exponential is cut off after the square.
 *
 *     ℓ = −log[t(o_c) / Σ_k t(o_k)]      t(o) = 1 + o + o²/2 = ((1 + o)² + 1) / 2
 *
 * A proper distribution, as t is at least ½, and a function of the scores' sum, their squares and the target's score alone.
 * Reach for it where the output layer must be a spherical one and probabilities are wanted.
 *
 * @param scores - `[batch, classes]`, finite, of two classes or more
 * @param targets - `[batch]`, each in [0, classes)
 * @returns `[batch]` loss of each example in nats, or a scalar under a reduction
 * @throws ShapeError if `scores` has not two axes or fewer than two classes, or `targets` does not fit it
 * @throws DTypeError if `scores` is no float, or `targets` not i32
 * @throws RangeError if a score on the host is not finite, or a target no class
 * @throws TypeError if `reduction` is none of those listed
 * @source de Brébisson and Vincent, "An Exploration of Softmax Alternatives Belonging to the Spherical Loss Family", ICLR
 * 2016, arXiv:1511.05042, §3.2
 */
export function logTaylorSoftmaxLoss(
  scores: Tensor,
  targets: Tensor<"i32">,
  { reduction = "none" }: LogTaylorSoftmaxLossOptions = {},
): Tensor {
  checkReduction("logTaylorSoftmaxLoss", reduction);
  checkSphericalScores("logTaylorSoftmaxLoss", scores, targets);
  return reduceLosses(logRatio(square(scores.add(1)).add(1), targets), reduction);
}

/** `−log(w_c / Σ_k w_k)` of weights `[batch, classes]`. */
export function logRatio(weights: Tensor, targets: Tensor<"i32">): Tensor {
  const own = takeAlongAxis(weights, expandDims(targets, 1)).reshape(targets.shape);
  return log(weights.sum(1)).sub(log(own));
}
