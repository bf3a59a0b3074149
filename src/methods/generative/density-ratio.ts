import { checkAtLeast, ShapeError, showShape } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import { clamp, exp, stopGradient, type Tensor } from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";

export interface RatioBounds {
  /** The least ratio, a finite number ≥ 0. Default 0.1. */
  readonly ratioLower?: number;
  /** The largest, above the least; may be ∞. Default 20. */
  readonly ratioUpper?: number;
}

/**
 * Density ratios p / q, from what a discriminator of real from fake says.
 *
 *     r = clip(exp(clip(mean of the patches' logits, −10, 10)), ratioLower, ratioUpper)
 *
 * A discriminator that minimizes the logistic loss has the logarithm of the ratio for its logit. Constants: no gradient
 * goes through.
 *
 * Reach for it where the student's density is not known.
 *
 * @param logits - `[n, ...]`, of samples, the mean of further axes is taken
 * @returns `[n]`
 * @throws ShapeError if `logits` has no axis, or no element
 * @throws DTypeError if `logits` are no floats
 * @throws RangeError if a logit on the host is not finite, or `ratioLower` is not below `ratioUpper`
 * @source Xu, Nie and Vahdat, "One-step Diffusion Models with f-Divergence Distribution Matching", 2025, arXiv:2502.15681,
 * §3; Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014, arXiv:1406.2661, proposition 1
 */
export function densityRatioFromLogits(logits: Tensor, bounds: RatioBounds = {}): Tensor {
  const caller = "densityRatioFromLogits";
  checkBounds(caller, bounds);
  checkFloat(caller, { logits });
  checkFinite(caller, { logits });
  return ratiosOf(caller, logits, bounds);
}

/** The same, but for the check of values. */
export function ratiosOf(caller: string, logits: Tensor, bounds: RatioBounds): Tensor {
  const { shape } = logits;
  if (shape.length === 0 || logits.size === 0) {
    throw new ShapeError(`${caller}: logits has shape ${showShape(shape)} but must have one for each sample`);
  }
  const patches = logits.reshape([shape[0], logits.size / shape[0]]).mean(1);
  return clipRatios(exp(clamp(stopGradient(patches), -10, 10)), bounds);
}

/** Ratios within their bounds, constants. */
export function clipRatios(ratio: Tensor, { ratioLower = 0.1, ratioUpper = 20 }: RatioBounds): Tensor {
  return clamp(stopGradient(ratio), ratioLower, ratioUpper);
}

/** Throws unless the lower bound is one, and below the upper. */
export function checkBounds(caller: string, { ratioLower = 0.1, ratioUpper = 20 }: RatioBounds): void {
  checkAtLeast(caller, { ratioLower }, 0);
  if (!(ratioUpper > ratioLower)) {
    throw new RangeError(`${caller}: ratioUpper is ${ratioUpper} but must be above ratioLower, ${ratioLower}`);
  }
}
