import { checkSameShape } from "../../autodiff/check.js";
import { checkDType, checkFloat } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { cast, maximum, softplus, type Tensor } from "../../autodiff/index.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { arsinh } from "./arsinh.js";

export interface HyperbolicLossOptions {
  /** Default `"none"`, a loss for each example. */
  readonly reduction?: Reduction;
}

/**
 * Hinge loss of hyperbolic classification: 0 from a score of 1 on, and in between the missing hyperbolic distance.
 *
 *     ℓ = max(0, arsinh(1) − arsinh(y s))        ∂ℓ/∂s = −y / √(1 + s²) where y s < 1
 *
 * Reach for it where outliers far on the wrong side should not rule: it grows as the distance, the logarithm of the score.
 *
 * @param scores - `[batch]`, `w * x` with `−w * w = 1`, as `hyperbolicScores` gives
 * @param labels - `[batch]`, each −1 or 1; on a device they are not checked
 * @returns `[batch]` loss for each example, or a scalar under a reduction
 * @throws ShapeError if `labels` has not the shape of `scores`
 * @throws DTypeError if `scores` is no float or `labels` not i32
 * @throws RangeError if a label on the host is neither −1 nor 1
 * @throws TypeError if `reduction` is none of those listed
 * @source Cho et al., "Large-Margin Classification in Hyperbolic Space", AISTATS 2019, arXiv:1806.00437; Weber et
 * al., "Robust Large-Margin Learning in Hyperbolic Space", NeurIPS 2020, arXiv:2004.05465
 */
export function hyperbolicHingeLoss(
  scores: Tensor,
  labels: Tensor<"i32">,
  { reduction = "none" }: HyperbolicLossOptions = {},
): Tensor {
  checkReduction("hyperbolicHingeLoss", reduction);
  const margin = signedScores("hyperbolicHingeLoss", scores, labels);
  return reduceLosses(maximum(arsinh(margin).neg().add(Math.asinh(1)), 0), reduction);
}

/**
 * Logistic loss of hyperbolic classification.
 *
 *     ℓ = log(1 + exp(−y s))        ∂ℓ/∂s = −y σ(−y s)
 *
 * At the scores of adversaries within radius α, a mean over n examples below `log(2) / n` certifies that every margin
 * exceeds α. Reach for it to train with `hyperbolicAdversary`.
 *
 * @param scores - `[batch]`, `w * x`, as `hyperbolicScores` gives or for any other length of the normal
 * @param labels - `[batch]`, each −1 or 1; on a device they are not checked
 * @returns `[batch]` loss for each example in nats, or a scalar under a reduction
 * @throws ShapeError if `labels` has not the shape of `scores`
 * @throws DTypeError if `scores` is no float or `labels` not i32
 * @throws RangeError if a label on the host is neither −1 nor 1
 * @throws TypeError if `reduction` is none of those listed
 * @source Weber et al., "Robust Large-Margin Learning in Hyperbolic Space", NeurIPS 2020, arXiv:2004.05465
 */
export function hyperbolicLogisticLoss(
  scores: Tensor,
  labels: Tensor<"i32">,
  { reduction = "none" }: HyperbolicLossOptions = {},
): Tensor {
  checkReduction("hyperbolicLogisticLoss", reduction);
  return reduceLosses(softplus(signedScores("hyperbolicLogisticLoss", scores, labels).neg()), reduction);
}

/** `y s`. */
function signedScores(caller: string, scores: Tensor, labels: Tensor<"i32">): Tensor {
  checkFloat(caller, { scores });
  checkSameShape(caller, { scores, labels });
  checkSigns(caller, labels);
  return scores.mul(cast(labels, scores.dtype));
}

/** Throws where labels are at hand and one is neither −1 nor 1. */
export function checkSigns(caller: string, labels: Tensor<"i32">): void {
  checkDType(caller, { labels }, "i32");
  const values = hostValues(labels);
  const place = values?.findIndex((label) => label !== 1 && label !== -1) ?? -1;
  if (place >= 0) throw new RangeError(`${caller}: labels holds ${values?.[place]} at ${place} but must hold -1 and 1`);
}
