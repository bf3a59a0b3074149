import { checkAbove, checkRank, checkShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import { expandDims, softplus, sqrt, square, type Tensor, takeAlongAxis } from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";
import { checkClassIds } from "../class-ids.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";

/** Added to the variance of scores, so that scores that are all alike have a z-score. */
export const VARIANCE_FLOOR = 1e-8;

export interface ZMemberOptions {
  /** a, a finite number > 0: how sharply the loss bends at the offset. Default 1. */
  readonly sharpness?: number;
  /** b, a finite number: the z-score that is wanted of the target, which can be √(classes − 1) at most. Default 5. */
  readonly offset?: number;
}

export interface ZLossOptions extends ZMemberOptions {
  /** Default `"none"`, a loss for each example. */
  readonly reduction?: Reduction;
}

/**
 * Z-loss: a softplus of how many standard deviations the target's score lies above the mean of all.
 *
 *     ℓ = log(1 + exp(a (b − z_c))) / a      z_k = (o_k − μ) / σ      σ² = mean (o_k − μ)² + 1e-8
 *     ∂ℓ/∂o_k = (g / σ)([k = c] − 1/D − z_c z_k / D)      g = −1 / (1 + exp(−a (b − z_c)))
 *
 * Shifting the scores changes nothing, and scaling them by a positive number neither, as far as the 1e-8 does not count: it
 * looks at the target's place among the others, as ranks do. Reach for it where accuracy in the top 20 or 50 is wanted,
 * or, as it sees the scores through their sum, their squares and the target's alone, for `SphericalOutputLayer`, whose
 * steps do not depend on the number of classes.
 *
 * @param scores - `[batch, classes]`, finite, of two classes or more
 * @param targets - `[batch]`, each in [0, classes)
 * @returns `[batch]` loss of each example, or a scalar under a reduction. Values that a device holds are not checked: a
 * target that is no class gives NaN there
 * @throws ShapeError if `scores` has not two axes or fewer than two classes, or `targets` does not fit it
 * @throws DTypeError if `scores` is no float, or `targets` not i32
 * @throws RangeError if a score on the host is not finite, or a target no class
 * @throws RangeError if `sharpness` is not above 0, or it or `offset` not finite
 * @throws TypeError if `reduction` is none of those listed
 * @claim It ranks nearly as a softmax does, and better than other spherical losses: of next words in WordNet's noun glosses
 * over 1000 words it has 58.0, 66.2 and 76.1 % in the top 10, 20 and 50 (the better of two settings), a softmax 59.0, 66.7 and
 * 76.5 %, log-Taylor 55.1, 62.5 and 71.7 %, squares 44.8, 50.5 and 57.2 %. The paper's finding that it is above the softmax
 * with a large vocabulary does not show at this size.
 * @question The softmax is my bottleneck
 * @source de Brébisson and Vincent, "The Z-loss: a shift and scale invariant classification loss belonging to the Spherical
 * Family", 2016, arXiv:1604.08859, eq. 6
 */
export function zLoss(
  scores: Tensor,
  targets: Tensor<"i32">,
  { sharpness = 1, offset = 5, reduction = "none" }: ZLossOptions = {},
): Tensor {
  checkReduction("zLoss", reduction);
  checkZ("zLoss", sharpness, offset);
  checkSphericalScores("zLoss", scores, targets);
  const centred = scores.sub(scores.mean(1, { keepDims: true })); // their squares do not cancel, however large the mean
  const deviation = sqrt(square(centred).mean(1).add(VARIANCE_FLOOR));
  const z = takeAlongAxis(centred, expandDims(targets, 1)).reshape(targets.shape).div(deviation);
  return reduceLosses(softplus(z.sub(offset).mul(-sharpness)).div(sharpness), reduction);
}

/** Throws unless sharpness and offset are those of a Z-loss. */
export function checkZ(caller: string, sharpness: number, offset: number): void {
  checkAbove(caller, { sharpness }, 0);
  if (!Number.isFinite(offset)) throw new RangeError(`${caller}: offset is ${offset} but must be a finite number`);
}

/** Throws unless scores are finite floats of two classes or more, and targets classes of them. */
export function checkSphericalScores(caller: string, scores: Tensor, targets: Tensor<"i32">): void {
  checkRank(caller, { scores }, 2);
  checkFloat(caller, { scores });
  if (scores.shape[1] < 2) {
    throw new ShapeError(`${caller}: scores has shape ${showShape(scores.shape)} but must have at least 2 classes`);
  }
  checkFinite(caller, { scores });
  checkShape(caller, "targets", targets, [scores.shape[0]]);
  checkClassIds(caller, { targets }, scores.shape[1]);
}
