import { checkAbove, checkShape } from "../../autodiff/check.js";
import { checkSameDType } from "../../autodiff/dtype.js";
import {
  argmax,
  exp,
  expandDims,
  gather,
  greater,
  log,
  logSoftmax,
  softmax,
  square,
  stopGradient,
  type Tensor,
  where,
} from "../../autodiff/index.js";
import { fromValues } from "../../autodiff/ops/create.js";
import { checkFinite } from "../check-finite.js";
import { checkClassIds } from "../class-ids.js";
import { updateMemoryBank } from "../metric/memory-bank.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { checkLdr, checkNormalizedLogits, ldrMargins, robustLosses } from "./ldr-kl-loss.js";
import { type LogitNormalization, normalizedLogits } from "./normalize-logits-mean.js";

export interface AldrOptions {
  /** λ₀, the temperature of an example that is sure of nothing, a finite number > 0. Default 10. */
  readonly reference?: number;
  /** α, how dear a lower temperature is, a finite number > 1; as it grows the loss becomes `ldrKlLoss` at λ₀. Default 2. */
  readonly alpha?: number;
  /** What `normalizeLogitsMean` does to the logits first. Default `"softplus"`. */
  readonly normalization?: LogitNormalization | "none";
}

export interface AldrTemperatureOptions extends AldrOptions {
  /** c, by which the label's logit is to lead, a finite number ≥ 0. Default 0.1. */
  readonly margin?: number;
}

export interface AldrKlLossOptions extends AldrTemperatureOptions {
  /** Default `"none"`, a loss for each example. */
  readonly reduction?: Reduction;
}

/**
 * The adaptive label-distributionally robust loss: `ldrKlLoss` at a temperature of each example's own.
 *
 *     ℓ = ℓ_λ(f, y) − (a / 2)(λ − λ₀)²      a = α log K / λ₀
 *
 * where ℓ_λ is `ldrKlLoss` at temperature λ. Temperatures are constants; where they are `aldrTemperature`'s, the maximum
 * over λ, that changes nothing: by the envelope theorem `∂ℓ/∂f = p_λ − e_y`.
 *
 * Reach for it when labels may be wrong and nobody knows how many: an example that the model is unsure of keeps a high
 * temperature, which is robust, and one that it is sure of gets a lower one, which learns. Training keeps a temperature
 * for each example by `updateAldrTemperatures`.
 *
 * @param logits - `[batch, classes]`, finite
 * @param labels - `[batch]`, each in [0, classes)
 * @param temperatures - `[batch]`, λ of each example, > 0
 * @returns `[batch]` loss of each example, or a scalar under a reduction. Values that a device holds are not checked: a
 * label that is no class gives NaN there
 * @throws ShapeError if `logits` has not two axes or no class, or `labels` or `temperatures` does not fit it
 * @throws DTypeError if `logits` is no float, `temperatures` of another dtype, or `labels` not i32
 * @throws RangeError if a logit or a temperature on the host is not finite, or a label no class
 * @throws RangeError if `reference` is not above 0, `alpha` not above 1, `margin` negative, or one of them not finite
 * @throws TypeError if `normalization` or `reduction` is none of those listed
 * @claim It learns from noisy labels as well as `ldrKlLoss` at the same λ₀: with 0, 40 and 60 % of the labels of ten classes
 * of two Gaussian modes wrong, a perceptron reaches 92.0, 84.4 and 71.3 % on clean test points, with cross-entropy 91.4,
 * 54.6 and 41.4 % (means of three seeds).
 * @question My data are cut off or corrupted
 * @source Zhu, Ying and Yang, "Label Distributionally Robust Losses for Multi-class Classification: Consistency,
 * Robustness and Adaptivity", ICML 2023, arXiv:2112.14869, eq. 9
 */
export function aldrKlLoss(
  logits: Tensor,
  labels: Tensor<"i32">,
  temperatures: Tensor,
  options: AldrKlLossOptions = {},
): Tensor {
  const { reference = 10, alpha = 2, margin = 0.1, normalization = "softplus", reduction = "none" } = options;
  checkReduction("aldrKlLoss", reduction);
  checkAldr("aldrKlLoss", reference, alpha);
  checkLdr("aldrKlLoss", logits, labels, margin, normalization);
  checkShape("aldrKlLoss", "temperatures", temperatures, [logits.shape[0]]);
  checkSameDType("aldrKlLoss", { logits, temperatures });
  checkFinite("aldrKlLoss", { temperatures });
  const margins = ldrMargins(logits, labels, margin, normalization);
  return reduceLosses(objective(margins, stopGradient(temperatures), reference, alpha), reduction);
}

function checkAldr(caller: string, reference: number, alpha: number): void {
  checkAbove(caller, { reference }, 0);
  checkAbove(caller, { alpha }, 1);
}

/** `ℓ_λ − (a / 2)(λ − λ₀)²` at a temperature for each row of margins `[..., classes]`. */
function objective(margins: Tensor, temperatures: Tensor, reference: number, alpha: number): Tensor {
  const price = (alpha * Math.log(margins.shape[margins.shape.length - 1])) / reference;
  return robustLosses(margins, temperatures).sub(square(temperatures.sub(reference)).mul(price / 2));
}

/** `λ₀ [1 − KL(p ‖ 1/K) / (α log K)]` along the last axis: the fixed point's right side. */
function nextTemperature(logShares: Tensor, reference: number, alpha: number): Tensor {
  const classes = logShares.shape[logShares.shape.length - 1];
  if (classes === 1) return logShares.sum(-1).mul(0).add(reference); // log K is 0
  const divergence = exp(logShares).mul(logShares).sum(-1).add(Math.log(classes));
  return divergence.mul(-reference / (alpha * Math.log(classes))).add(reference);
}

