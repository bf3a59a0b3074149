import { checkRank, ShapeError } from "../../autodiff/check.js";
import { stopGradient, type Tensor } from "../../autodiff/index.js";
import { checkBounds, clipRatios, type RatioBounds } from "./density-ratio.js";
import { checkDivergence, checkRatios, type FDivergenceName, weightOf } from "./f-divergence.js";
import { checkTimes, type RatioHistogram, relativeRatios, updateRatioHistogram } from "./ratio-histogram.js";

export interface NormalizeFWeightsOptions extends RatioBounds {
  /** Mean ratios by time so far, for the first stage; with `times`. Default: no first stage. */
  readonly histogram?: RatioHistogram;
  /** `[n]`: the noise level of each sample, as the histogram counts it. */
  readonly times?: Tensor;
}

export interface NormalizedWeights {
  /** `[n]`, constants with mean 1. */
  readonly weights: Tensor;
  /** With this batch, if there was one. */
  readonly histogram?: RatioHistogram;
}

/**
 * Weights of an f-divergence for a batch, from density ratios.
 *
 *     r ← clip(r, ratioLower, ratioUpper)
 *     r ← r / (mean ratio at its time + 1e-6)         with a histogram, which takes this batch in first
 *     h ← weight(r) / (mean of weight(r) + 1e-6)
 *
 * A factor common to all ratios at a time drops out, so a discriminator that is off by a constant does no harm. For
 * `reverseKl` nothing is done and every weight is 1.
 *
 * Reach for it before `fDistillLoss`.
 *
 * @param ratio - `[n]`, p / q, finite and > 0, n ≥ 1
 * @param divergence - which
 * @throws ShapeError if `ratio` has not one axis or no element, or `times` another shape
 * @throws DTypeError if `ratio` is no float, or the histogram or `times` is of another dtype
 * @throws RangeError if a ratio on the host is not finite or not > 0, or `ratioLower` is not below `ratioUpper`
 * @throws RangeError if a time on the host is outside the histogram
 * @throws TypeError if `divergence` is none of those listed, or only one of `histogram` and `times` is there
 * @source Xu, Nie and Vahdat, "One-step Diffusion Models with f-Divergence Distribution Matching", 2025, arXiv:2502.15681,
 * §3 (two-stage normalization)
 */
export function normalizeFWeights(
  ratio: Tensor,
  divergence: FDivergenceName,
  options: NormalizeFWeightsOptions = {},
): NormalizedWeights {
  const caller = "normalizeFWeights";
  const { histogram, times } = options;
  checkDivergence(caller, divergence);
  checkBounds(caller, options);
  checkRank(caller, { ratio }, 1);
  if (ratio.size === 0) throw new ShapeError(`${caller}: ratio has shape [0] but must have one for each sample`);
  checkRatios(caller, ratio);
  if ((histogram === undefined) !== (times === undefined)) {
    const missing = histogram === undefined ? "histogram" : "times";
    throw new TypeError(`${caller}: ${missing} is undefined but must be there; the first stage needs both`);
  }
  if (histogram !== undefined && times !== undefined) checkTimes(caller, histogram, ratio, times);
  const kept = histogram === undefined ? {} : { histogram };
  if (divergence === "reverseKl") return { weights: weightOf(stopGradient(ratio), divergence), ...kept };

  const clipped = clipRatios(ratio, options);
  if (histogram === undefined || times === undefined) return { weights: ofMeanOne(weightOf(clipped, divergence)) };
  const seen = updateRatioHistogram(histogram, clipped, times);
  return { weights: ofMeanOne(weightOf(relativeRatios(seen, clipped, times), divergence)), histogram: seen };
}

function ofMeanOne(weights: Tensor): Tensor {
  return weights.div(weights.mean().add(1e-6));
}
