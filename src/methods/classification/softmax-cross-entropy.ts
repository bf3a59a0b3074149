import { checkSameShape, ShapeError } from "../../autodiff/check.js";
import { checkDType, checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { cast, equal, exp, log, max, stopGradient, type Tensor, where } from "../../autodiff/index.js";
import { reduceLosses } from "../reduction.js";
import {
  type CrossEntropyOptions,
  checkClassWeights,
  checkDistributions,
  checkLogits,
  checkOptions,
  checkReachable,
} from "./check-classes.js";

export interface SoftmaxCrossEntropyOptions extends CrossEntropyOptions {
  /** `[batch, classes]`; false where a class is unavailable: its probability and its gradient are 0. Default: all true. */
  readonly mask?: Tensor<"bool">;
}

/**
 * Softmax cross-entropy with a distribution as the target of each example.
 *
 *     ℓ = Σ_c v_c t'_c (lse(z) − z_c)      z = logits / T      t' = (1 − ε)·t + ε/C      lse(z) = log Σ_c exp(z_c)
 *
 * Reach for it when targets are soft: distilled, averaged over annotators, or mixed. Everything but the logits is a
 * constant. `"mean"` divides by the number of rows. A term with `t'_c = 0` is 0 even where `z_c = −∞`; smoothing spreads
 * over the classes that the mask leaves.
 *
 * @param logits - `[batch, classes]`, finite or −∞
 * @param probs - `[batch, classes]`, each ≥ 0, rows that sum to 1
 * @returns `[batch]` loss of each example in nats, or a scalar under a reduction. Values that a device holds are not
 * checked: what would have thrown gives NaN or ∞ there
 * @throws ShapeError if logits has not two axes or no class, or probs, mask or classWeights do not fit it
 * @throws ShapeError if reduction is `"mean"` and there is no row
 * @throws DTypeError if logits is no float, or probs or classWeights are of another dtype
 * @throws RangeError if a logit is NaN or +∞
 * @throws RangeError if probs is negative somewhere or a row does not sum to 1 within 1e-4
 * @throws RangeError if a class with target mass is masked or has logit −∞
 * @throws RangeError if classWeights is negative or 0 for every class
 * @throws RangeError if temperature is not > 0, or labelSmoothing not in [0, 1)
 * @throws TypeError if reduction is none of those listed
 * @source Cox, "The Regression Analysis of Binary Sequences", JRSS B 1958 (the model); Szegedy et al., "Rethinking the
 * Inception Architecture for Computer Vision", CVPR 2016, arXiv:1512.00567, §7 (smoothing)
 */
export function softmaxCrossEntropy(logits: Tensor, probs: Tensor, options: SoftmaxCrossEntropyOptions = {}): Tensor {
  const { reduction = "none", classWeights, labelSmoothing = 0, mask } = options;
  checkOptions("softmaxCrossEntropy", options);
  checkLogits("softmaxCrossEntropy", logits);
  checkSameShape("softmaxCrossEntropy", { logits, probs });
  checkSameDType("softmaxCrossEntropy", { logits, probs });
  checkDistributions("softmaxCrossEntropy", probs);
  checkMask("softmaxCrossEntropy", logits, mask);
  const [batch, classes] = logits.shape;
  if (batch === 0 && reduction === "mean") {
    throw new ShapeError(
      `softmaxCrossEntropy: logits has shape [0, ${classes}] but must have a row for a mean; use reduction "sum"`,
    );
  }
  if (classWeights !== undefined) checkClassWeights("softmaxCrossEntropy", classWeights, logits, classes);
  const [given, available] = [hostValues(probs), mask && hostValues(mask)];
  checkReachable("softmaxCrossEntropy", logits, mask, (row, column) => {
    const i = row * classes + column;
    return (given !== undefined && given[i] > 0) || (labelSmoothing > 0 && available?.[i] !== 0);
  });

  const targets = smooth(stopGradient(probs), labelSmoothing, mask);
  const weighted = classWeights === undefined ? targets : targets.mul(stopGradient(classWeights));
  return reduceLosses(crossEntropy(scaleLogits(logits, options), weighted), reduction);
}

/** Throws unless the mask, if there is one, is boolean and has the shape of the logits. */
export function checkMask(caller: string, logits: Tensor, mask: Tensor<"bool"> | undefined): void {
  if (mask === undefined) return;
  checkDType(caller, { mask }, "bool");
  checkSameShape(caller, { logits, mask });
}

/** The logits over the temperature, −∞ where they are masked. */
export function scaleLogits(logits: Tensor, { temperature = 1, mask }: SoftmaxCrossEntropyOptions): Tensor {
  const scaled = logits.div(temperature);
  return mask === undefined ? scaled : where(mask, scaled, Number.NEGATIVE_INFINITY);
}

/** Targets of which a share is spread evenly over the classes that the mask leaves. */
export function smooth(targets: Tensor, share: number, mask: Tensor<"bool"> | undefined): Tensor {
  if (share === 0) return targets;
  const kept = targets.mul(1 - share);
  if (mask === undefined) return kept.add(share / targets.shape[1]);
  const available = cast(mask, targets.dtype);
  return kept.add(available.mul(share).div(available.sum(1, { keepDims: true })));
}

/** The logits of each row less their largest: differences with lse do not cancel then, however large the logits are. */
export function relative(logits: Tensor): Tensor {
  return logits.sub(stopGradient(max(logits, 1, { keepDims: true })));
}

/** `log Σ_c exp(z_c)` for each row of such logits: as the largest is 0 they need no other shift. */
export function logPartition(relativeLogits: Tensor): Tensor {
  return log(exp(relativeLogits).sum(1));
}

/** `Σ_c t_c (lse(z) − z_c)` for each row; the targets need not sum to 1. */
export function crossEntropy(logits: Tensor, targets: Tensor): Tensor {
  const z = relative(logits);
  const expected = where(equal(targets, 0), 0, z.mul(targets)).sum(1); // 0 · −∞ would be NaN
  return logPartition(z).mul(targets.sum(1)).sub(expected);
}
