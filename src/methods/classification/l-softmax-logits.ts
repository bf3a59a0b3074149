import { checkAtLeast, checkCount, checkRank, checkShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import {
  abs,
  equal,
  expandDims,
  gather,
  max,
  sqrt,
  square,
  stopGradient,
  type Tensor,
  transposeLast,
  where,
} from "../../autodiff/index.js";
import { arange } from "../../autodiff/ops/create.js";
import { angularMarginPsi } from "./angular-margin-psi.js";
import { checkLabels } from "./check-classes.js";

export interface LSoftmaxLogitsOptions {
  /** How many times closer to its class an example is to come than a right answer needs, m, a whole number ≥ 1. Default 4. */
  readonly margin?: number;
  /** Weight λ ≥ 0 of the plain logit of the label, see `lSoftmaxAnneal`; a tensor `[]` for a compiled step. Default 0. */
  readonly annealing?: number | Tensor;
  /** Takes a message where a row of zeros comes, which has no angle and throws without this. */
  readonly onWarning?: (message: string) => void;
}

/**
 * The logits of large-margin softmax: inner products, but for the label's, which counts the angle m times.
 *
 *     z_j = w_j · x                                          j ≠ y
 *     z_y = (λ w_y · x + ‖w_y‖ ‖x‖ ψ(θ_y)) / (1 + λ)         cos θ_y = w_y · x / (‖w_y‖ ‖x‖)
 *
 * with ψ of `angularMarginPsi`. `z_y ≤ w_y · x`, equal for `margin` 1; the gradient is continuous. A margin is between
 * directions, so there is no bias. Where x or w_y is zero the part with ψ is 0, and so is its gradient.
 *
 * Reach for it to put another loss on top than the cross-entropy of `largeMarginSoftmaxLoss`. To predict, take
 * `features · weightsᵀ`, which is what margin 1 gives: the labels are in the way of it otherwise.
 *
 * @param features - `[batch, d]`, x
 * @param weights - `[classes, d]`, a row w_j for each class
 * @param labels - `[batch]`, y, each in [0, classes)
 * @returns `[batch, classes]`. Values that a device holds are not checked: a label that is no class gives a row of plain
 * inner products there
 * @throws ShapeError if `features` or `weights` has not two axes, no column or no class, or the sizes do not fit
 * @throws DTypeError if `features` is no float, `weights` or `annealing` of another dtype, or `labels` not i32
 * @throws RangeError if a feature or a weight on the host is not finite, or a label no class
 * @throws RangeError if a row of `features` or `weights` on the host is zero, `margin` > 1 and there is no `onWarning`
 * @throws RangeError if `margin` is not a whole number ≥ 1, or `annealing` not finite and ≥ 0
 * @throws TypeError if the options have a bias
 * @source Liu et al., "Large-Margin Softmax Loss for Convolutional Neural Networks", ICML 2016, arXiv:1612.02295, eqs. 4–6
 * and section 5.1 (λ)
 */
export function lSoftmaxLogits(
  features: Tensor,
  weights: Tensor,
  labels: Tensor<"i32">,
  options: LSoftmaxLogitsOptions = {},
): Tensor {
  return marginLogits("lSoftmaxLogits", features, weights, labels, options);
}

/** The same, for a caller that errors name. */
export function marginLogits(
  caller: string,
  features: Tensor,
  weights: Tensor,
  labels: Tensor<"i32">,
  options: LSoftmaxLogitsOptions,
): Tensor {
  const { margin = 4, annealing = 0 } = options;
  checkInputs(caller, features, weights, labels, { ...options, margin, annealing });
  const plain = features.matmul(transposeLast(weights)); // [batch, classes]
  if (margin === 1) return plain; // also for zeros, which have inner products

  const [x, w] = [polar(features), polar(gather(weights, labels))];
  const psi = angularMarginPsi(x.direction.mul(w.direction).sum(1, { keepDims: true }), { margin });
  const [kept, shrunk] = shares(annealing);
  const ofLabel = plain.mul(kept).add(x.length.mul(w.length).mul(psi).mul(shrunk));
  const isLabel = equal(expandDims(labels, 1), arange(weights.shape[0], labels));
  return where(isLabel, ofLabel, plain);
}

/** `λ / (1 + λ)` and `1 / (1 + λ)`. */
function shares(annealing: number | Tensor): readonly [number | Tensor, number | Tensor] {
  if (typeof annealing === "number") return [annealing / (1 + annealing), 1 / (1 + annealing)];
  const shrunk = stopGradient(annealing).add(1);
  return [stopGradient(annealing).div(shrunk), shrunk.mul(0).add(1).div(shrunk)];
}

/** Lengths `[n, 1]` (constant 0 of zeros) and directions `[n, d]` of rows, also where squares would overflow or vanish. */
function polar(rows: Tensor): { readonly length: Tensor; readonly direction: Tensor } {
  const largest = stopGradient(max(abs(rows), 1, { keepDims: true }));
  const isZero = equal(largest, 0);
  const unit = where(isZero, 1, largest);
  const scaled = rows.div(unit);
  const root = sqrt(where(isZero, 1, square(scaled).sum(1, { keepDims: true }))); // a root of 0 has an infinite slope
  return { length: where(isZero, 0, root.mul(unit)), direction: scaled.div(root) };
}

function checkInputs(
  caller: string,
  features: Tensor,
  weights: Tensor,
  labels: Tensor<"i32">,
  options: LSoftmaxLogitsOptions & Required<Pick<LSoftmaxLogitsOptions, "margin" | "annealing">>,
): void {
  const { margin, annealing, onWarning } = options;
  checkCount(caller, { margin }, 1);
  if ("bias" in options) {
    throw new TypeError(`${caller}: options has a bias but must have none; the margin is between directions`);
  }
  checkRank(caller, { features, weights }, 2);
  checkFloat(caller, { features });
  checkSameDType(caller, { features, weights });
  const [batch, width] = features.shape;
  if (width === 0) {
    throw new ShapeError(`${caller}: features has shape ${showShape(features.shape)} but must have a column`);
  }
  checkShape(caller, "weights", weights, [-1, width]);
  const [classes] = weights.shape;
  if (classes === 0) {
    throw new ShapeError(`${caller}: weights has shape ${showShape(weights.shape)} but must have a class`);
  }
  checkLabels(caller, labels, batch, classes, undefined);
  checkAnnealing(caller, annealing, features);
  for (const [name, rows] of Object.entries({ features, weights })) {
    const zero = zeroRow(caller, name, rows);
    if (zero === undefined || margin === 1) continue;
    if (onWarning === undefined) {
      throw new RangeError(
        `${caller}: ${name} is zero in row ${zero} but must have a direction there; with onWarning the margin's part is 0`,
      );
    }
    onWarning(
      `${caller}: ${name} is zero in row ${zero}, where the margin's part of the logit is 0, without a gradient`,
    );
  }
}

function checkAnnealing(caller: string, annealing: number | Tensor, features: Tensor): void {
  if (typeof annealing === "number") {
    checkAtLeast(caller, { annealing }, 0);
    return;
  }
  checkShape(caller, "annealing", annealing, []);
  checkSameDType(caller, { features, annealing });
  hostValues(annealing)?.forEach((value) => {
    checkAtLeast(caller, { annealing: value }, 0);
  });
}

/** The first row of zeros, of values on the host; throws if one is not finite. */
function zeroRow(caller: string, name: string, rows: Tensor): number | undefined {
  const values = hostValues(rows);
  if (values === undefined) return undefined;
  const [count, width] = rows.shape;
  const isZero = Array<boolean>(count).fill(true);
  values.forEach((value, i) => {
    const row = Math.floor(i / width);
    if (!Number.isFinite(value)) {
      throw new RangeError(`${caller}: ${name} is ${value} at [${row}, ${i % width}] but must be finite`);
    }
    if (value !== 0) isZero[row] = false;
  });
  const first = isZero.indexOf(true);
  return first === -1 ? undefined : first;
}
