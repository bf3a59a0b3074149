import { checkBetween } from "../../autodiff/check.js";
import type { Tensor } from "../../autodiff/index.js";
import { checkReduction, type Reduction } from "../reduction.js";
import { checkScoresAndLabels, contrastiveLoss } from "./contrastive-loss.js";

export interface CosineContrastiveLossOptions {
  /** How far another class should be in cosine distance, ν in (0, 2]. Default 1.2. */
  readonly margin?: number;
  /** Default `"none"`, a loss for each example. */
  readonly reduction?: Reduction;
}

/**
 * Contrastive loss in the cosine distance `1 − s`.
 *
 *     ℓ = (1 − s_y)² + Σ_{c≠y} max(0, margin − 1 + s_c)²
 *
 * A surrogate of the error: for a margin ν in [1, 2] and unit vectors it is at least `ν²/2 ≥ 2(ν − 1)` wherever another
 * class scores as high as the label. (The paper states the second, weaker bound.)
 *
 * Reach for it as the centralized loss that `fedAwS` stands in for.
 *
 * @param scores - `[batch, classes]` cosines of each example's feature and each class's embedding
 * @param labels - `[batch]`, each in [0, classes); on a device they are not checked
 * @returns `[batch]` loss for each example, or a scalar under a reduction
 * @throws ShapeError if `scores` has not two axes, or `labels` does not fit it
 * @throws DTypeError if `scores` is no float or `labels` not i32
 * @throws RangeError if `margin` is outside (0, 2], a score on the host not finite, or a label no class
 * @throws TypeError if `reduction` is none of those listed
 * @source Yu et al., "Federated Learning with Only Positive Labels", ICML 2020, arXiv:2004.10342
 */
export function cosineContrastiveLoss(
  scores: Tensor,
  labels: Tensor<"i32">,
  { margin = 1.2, reduction = "none" }: CosineContrastiveLossOptions = {},
): Tensor {
  checkBetween("cosineContrastiveLoss", { margin }, 0, 2, { openBelow: true });
  checkReduction("cosineContrastiveLoss", reduction);
  checkScoresAndLabels("cosineContrastiveLoss", "scores", scores, labels);
  return contrastiveLoss(scores.neg().add(1), labels, { margin, reduction });
}
