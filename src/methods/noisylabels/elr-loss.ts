import { checkAtLeast, checkRank, checkShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { clamp, log1p, softmax, stopGradient, type Tensor } from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";
import { checkLabels } from "../classification/check-classes.js";
import { sparseSoftmaxCrossEntropy } from "../classification/sparse-softmax-cross-entropy.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";

export interface ElrLossOptions {
  /**
   * λ, how much past predictions count, a finite number ≥ 0; 0 is cross-entropy. The authors take 3 for CIFAR-10 with
   * symmetric noise, 1 with asymmetric, 7 for CIFAR-100; small perceptrons want about 1. Default 3.
   */
  readonly strength?: number;
  /** Default `"none"`, a loss for each example. */
  readonly reduction?: Reduction;
}

/**
 * Early-learning regularization: cross-entropy that holds an example to what the model said of it before.
 *
 *     ℓ = −log p_y + λ log(1 − ⟨p, t⟩)      p = softmax(logits), within [1e-4, 1 − 1e-4] in the second term
 *
 * Networks fit right labels first and wrong ones later. `targets` t, a running mean of each example's own predictions,
 * remembers the first phase: least is the loss where ⟨p, t⟩ is 1, so that the second term keeps up the gradient of right
 * labels and cancels that of wrong ones. Targets are constants.
 *
 * Reach for it when some labels are wrong and nobody knows how many. Before each step
 * `targets = updateElrTargets(targets, ids, logits)`, then the loss with `gather(targets, ids)`.
 *
 * @param logits - `[batch, classes]`, finite, of two classes or more
 * @param labels - `[batch]`, each in [0, classes)
 * @param targets - `[batch, classes]`, rows ≥ 0 with a sum of at most 1
 * @returns `[batch]` loss of each example, or a scalar under a reduction. Values that a device holds are not checked: a
 * label that is no class gives NaN there
 * @throws ShapeError if `logits` has not two axes or fewer than two classes, or `labels` or `targets` does not fit it
 * @throws DTypeError if `logits` is no float, `targets` of another dtype, or `labels` not i32
 * @throws RangeError if a logit or a target on the host is not finite, or a label no class
 * @throws RangeError if `strength` is negative or not finite
 * @throws TypeError if `reduction` is none of those listed
 * @claim It keeps wrong labels from being learnt by heart: on 2000 images of Fashion-MNIST with 40 % wrong labels a
 * perceptron ends at 72.1 % on test images with λ = 1 and 64.2 % with cross-entropy, which had peaked at 75.9 %, having fitted
 * 53 and 74 % of the wrong labels (two seeds). A linear model of 400 inputs, one of which tells, fits 27 % of the flipped
 * labels with λ = 10 and all of them with cross-entropy (three seeds).
 * @question My data are cut off or corrupted
 * @source Liu, Niles-Weed, Razavian and Fernandez-Granda, "Early-Learning Regularization Prevents Memorization of Noisy
 * Labels", NeurIPS 2020, arXiv:2007.00151, eq. 6
 */
export function elrLoss(
  logits: Tensor,
  labels: Tensor<"i32">,
  targets: Tensor,
  { strength = 3, reduction = "none" }: ElrLossOptions = {},
): Tensor {
  checkReduction("elrLoss", reduction);
  checkAtLeast("elrLoss", { strength }, 0);
  checkPredictions("elrLoss", logits, targets);
  checkLabels("elrLoss", labels, logits.shape[0], logits.shape[1], undefined);
  const losses = sparseSoftmaxCrossEntropy(logits, labels).add(agreement(logits, targets).mul(strength));
  return reduceLosses(losses, reduction);
}

/**
 * The regularizer of `elrLoss` alone, for losses with other labels: those of mixed examples in ELR+.
 *
 *     log(1 − ⟨p, t⟩)      p = softmax(logits), within [1e-4, 1 − 1e-4]
 *
 * Reach for it to write ELR+: `softmaxCrossEntropy(logits, mixedLabels)` plus λ `elrPlusRamp(step, steps)` times this, with
 * the targets of `elrPlusTargets`.
 *
 * @param logits - `[batch, classes]`, finite, of two classes or more
 * @param targets - `[batch, classes]`, rows ≥ 0 with a sum of at most 1; constants
 * @returns `[batch]`, in [log 1e-4, 0]
 * @throws ShapeError if `logits` has not two axes or fewer than two classes, or `targets` does not fit it
 * @throws DTypeError if `logits` is no float, or `targets` of another dtype
 * @throws RangeError if a logit or a target on the host is not finite
 * @source Liu, Niles-Weed, Razavian and Fernandez-Granda, "Early-Learning Regularization Prevents Memorization of Noisy
 * Labels", NeurIPS 2020, arXiv:2007.00151, eq. 6
 */
export function elrRegularizer(logits: Tensor, targets: Tensor): Tensor {
  checkPredictions("elrRegularizer", logits, targets);
  return agreement(logits, targets);
}

function agreement(logits: Tensor, targets: Tensor): Tensor {
  return log1p(clampedShares(logits).mul(stopGradient(targets)).sum(1).neg());
}

/** softmax, kept so far from 0 and 1 that 1 − ⟨p, t⟩ is never 0; entries that it moves pass no gradient. */
export function clampedShares(logits: Tensor): Tensor {
  return clamp(softmax(logits, 1), 1e-4, 1 - 1e-4);
}

/** Throws unless logits are finite floats of two classes or more, and targets, if any, fit them. */
export function checkPredictions(caller: string, logits: Tensor, targets?: Tensor): void {
  checkRank(caller, { logits }, 2);
  checkFloat(caller, { logits });
  const { shape } = logits;
  if (shape[1] < 2) {
    throw new ShapeError(`${caller}: logits has shape ${showShape(shape)} but must have at least 2 classes`);
  }
  checkFinite(caller, { logits });
  if (targets === undefined) return;
  checkShape(caller, "targets", targets, shape);
  checkSameDType(caller, { logits, targets });
  checkFinite(caller, { targets });
}
