import { checkShape } from "../../autodiff/check.js";
import { checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { gather, stopGradient, type Tensor } from "../../autodiff/index.js";
import { sparseSoftmaxCrossEntropy } from "../classification/sparse-softmax-cross-entropy.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { checkLogitsAndLabels } from "./logit-adjusted-cross-entropy.js";

/** Which member of the family of pairwise margin losses is meant; plain cross-entropy if it is empty. */
export interface PairwiseMargins {
  /** `[C, C]`, Δ: how far class j must stay below the label y, at [y, j]; finite, −∞ to leave j out, 0 at [y, y]. */
  readonly margins?: Tensor;
  /** `[C]`, α: how much examples of each class count, each > 0. */
  readonly weights?: Tensor;
}

export interface PairwiseMarginSoftmaxLossOptions {
  /** Default `"none"`, a loss for each row; the mean divides by the number of rows, whatever they weigh. */
  readonly reduction?: Reduction;
}

/**
 * Softmax cross-entropy with a margin for each pair of classes and a weight for each.
 *
 *     ℓ = α_y log(1 + Σ_{c≠y} exp(Δ_yc) exp(f_c − f_y))
 *
 * Reach for it to compare losses for the long tail, all of which it contains: nothing (cross-entropy),
 * `logitAdjustedMargins`, `ldamMargins`, `equalizedMargins`, and `consistentMargins`, of which alone (and of logit
 * adjustment with τ = 1, which is among them) the minimizer has the least balanced error. Margins and weights are
 * constants. The matrix takes memory in C²: `logitAdjustedCrossEntropy` does without.
 *
 * @param logits - `[batch, classes]`, finite or −∞
 * @param labels - `[batch]`, each in [0, classes)
 * @param form - Δ and α
 * @returns `[batch]` loss of each example in nats, or a scalar under a reduction. Values that a device holds are not
 * checked: what would have thrown gives NaN or ∞ there
 * @throws ShapeError if logits has not two axes or no class, or labels, margins or weights do not fit it
 * @throws DTypeError if logits is no float, labels is not i32, or margins or weights are of another dtype than logits
 * @throws RangeError if a logit on the host is NaN or +∞, or that of a label −∞
 * @throws RangeError if a label on the host is no class
 * @throws RangeError if a margin on the host is NaN or +∞, or not 0 on the diagonal
 * @throws RangeError if a weight on the host is not a finite number > 0
 * @throws TypeError if reduction is none of those listed
 * @claim Only members whose weights and margins move together are consistent: on a law of two inputs and two classes the
 * minimizer with LDAM's margins has balanced error 1/2, where 1/3 is the least, and consistent members attain it for
 * random δ.
 * @question My classes are skewed; I need a margin
 * @source Menon et al., "Long-tail Learning via Logit Adjustment", ICLR 2021, arXiv:2007.07314, section 4.2, eq. 11
 */
export function pairwiseMarginSoftmaxLoss(
  logits: Tensor,
  labels: Tensor<"i32">,
  { margins, weights }: PairwiseMargins,
  { reduction = "none" }: PairwiseMarginSoftmaxLossOptions = {},
): Tensor {
  const caller = "pairwiseMarginSoftmaxLoss";
  checkReduction(caller, reduction);
  checkLogitsAndLabels(caller, logits, labels);
  if (margins !== undefined) checkMargins(caller, margins, logits);
  if (weights !== undefined) checkWeights(caller, weights, logits);
  const shifted = margins === undefined ? logits : logits.add(gather(stopGradient(margins), labels));
  const losses = sparseSoftmaxCrossEntropy(shifted, labels);
  return reduceLosses(weights === undefined ? losses : losses.mul(gather(stopGradient(weights), labels)), reduction);
}

function checkMargins(caller: string, margins: Tensor, logits: Tensor): void {
  const [, classes] = logits.shape;
  checkShape(caller, "margins", margins, [classes, classes]);
  checkSameDType(caller, { logits, margins });
  hostValues(margins)?.forEach((margin, i) => {
    const place = `[${Math.floor(i / classes)}, ${i % classes}]`;
    if (i % (classes + 1) === 0 && margin !== 0) {
      throw new RangeError(`${caller}: margins is ${margin} at ${place} but must be 0 on the diagonal`);
    }
    if (!(margin < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`${caller}: margins is ${margin} at ${place} but must be finite or -Infinity`);
    }
  });
}

function checkWeights(caller: string, weights: Tensor, logits: Tensor): void {
  checkShape(caller, "weights", weights, [logits.shape[1]]);
  checkSameDType(caller, { logits, weights });
  hostValues(weights)?.forEach((weight, c) => {
    if (!(weight > 0 && weight < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`${caller}: weights is ${weight} at [${c}] but must be a finite number > 0`);
    }
  });
}
