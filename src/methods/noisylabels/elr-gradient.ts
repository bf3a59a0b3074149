import { checkAtLeast } from "../../autodiff/check.js";
import { oneHot, softmax, type Tensor } from "../../autodiff/index.js";
import { checkLabels } from "../classification/check-classes.js";
import { checkPredictions, type ElrLossOptions } from "./elr-loss.js";

/**
 * The gradient of `elrLoss` by the logits in closed form, where no probability is clamped.
 *
 *     ∂ℓ/∂z_c = p_c − [c = y] + λ g_c      g_c = p_c (⟨p, t⟩ − t_c) / (1 − ⟨p, t⟩)
 *
 * Rows sum to 0, and |g_c| ≤ 1. Where t is one-hot at a class, g pushes towards it: for a wrongly labelled example it
 * takes back part of p_y − 1. Reach for it to see which examples a model is held back from learning.
 *
 * @param logits - `[batch, classes]`, finite, of two classes or more
 * @param labels - `[batch]`, each in [0, classes)
 * @param targets - `[batch, classes]`, rows ≥ 0 with a sum of at most 1
 * @returns `[batch, classes]`
 * @throws ShapeError if `logits` has not two axes or fewer than two classes, or `labels` or `targets` does not fit it
 * @throws DTypeError if `logits` is no float, `targets` of another dtype, or `labels` not i32
 * @throws RangeError if a logit or a target on the host is not finite, a label no class, or `strength` negative
 * @source Liu, Niles-Weed, Razavian and Fernandez-Granda, "Early-Learning Regularization Prevents Memorization of Noisy
 * Labels", NeurIPS 2020, arXiv:2007.00151, lemma 2
 */
export function elrGradient(
  logits: Tensor,
  labels: Tensor<"i32">,
  targets: Tensor,
  { strength = 3 }: Pick<ElrLossOptions, "strength"> = {},
): Tensor {
  checkAtLeast("elrGradient", { strength }, 0);
  checkPredictions("elrGradient", logits, targets);
  const [batch, classes] = logits.shape;
  checkLabels("elrGradient", labels, batch, classes, undefined);
  const shares = softmax(logits, 1);
  const product = shares.mul(targets).sum(1, { keepDims: true });
  const pull = shares.mul(product.sub(targets)).div(product.neg().add(1));
  return shares.sub(oneHot(labels, classes, logits.dtype)).add(pull.mul(strength));
}
