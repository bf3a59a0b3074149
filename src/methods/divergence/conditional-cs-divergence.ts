import { checkOneOf, checkSameShape } from "../../autodiff/check.js";
import { logSumExp, type Tensor } from "../../autodiff/index.js";
import {
  type Bandwidth,
  checkBandwidths,
  checkBase,
  checkPaired,
  checkSamples,
  inBase,
  logGram,
} from "./gaussian-gram.js";

export interface ConditionalCsDivergenceOptions {
  /** Width of the kernel of inputs, > 0: a number or a tensor `[]`. Default 1, for standardized inputs. */
  readonly inputWidth?: Bandwidth;
  /** Width of the kernel that predictions and targets share, > 0: a number or a tensor `[]`. Default 1. */
  readonly outputWidth?: Bandwidth;
  /**
   * What the row of an input is divided by: the square of the sum of its kernel values, as follows from E[p(x, y)/p(x)²],
   * or the sum of their squares, as in the authors' program. Default `"squaredSum"`.
   */
  readonly normalization?: "squaredSum" | "sumOfSquares";
  /** Base of the logarithms, > 1. Default e. */
  readonly base?: number;
}

/**
 * Cauchy–Schwarz divergence between the conditional laws of predictions and of targets, given the same inputs.
 *
 *     estimate = log S(predictions, predictions) + log S(targets, targets) − 2·log S(predictions, targets)
 *     S(a, b) = Σ_j w_j Σ_i K_ji · k(a_j, b_i)      K = kernel of inputs
 *     w_j = 1 / (Σ_i K_ji)²      squaredSum         w_j = 1 / Σ_i K_ji²      sumOfSquares
 *
 * 0 where predictions are the targets, but not bounded below by 0: it is ≥ −log(max w / min w), hence ≥ 0 where all rows
 * weigh the same. Where all inputs agree it is `csDivergence(predictions, targets)`.
 *
 * Reach for it in place of a squared error where noise is skewed or has outliers: it assumes no law of the noise.
 *
 * @param predictions - `[n, k]`, n ≥ 2, finite
 * @param targets - `[n, k]`, finite
 * @param inputs - `[n, d]`, finite
 * @returns `[]`
 * @throws DTypeError if the tensors are not of one dtype, f32 or f64
 * @throws ShapeError if one is no matrix with two rows, predictions and targets differ, or inputs have other rows
 * @throws RangeError if a value on the host is not finite, a width is not above 0 or `base` not above 1
 * @throws TypeError if `normalization` is unknown
 * @source Yu, Yu, Løkse, Jenssen and Príncipe, "Cauchy-Schwarz Divergence Information Bottleneck for Regression", ICLR
 * 2024, arXiv:2404.17951, proposition 1 and the authors' program (`sumOfSquares`)
 */
export function conditionalCsDivergence(
  predictions: Tensor,
  targets: Tensor,
  inputs: Tensor,
  options: ConditionalCsDivergenceOptions = {},
): Tensor {
  return conditionalOf("conditionalCsDivergence", predictions, targets, inputs, options);
}

/** `conditionalCsDivergence`, in the name of who was called. */
export function conditionalOf(
  caller: string,
  predictions: Tensor,
  targets: Tensor,
  inputs: Tensor,
  { inputWidth = 1, outputWidth = 1, normalization = "squaredSum", base = Math.E }: ConditionalCsDivergenceOptions,
): Tensor {
  checkSamples(caller, { predictions, targets, inputs }, 2);
  checkSameShape(caller, { predictions, targets });
  checkPaired(caller, { predictions, inputs });
  checkBandwidths(caller, { inputWidth, outputWidth });
  checkOneOf(caller, "normalization", normalization, ["squaredSum", "sumOfSquares"]);
  checkBase(caller, base);
  const near = logGram(inputs, inputs, inputWidth);
  const logWeights =
    normalization === "squaredSum"
      ? logSumExp(near, 1, { keepDims: true }).mul(-2)
      : logSumExp(near.mul(2), 1, { keepDims: true }).neg();
  const weighted = near.add(logWeights);
  const total = (a: Tensor, b: Tensor) => logSumExp(weighted.add(logGram(a, b, outputWidth)));
  const own = total(predictions, predictions).add(total(targets, targets));
  return inBase(own.sub(total(predictions, targets).mul(2)), base);
}
