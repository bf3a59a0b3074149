import { hostValues } from "../../autodiff/evaluate.js";
import type { Tensor } from "../../autodiff/index.js";
import { checkLabels, checkLogits, checkReachable } from "../classification/check-classes.js";
import { sparseSoftmaxCrossEntropy } from "../classification/sparse-softmax-cross-entropy.js";
import { checkReduction, type Reduction } from "../reduction.js";
import { checkPriors, checkStrength, logPriors, type StrengthOptions } from "./log-priors.js";

export interface LogitAdjustedCrossEntropyOptions extends StrengthOptions {
  /** Default `"none"`, a loss for each row. */
  readonly reduction?: Reduction;
}

/**
 * Softmax cross-entropy to which each class comes with its prior, so that the logits themselves need not learn it.
 *
 *     ℓ = −log [ exp(f_y + τ log π_y) / Σ_c exp(f_c + τ log π_c) ] = log(1 + Σ_{c≠y} (π_c / π_y)^τ exp(f_c − f_y))
 *
 * Predict with the argmax of f as it is. With τ = 1 the loss is Fisher-consistent for the balanced error, the mean of the
 * classes' errors: its minimizer is `f_c = log p(c | x) − log π_c` up to a constant. Reach for it to train on a long tail
 * when every class is to count alike; it costs a vector more than cross-entropy. The priors are constants.
 *
 * @param logits - `[batch, classes]`, finite or −∞
 * @param labels - `[batch]`, each in [0, classes)
 * @param priors - `[classes]`, from `classPriors`; below 1e-12 they count as 1e-12
 * @returns `[batch]` loss of each example in nats, or a scalar under a reduction. Values that a device holds are not
 * checked: what would have thrown gives NaN or ∞ there
 * @throws ShapeError if logits has not two axes or no class, or labels or priors do not fit it
 * @throws DTypeError if logits is no float, labels is not i32, or priors is of another dtype than logits
 * @throws RangeError if a logit on the host is NaN or +∞, or that of a label −∞
 * @throws RangeError if a label on the host is no class
 * @throws RangeError if a prior on the host is not in [0, 1], or they do not sum to 1 within 1e-4
 * @throws RangeError if strength is not finite, or negative without allowNegative
 * @throws TypeError if reduction is none of those listed
 * @claim On two Gaussians with 5 % positives the balanced error falls from 0.177 to 0.079, the least there is (four seeds).
 * With 50 classes, 100:1, and weight decay 1e-4 balanced accuracy rises from 0.827 to 0.885: the rarest third from 0.68 to
 * 0.86, the most frequent third from 0.95 down to 0.91. The gain is 0.047 to 0.074 by seed, and 0.04 without weight decay.
 * @question My classes are skewed
 * @source Menon et al., "Long-tail Learning via Logit Adjustment", ICLR 2021, arXiv:2007.07314, section 4.2, eq. 10
 */
export function logitAdjustedCrossEntropy(
  logits: Tensor,
  labels: Tensor<"i32">,
  priors: Tensor,
  options: LogitAdjustedCrossEntropyOptions = {},
): Tensor {
  const { reduction = "none", strength = 1 } = options;
  checkReduction("logitAdjustedCrossEntropy", reduction);
  checkStrength("logitAdjustedCrossEntropy", options);
  checkLogitsAndLabels("logitAdjustedCrossEntropy", logits, labels);
  checkPriors("logitAdjustedCrossEntropy", priors, logits);
  return sparseSoftmaxCrossEntropy(logits.add(logPriors(priors).mul(strength)), labels, { reduction });
}

/** Throws unless the logits are `[batch, classes]`, the labels `[batch]` classes, and the logit of each label finite. */
export function checkLogitsAndLabels(caller: string, logits: Tensor, labels: Tensor<"i32">): void {
  checkLogits(caller, logits);
  const [batch, classes] = logits.shape;
  checkLabels(caller, labels, batch, classes, undefined);
  const ids = hostValues(labels);
  checkReachable(caller, logits, undefined, (row, column) => ids?.[row] === column);
}
