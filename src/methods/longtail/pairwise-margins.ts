import { checkAtLeast, checkBetween } from "../../autodiff/check.js";
import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import {
  broadcastTo,
  checkShape,
  exp,
  expandDims,
  eye,
  greaterEqual,
  log,
  min,
  stopGradient,
  type Tensor,
  where,
  zeros,
} from "../../autodiff/index.js";
import { checkPriors, checkStrength, flooredPriors, logPriors, type StrengthOptions } from "./log-priors.js";

/**
 * Margins of the logit-adjusted loss, which `logitAdjustedCrossEntropy` computes without a matrix.
 *
 *     Δ_yc = τ log(π_c / π_y)
 *
 * Reach for it to set the logit-adjusted loss beside others in `pairwiseMarginSoftmaxLoss`.
 *
 * @param priors - `[C]`, from `classPriors`; below 1e-12 they count as 1e-12
 * @returns `margins` `[C, C]`
 * @throws ShapeError if priors has not one axis or no class
 * @throws DTypeError if priors is no float
 * @throws RangeError if a prior on the host is not in [0, 1], or they do not sum to 1 within 1e-4
 * @throws RangeError if strength is not finite, or negative without allowNegative
 * @source Menon et al., "Long-tail Learning via Logit Adjustment", ICLR 2021, arXiv:2007.07314, section 4.2
 */
export function logitAdjustedMargins(priors: Tensor, options: StrengthOptions = {}): { readonly margins: Tensor } {
  checkStrength("logitAdjustedMargins", options);
  check("logitAdjustedMargins", priors);
  return { margins: differences(logPriors(priors).mul(options.strength ?? 1)) };
}

export interface LdamMarginsOptions {
  /** Factor s of the margins, a finite number ≥ 0. Default `0.5 · (min π)^¼`, so that the largest margin is 0.5. */
  readonly scale?: number;
}

/**
 * Label-distribution-aware margins: the rarer the label, the further it must stand above all others.
 *
 *     Δ_yc = s · π_y^(−¼)      c ≠ y
 *
 * Reach for it when rare classes are learnt by heart and generalize badly. It is not consistent for the balanced error.
 *
 * @param priors - `[C]`, from `classPriors`; below 1e-12 they count as 1e-12
 * @returns `margins` `[C, C]`
 * @throws ShapeError if priors has not one axis or no class
 * @throws DTypeError if priors is no float
 * @throws RangeError if a prior on the host is not in [0, 1], or they do not sum to 1 within 1e-4
 * @throws RangeError if scale is not a finite number ≥ 0
 * @source Cao et al., "Learning Imbalanced Datasets with Label-Distribution-Aware Margin Loss", NeurIPS 2019,
 * arXiv:1906.07413, eq. 13; in the form of Menon et al., ICLR 2021, arXiv:2007.07314, section 4.2
 */
export function ldamMargins(priors: Tensor, { scale }: LdamMarginsOptions = {}): { readonly margins: Tensor } {
  if (scale !== undefined) checkAtLeast("ldamMargins", { scale }, 0);
  check("ldamMargins", priors);
  const logs = logPriors(priors);
  // Relative to the rarest: its fourth root could be computed, but a ratio cannot overflow.
  const margin = scale === undefined ? exp(logs.sub(min(logs)).mul(-0.25)).mul(0.5) : exp(logs.mul(-0.25)).mul(scale);
  return { margins: offDiagonal(expandDims(margin, 1), priors.size) };
}

export interface EqualizedMarginsOptions {
  /** Power τ of the default `F(π) = π^τ`, a finite number ≥ 0. Default 1. */
  readonly strength?: number;
  /** Instead of a power, 0 or 1: classes with a prior below this are left out unless they are the label; in [0, 1]. */
  readonly threshold?: number;
  /** Instead of a power, any increasing function F ≥ 0 of the priors `[C]`. */
  readonly of?: (priors: Tensor) => Tensor;
}

