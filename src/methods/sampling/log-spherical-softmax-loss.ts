import { checkAbove } from "../../autodiff/check.js";
import { square, type Tensor } from "../../autodiff/index.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { logRatio } from "./log-taylor-softmax-loss.js";
import { checkSphericalScores } from "./z-loss.js";

export interface LogSphericalMemberOptions {
  /** ε, added to every square, a finite number > 0. Default 1e-3. */
  readonly epsilon?: number;
}

export interface LogSphericalSoftmaxLossOptions extends LogSphericalMemberOptions {
  /** Default `"none"`, a loss for each example. */
  readonly reduction?: Reduction;
}

/**
 * Cross-entropy of a softmax with a square in place of the exponential.
 *
 *     ℓ = −log[(o_c² + ε) / Σ_k (o_k² + ε)]
 *
 * Large scores of either sign are likely. A function of the scores' squares and the target's score alone; scaling all
 * scores changes nothing but the part of ε. Reach for it where few classes have any chance.
 *
 * @param scores - `[batch, classes]`, finite, of two classes or more
 * @param targets - `[batch]`, each in [0, classes)
 * @returns `[batch]` loss of each example in nats, or a scalar under a reduction
 * @throws ShapeError if `scores` has not two axes or fewer than two classes, or `targets` does not fit it
 * @throws DTypeError if `scores` is no float, or `targets` not i32
 * @throws RangeError if a score on the host is not finite, or a target no class
 * @throws RangeError if `epsilon` is not above 0 or not finite
 * @throws TypeError if `reduction` is none of those listed
 * @source de Brébisson and Vincent, "An Exploration of Softmax Alternatives Belonging to the Spherical Loss Family", ICLR
 * 2016, arXiv:1511.05042, §3.1
 */
export function logSphericalSoftmaxLoss(
  scores: Tensor,
  targets: Tensor<"i32">,
  { epsilon = 1e-3, reduction = "none" }: LogSphericalSoftmaxLossOptions = {},
): Tensor {
  checkReduction("logSphericalSoftmaxLoss", reduction);
  checkAbove("logSphericalSoftmaxLoss", { epsilon }, 0);
  checkSphericalScores("logSphericalSoftmaxLoss", scores, targets);
  return reduceLosses(logRatio(square(scores).add(epsilon), targets), reduction);
}
