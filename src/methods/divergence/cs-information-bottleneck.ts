import { checkAtLeast } from "../../autodiff/check.js";
import type { Tensor } from "../../autodiff/index.js";
import { type ConditionalCsDivergenceOptions, conditionalOf } from "./conditional-cs-divergence.js";
import { normalizedOf } from "./cs-mutual-information.js";
import type { Bandwidth } from "./gaussian-gram.js";

export interface CsInformationBottleneckLossOptions extends ConditionalCsDivergenceOptions {
  /** How much compression counts, a finite number ≥ 0. Default 0.01. */
  readonly beta?: number;
  /** Width of the kernel of codes, > 0: a number or a tensor `[]`. Default 1. */
  readonly codeWidth?: Bandwidth;
}

/**
 * The information bottleneck for regression, with Cauchy–Schwarz divergences in place of Kullback–Leibler's.
 *
 *     loss = conditionalCsDivergence(predictions, targets, inputs) + beta · Ĩ(inputs; codes)
 *     codes = encoder(inputs)      predictions = decoder(codes)
 *
 * There is no variational bound, and no law of the noise is assumed. Standardize inputs and targets, or give widths such
 * as `medianBandwidth`.
 *
 * Reach for it to train a regressor whose representation keeps no more of the input than it needs.
 *
 * @claim The paper trades information about the input for a like error as β grows. On y = sin 2x₁ with exponential noise
 * (1024 examples of 8 inputs, encoder 8-32-4, decoder 4-32-1, 60 epochs, two seeds) Ĩ(x; t) of held-out data is 0.43,
 * 0.39, 0.37, 0.15 at β = 0, 0.01, 0.1, 1, and the error 0.50 of a standard deviation throughout. It depends on the start:
 * with weights √3 and √6 times as large, Ĩ falls from 0.53 and 0.57 to 0.31 only in as many epochs.
 * @question I learn embeddings; My data are cut off or corrupted
 * @param predictions - `[n, k]`, n ≥ 2, finite
 * @param targets - `[n, k]`, finite
 * @param inputs - `[n, d]`, finite
 * @param codes - `[n, c]`, finite
 * @returns `[]`; it may be a little below 0, as the conditional divergence may
 * @throws DTypeError if the tensors are not of one dtype, f32 or f64
 * @throws ShapeError if one is no matrix with two rows, or they do not fit each other
 * @throws RangeError if a value on the host is not finite, a width is not above 0, `base` not above 1 or `beta` below 0
 * @throws TypeError if `normalization` is unknown
 * @source Yu, Yu, Løkse, Jenssen and Príncipe, "Cauchy-Schwarz Divergence Information Bottleneck for Regression", ICLR
 * 2024, arXiv:2404.17951, eq. 14
 */
export function csInformationBottleneckLoss(
  predictions: Tensor,
  targets: Tensor,
  inputs: Tensor,
  codes: Tensor,
  { beta = 0.01, codeWidth = 1, ...options }: CsInformationBottleneckLossOptions = {},
): Tensor {
  const caller = "csInformationBottleneckLoss";
  checkAtLeast(caller, { beta }, 0);
  const prediction = conditionalOf(caller, predictions, targets, inputs, options);
  const { inputWidth = 1 } = options;
  const compression = normalizedOf(caller, inputs, codes, { inputWidth, codeWidth }, ["inputs", "codes"]);
  return prediction.add(compression.mul(beta));
}
