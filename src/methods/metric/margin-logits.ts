import { checkAtLeast, checkRank, checkShape } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import { clamp, sqrt, type Tensor, where } from "../../autodiff/index.js";
import { checkClassIds } from "../class-ids.js";
import { isOwnClass } from "../federated/contrastive-loss.js";

export interface MarginLogitsOptions {
  /** How much harder the label's class is made, m, a finite number ≥ 0. Default 0.5. */
  readonly margin?: number;
}

/**
 * CosFace: the cosine of the label's class less a margin.
 *
 *     u_y = cos θ_y − m      u_k = cos θ_k for k ≠ y
 *
 * Reach for it, times a scale of 30 or 64, as logits of a softmax over faces or other classes whose features are to be
 * compared by angle; `largeMarginSoftmaxLoss` has a margin that multiplies angles instead.
 *
 * @param cosines - `[n, classes]` of features to class weights
 * @param labels - `[n]`, each in [0, classes); on a device they are not checked
 * @returns `[n, classes]`
 * @throws ShapeError if `cosines` has not two axes or `labels` does not fit
 * @throws DTypeError if `cosines` is no float or `labels` no i32
 * @throws RangeError if `margin` is negative or not finite, or a label on the host no class
 * @source Wang et al., "CosFace: Large Margin Cosine Loss for Deep Face Recognition", CVPR 2018, arXiv:1801.09414, eq. 4
 */
export function cosFaceLogits(
  cosines: Tensor,
  labels: Tensor<"i32">,
  { margin = 0.5 }: MarginLogitsOptions = {},
): Tensor {
  checkInputs("cosFaceLogits", cosines, labels, margin);
  return where(isOwnClass(labels, cosines), cosines.sub(margin), cosines);
}

/**
 * ArcFace: the cosine of the label's class at an angle larger by a margin.
 *
 *     u_y = cos(θ_y + m) = cos θ_y cos m − sin θ_y sin m      u_k = cos θ_k for k ≠ y
 *
 * Past θ_y = π − m it rises again, as in the released code. The label's cosine is kept 10⁻⁷ away from ±1, where an angle
 * has no slope.
 *
 * Reach for it like for `cosFaceLogits`; its margin is the same in angle wherever the feature is.
 *
 * @param cosines - `[n, classes]` of features to class weights
 * @param labels - `[n]`, each in [0, classes); on a device they are not checked
 * @returns `[n, classes]`
 * @throws ShapeError if `cosines` has not two axes or `labels` does not fit
 * @throws DTypeError if `cosines` is no float or `labels` no i32
 * @throws RangeError if `margin` is negative or not finite, or a label on the host no class
 * @source Deng et al., "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", CVPR 2019, arXiv:1801.07698,
 * eq. 3
 */
export function arcFaceLogits(
  cosines: Tensor,
  labels: Tensor<"i32">,
  { margin = 0.5 }: MarginLogitsOptions = {},
): Tensor {
  checkInputs("arcFaceLogits", cosines, labels, margin);
  const cosine = clamp(cosines, -1 + 1e-7, 1 - 1e-7);
  const sine = sqrt(cosine.neg().add(1).mul(cosine.add(1))); // 1 − cos² would lose its digits near 1
  const raised = cosine.mul(Math.cos(margin)).sub(sine.mul(Math.sin(margin)));
  return where(isOwnClass(labels, cosines), raised, cosines);
}

function checkInputs(caller: string, cosines: Tensor, labels: Tensor<"i32">, margin: number): void {
  checkAtLeast(caller, { margin }, 0);
  checkRank(caller, { cosines }, 2);
  checkFloat(caller, { cosines });
  checkShape(caller, "labels", labels, [cosines.shape[0]]);
  checkClassIds(caller, { labels }, cosines.shape[1]);
}
