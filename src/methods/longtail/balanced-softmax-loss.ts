import { checkShape } from "../../autodiff/check.js";
import type { Tensor } from "../../autodiff/index.js";
import { fromValues } from "../../autodiff/ops/create.js";
import { sparseSoftmaxCrossEntropy } from "../classification/sparse-softmax-cross-entropy.js";
import { checkReduction, type Reduction } from "../reduction.js";
import { type ClassPriorsOptions, priorsOf } from "./class-priors.js";
import { logPriors } from "./log-priors.js";
import { checkLogitsAndLabels } from "./logit-adjusted-cross-entropy.js";

export interface BalancedSoftmaxLossOptions extends ClassPriorsOptions {
  /** Default `"none"`, a loss for each row. */
  readonly reduction?: Reduction;
}

/**
 * Balanced softmax: softmax cross-entropy in which each class is weighted by how often it occurs.
 *
 *     ℓ = −log [ n_y exp(f_y) / Σ_c n_c exp(f_c) ]
 *
 * It is `logitAdjustedCrossEntropy` with τ = 1, taking counts as they are. Reach for it where counts change from batch to
 * batch, as they do over a stream; where they do not, priors made once are cheaper. The counts are constants.
 *
 * @param logits - `[batch, classes]`, finite or −∞
 * @param labels - `[batch]`, each in [0, classes)
 * @param counts - `[classes]`, how often each class occurs, finite and ≥ 0, at least one above 0; a share below 1e-12
 * counts as 1e-12
 * @returns `[batch]` loss of each example in nats, or a scalar under a reduction. Values that a device holds are not
 * checked: what would have thrown gives NaN or ∞ there
 * @throws ShapeError if logits has not two axes or no class, or labels or counts do not fit it
 * @throws DTypeError if logits is no float, or labels is not i32
 * @throws RangeError if a logit on the host is NaN or +∞, or that of a label −∞
 * @throws RangeError if a label on the host is no class
 * @throws RangeError if a count is negative or not finite, or none is above 0
 * @throws TypeError if reduction is none of those listed
 * @source Ren et al., "Balanced Meta-Softmax for Long-Tailed Visual Recognition", NeurIPS 2020, arXiv:2007.10740, eq. 4
 */
export function balancedSoftmaxLoss(
  logits: Tensor,
  labels: Tensor<"i32">,
  counts: ArrayLike<number>,
  { reduction = "none", onWarning }: BalancedSoftmaxLossOptions = {},
): Tensor {
  checkReduction("balancedSoftmaxLoss", reduction);
  checkLogitsAndLabels("balancedSoftmaxLoss", logits, labels);
  checkShape("balancedSoftmaxLoss", "counts", { shape: [counts.length] }, [logits.shape[1]]);
  const shares = priorsOf("balancedSoftmaxLoss", counts, onWarning === undefined ? {} : { onWarning });
  const { backend, dtype } = logits;
  const priors = fromValues(shares, { backend, dtype }) as Tensor;
  return sparseSoftmaxCrossEntropy(logits.add(logPriors(priors)), labels, { reduction });
}
