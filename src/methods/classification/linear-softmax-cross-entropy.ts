import { checkCount, checkRank, checkShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { gather, notEqual, ones, stopGradient, sum, type Tensor, where } from "../../autodiff/index.js";
import { reduceLosses } from "../reduction.js";
import {
  type CrossEntropyOptions,
  checkClassWeights,
  checkLabels,
  checkMeanExists,
  checkOptions,
} from "./check-classes.js";
import { type LinearHead, linearLogSumExp } from "./linear-log-sum-exp.js";

export interface LinearSoftmaxCrossEntropyOptions extends CrossEntropyOptions {
  /** A label, in or out of the classes' range, whose rows give loss 0 and gradient 0. Default: none. */
  readonly ignoreIndex?: number;
  /** Classes whose logits are held at a time, a whole number ≥ 1. Default 4096. */
  readonly blockSize?: number;
}

/**
 * Sparse softmax cross-entropy of a linear layer, fused: the logits `[batch, classes]` are never held, neither forwards
 * nor in the gradient, only `blockSize` columns of them at a time.
 *
 *     ℓ = v_y (lse(z) − z_y)      z_c = (hidden · weights_c + bias_c) / T      lse(z) = log Σ_c exp(z_c)
 *
 * Reach for it when the batch of logits is what fills the memory. The options mean what they do for
 * `sparseSoftmaxCrossEntropy`; the gradient computes the logits a second time. Derivatives of the gradient are right but
 * not fused: they hold all logits.
 *
 * @param hidden - `[batch, d]`, what the layer is applied to
 * @param weights - `[classes, d]`, a row for each class
 * @param bias - `[classes]`, or undefined for none; −∞ makes a class unavailable
 * @param labels - `[batch]`, each in [0, classes) or `ignoreIndex`
 * @returns `[batch]` loss of each example in nats, or a scalar under a reduction. Values that a device holds are not
 * checked: a label that is no class gives NaN there
 * @throws ShapeError if hidden or weights has not two axes, there is no class, or the sizes do not fit
 * @throws DTypeError if hidden is no float, weights, bias or classWeights are of another dtype, or labels is not i32
 * @throws RangeError if hidden (in rows that count) or weights is not finite, or bias NaN or +∞
 * @throws RangeError if a label is no class and not ignoreIndex, or the bias of its class is −∞
 * @throws RangeError if reduction is `"mean"` and no row has weight
 * @throws RangeError if classWeights is negative or 0 for every class
 * @throws RangeError if temperature is not > 0, or labelSmoothing not in [0, 1)
 * @throws RangeError if blockSize is no whole number ≥ 1
 * @throws TypeError if reduction is none of those listed
 * @source Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018, arXiv:1805.02867, §3 (the running
 * sum); Wijmans et al., "Cut Your Losses in Large-Vocabulary Language Models", ICLR 2025, arXiv:2411.09009 (logits
 * computed again for the gradient)
 */
export function linearSoftmaxCrossEntropy(
  hidden: Tensor,
  weights: Tensor,
  bias: Tensor | undefined,
  labels: Tensor<"i32">,
  options: LinearSoftmaxCrossEntropyOptions = {},
): Tensor {
  const {
    reduction = "none",
    classWeights,
    labelSmoothing = 0,
    temperature = 1,
    ignoreIndex,
    blockSize = 4096,
  } = options;
  checkInputs({ hidden, weights, bias }, labels, options);

  const counts = ignoreIndex === undefined ? undefined : notEqual(labels, ignoreIndex);
  const targets = counts === undefined ? labels : where(counts, labels, 0);
  const rows = counts === undefined ? hidden : where(counts.reshape([labels.size, 1]), hidden, 0); // even NaN lets nothing through
  const head = { hidden: rows.div(temperature), weights, bias: bias?.div(temperature) };
  const weightOfClass = classWeights && stopGradient(classWeights);
  const ofLabel = weightOfClass && gather(weightOfClass, targets);

  const lse = linearLogSumExp(head, blockSize);
  const hard = lse.sub(logitsOf(head, targets));
  const weighted = ofLabel === undefined ? hard : hard.mul(ofLabel);
  const losses =
    labelSmoothing === 0
      ? weighted
      : weighted.mul(1 - labelSmoothing).add(spread(head, lse, weightOfClass).mul(labelSmoothing));
  if (counts === undefined) return reduceLosses(losses, reduction, ofLabel);
  const rowWeights = where(counts, ofLabel ?? ones(labels.shape, hidden), 0);
  return reduceLosses(where(counts, losses, 0), reduction, rowWeights);
}

/** The logit of one class in each row. */
function logitsOf({ hidden, weights, bias }: LinearHead, classes: Tensor<"i32">): Tensor {
  const products = sum(hidden.mul(gather(weights, classes)), 1);
  return bias === undefined ? products : products.add(gather(bias, classes));
}

/** `1/C · Σ_c v_c (lse − z_c)` without the single logits: `Σ_c v_c z_c` is linear in the mean row of the weights. */
function spread({ hidden, weights, bias }: LinearHead, lse: Tensor, classWeights: Tensor | undefined): Tensor {
  const shares = (classWeights ?? ones([weights.shape[0]], weights)).div(weights.shape[0]);
  const products = hidden.matmul(shares.matmul(weights));
  const meanLogit = bias === undefined ? products : products.add(bias.matmul(shares));
  return lse.mul(shares.sum()).sub(meanLogit);
}

function checkInputs(
  { hidden, weights, bias }: LinearHead,
  labels: Tensor<"i32">,
  options: LinearSoftmaxCrossEntropyOptions,
): void {
  const caller = "linearSoftmaxCrossEntropy";
  const { reduction, classWeights, ignoreIndex, blockSize = 4096, labelSmoothing = 0 } = options;
  checkOptions(caller, options);
  checkCount(caller, { blockSize }, 1);
  checkRank(caller, { hidden, weights }, 2);
  checkFloat(caller, { hidden });
  const [batch, width] = hidden.shape;
  const [classes] = weights.shape;
  checkShape(caller, "weights", weights, [-1, width]);
  if (classes === 0) {
    throw new ShapeError(`${caller}: weights has shape ${showShape(weights.shape)} but must have a row for a class`);
  }
  checkSameDType(caller, { hidden, weights, ...(bias === undefined ? {} : { bias }) });
  if (bias !== undefined) checkShape(caller, "bias", bias, [classes]);
  checkLabels(caller, labels, batch, classes, ignoreIndex);
  if (classWeights !== undefined) checkClassWeights(caller, classWeights, hidden, classes);
  const ids = ignoreIndex === undefined ? undefined : hostValues(labels);
  const counts = (row: number) => ignoreIndex === undefined || (ids !== undefined && ids[row] !== ignoreIndex);
  checkFinite(caller, "hidden", hidden, counts);
  checkFinite(caller, "weights", weights, () => true);
  if (bias !== undefined) checkBias(caller, bias, labels, labelSmoothing, ignoreIndex);
  if (reduction === "mean") checkMeanExists(caller, labels, ignoreIndex, classWeights);
}

/** Throws where (on the host) a row that counts is not finite: logits would be NaN or ∞. */
function checkFinite(caller: string, name: string, matrix: Tensor, counts: (row: number) => boolean): void {
  const [, width] = matrix.shape;
  hostValues(matrix)?.forEach((value, i) => {
    if (Number.isFinite(value)) return;
    const row = Math.floor(i / width);
    if (!counts(row)) return;
    throw new RangeError(`${caller}: ${name} is ${value} at [${row}, ${i % width}] but must be finite`);
  });
}

/** Throws where (on the host) the bias rules out a class that is a target: its loss would be ∞. */
function checkBias(
  caller: string,
  bias: Tensor,
  labels: Tensor<"i32">,
  share: number,
  ignored: number | undefined,
): void {
  const ids = hostValues(labels);
  const wanted = new Set(ids?.filter((label) => label !== ignored));
  hostValues(bias)?.forEach((value, c) => {
    const isTarget = wanted.has(c) || (share > 0 && wanted.size > 0);
    if (value < Number.POSITIVE_INFINITY && !(value === Number.NEGATIVE_INFINITY && isTarget)) return;
    const right = isTarget ? "finite where the target has mass" : "finite or -Infinity";
    throw new RangeError(`${caller}: bias is ${value} at [${c}] but must be ${right}`);
  });
}