/**
 * Equalised margins: the rarer a class, the less it is pushed down as a negative.
 *
 *     Δ_yc = log F(π_c)      c ≠ y
 *
 * Reach for it when what harms rare classes is being the negative of every frequent example. It is not consistent for
 * the balanced error.
 *
 * @param priors - `[C]`, from `classPriors`; below 1e-12 they count as 1e-12
 * @returns `margins` `[C, C]`, −∞ where F is 0
 * @throws ShapeError if priors has not one axis or no class, or what `of` returns another shape
 * @throws DTypeError if priors is no float, or what `of` returns of another dtype
 * @throws RangeError if a prior on the host is not in [0, 1], or they do not sum to 1 within 1e-4
 * @throws RangeError if strength is not a finite number ≥ 0, or threshold is not in [0, 1]
 * @throws TypeError if more than one of strength, threshold and of is given
 * @source Tan et al., "Equalization Loss for Long-Tailed Object Recognition", CVPR 2020, arXiv:2003.05176, eq. 5; in the
 * form of Menon et al., ICLR 2021, arXiv:2007.07314, section 4.2
 */
export function equalizedMargins(priors: Tensor, options: EqualizedMarginsOptions = {}): { readonly margins: Tensor } {
  const { strength = 1, threshold, of } = options;
  const given = Object.keys(options);
  if (given.length > 1) {
    throw new TypeError(
      `equalizedMargins: ${given.join(" and ")} are given but must be one of strength, threshold and of; each says what F is`,
    );
  }
  checkAtLeast("equalizedMargins", { strength }, 0);
  if (threshold !== undefined) checkBetween("equalizedMargins", { threshold }, 0, 1);
  check("equalizedMargins", priors);
  const floored = flooredPriors(priors);
  let margin = log(floored).mul(strength);
  if (threshold !== undefined) {
    margin = where(
      greaterEqual(stopGradient(priors), threshold),
      zeros(priors.shape, priors),
      Number.NEGATIVE_INFINITY,
    );
  } else if (of !== undefined) {
    const chosen = of(floored);
    checkShape("equalizedMargins", "what of returns", chosen, priors.shape);
    checkSameDType("equalizedMargins", { priors, "what of returns": chosen });
    margin = log(stopGradient(chosen));
  }
  return { margins: offDiagonal(margin, priors.size) };
}

/**
 * The family of losses whose minimizer has the least balanced error, a member for each positive δ.
 *
 *     α_y = δ_y / π_y      Δ_yc = log(δ_c / δ_y)
 *
 * With δ = π it is the logit-adjusted loss; with δ = 1 each example is weighted by one over its class's prior. All have
 * the minimizer `f_c = log p(c | x) − log π_c` up to a constant. Reach for it to trade margins against weights without
 * giving up consistency.
 *
 * @param priors - `[C]`, from `classPriors`; below 1e-12 they count as 1e-12
 * @param delta - `[C]`, δ, each > 0
 * @returns `margins` `[C, C]` and `weights` `[C]`
 * @throws ShapeError if priors has not one axis or no class, or delta does not fit it
 * @throws DTypeError if priors is no float, or delta is of another dtype
 * @throws RangeError if a prior on the host is not in [0, 1], or they do not sum to 1 within 1e-4
 * @throws RangeError if a value of delta on the host is not a finite number > 0
 * @source Menon et al., "Long-tail Learning via Logit Adjustment", ICLR 2021, arXiv:2007.07314, theorem 1
 */
export function consistentMargins(
  priors: Tensor,
  delta: Tensor,
): { readonly margins: Tensor; readonly weights: Tensor } {
  check("consistentMargins", priors);
  checkShape("consistentMargins", "delta", delta, priors.shape);
  checkSameDType("consistentMargins", { priors, delta });
  hostValues(delta)?.forEach((value, c) => {
    if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`consistentMargins: delta is ${value} at [${c}] but must be a finite number > 0`);
    }
  });
  const fixed = stopGradient(delta);
  return { margins: differences(log(fixed)), weights: fixed.div(flooredPriors(priors)) };
}

function check(caller: string, priors: Tensor): void {
  checkFloat(caller, { priors });
  checkPriors(caller, priors);
}

/** `x_c − x_y` at [y, c]. */
function differences(x: Tensor): Tensor {
  return expandDims(x, 0).sub(expandDims(x, 1));
}

/** Margins with 0 in place of their diagonal. */
function offDiagonal(margins: Tensor, classes: number): Tensor {
  const isLabel = eye(classes, { backend: margins.backend, dtype: "bool" });
  return where(isLabel, 0, broadcastTo(margins, [classes, classes]));
}