/** Temperatures at which the best one is looked for first: their neighbours then enclose a maximum. */
const GRID = 65;
/** Halvings of what is left then, to the last digit of a double. */
const HALVINGS = 46;

/**
 * The temperature at which the adaptive loss is largest, for each example.
 *
 *     λ* = argmax_λ ℓ_λ(f, y) − (a / 2)(λ − λ₀)²      λ* = λ₀ [1 − KL(p_λ* ‖ 1/K) / (α log K)]      λ₀ (1 − 1/α) ≤ λ* ≤ λ₀
 *
 * The objective may have two maxima; it is the higher one, found on a grid and then by bisection of the slope. Reach for
 * it to see what temperatures tend to, or for a loss without state: it costs 65 losses of the batch, where
 * `updateAldrTemperatures` costs one.
 *
 * @param logits - `[batch, classes]`, finite
 * @param labels - `[batch]`, each in [0, classes)
 * @returns `[batch]`, detached; λ₀ where there is one class only
 * @throws ShapeError if `logits` has not two axes or no class, or `labels` does not fit it
 * @throws DTypeError if `logits` is no float, or `labels` not i32
 * @throws RangeError if a logit on the host is not finite, or a label no class
 * @throws RangeError if `reference` is not above 0, `alpha` not above 1, `margin` negative, or one of them not finite
 * @throws TypeError if `normalization` is none of those listed
 * @source Zhu, Ying and Yang, "Label Distributionally Robust Losses for Multi-class Classification", ICML 2023,
 * arXiv:2112.14869, §4; the search is ours
 */
export function aldrTemperature(
  logits: Tensor,
  labels: Tensor<"i32">,
  { reference = 10, alpha = 2, margin = 0.1, normalization = "softplus" }: AldrTemperatureOptions = {},
): Tensor {
  checkAldr("aldrTemperature", reference, alpha);
  checkLdr("aldrTemperature", logits, labels, margin, normalization);
  const margins = stopGradient(ldrMargins(logits, labels, margin, normalization));
  if (margins.shape[1] === 1) return margins.sum(1).add(reference); // the label's own margin is 0
  const least = reference * (1 - 1 / alpha);
  const cell = (reference - least) / (GRID - 1);
  const { backend, dtype } = margins;
  const grid = fromValues(
    Float64Array.from({ length: GRID }, (_, i) => least + i * cell),
    { backend, dtype },
  ) as Tensor;
  const best = gather(grid, argmax(objective(expandDims(margins, 1), grid, reference, alpha), 1)); // [batch]
  let low = where(greater(best, least + cell / 2), best.sub(cell), least);
  let high = where(greater(best, reference - cell / 2), reference, best.add(cell));
  for (let i = 0; i < HALVINGS; i++) {
    const middle = low.add(high).div(2);
    const logShares = logSoftmax(margins.div(expandDims(middle, 1)), 1);
    const rises = greater(nextTemperature(logShares, reference, alpha), middle);
    low = where(rises, middle, low);
    high = where(rises, high, middle);
  }
  return low.add(high).div(2);
}

/**
 * The temperatures of all examples after one step of their fixed point for those of a batch: what training does.
 *
 *     p = (softmax(f / λ_i) + 1e-5) / (1 + K · 1e-5)      λ_i ← λ₀ [1 − KL(p ‖ 1/K) / (α log K)]
 *
 * The margin is left out, as in the authors' code. The new values lie in [λ₀ (1 − 1/α), λ₀]. Reach for it before
 * `aldrKlLoss`: `aldrKlLoss(logits, labels, gather(next, ids))`.
 *
 * @param state - `[examples]`, λ by example; λ₀ at the start
 * @param ids - `[batch]`, which example each row is of, in [0, examples); of several rows for one example the last counts
 * @param logits - `[batch, classes]`, finite
 * @returns `[examples]`, detached
 * @throws ShapeError if `logits` has not two axes or no class, `state` not one, or `ids` does not fit
 * @throws DTypeError if `logits` is no float, `state` of another dtype, or `ids` not i32
 * @throws RangeError if a logit or a temperature on the host is not finite, or an id no example
 * @throws RangeError if `reference` is not above 0, `alpha` not above 1, or one of them not finite
 * @throws TypeError if `normalization` is none of those listed
 * @source Zhu, Ying and Yang, "Label Distributionally Robust Losses for Multi-class Classification", ICML 2023,
 * arXiv:2112.14869, §4 and its code
 */
export function updateAldrTemperatures(
  state: Tensor,
  ids: Tensor<"i32">,
  logits: Tensor,
  { reference = 10, alpha = 2, normalization = "softplus" }: AldrOptions = {},
): Tensor {
  const caller = "updateAldrTemperatures";
  checkAldr(caller, reference, alpha);
  checkNormalizedLogits(caller, logits, normalization);
  checkShape(caller, "state", state, [-1]);
  checkShape(caller, "ids", ids, [logits.shape[0]]);
  checkClassIds(caller, { ids }, state.shape[0]);
  checkSameDType(caller, { logits, state });
  checkFinite(caller, { state });
  const classes = logits.shape[1];
  const scaled = normalizedLogits(logits, normalization).div(expandDims(gather(state, ids), 1));
  const shares = softmax(scaled, 1)
    .add(1e-5)
    .div(1 + classes * 1e-5);
  return updateMemoryBank(state, ids, nextTemperature(log(shares), reference, alpha));
}
