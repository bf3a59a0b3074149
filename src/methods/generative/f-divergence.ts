import { checkOneOf } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { log, maximum, sqrt, type Tensor } from "../../autodiff/index.js";

/** Convex functions of a density ratio r = p / q. */
export type FDivergenceName =
  | "reverseKl"
  | "forwardKl"
  | "jensenShannon"
  | "softenedReverseKl"
  | "squaredHellinger"
  | "jeffreys"
  | "neyman";

interface Divergence {
  readonly f: (r: Tensor) => Tensor;
  /** r² f''(r) */
  readonly exact: (r: Tensor) => Tensor;
  /** The same up to a constant factor. */
  readonly weight: (r: Tensor) => Tensor;
}

const one = (r: Tensor) => r.mul(0).add(1);
const teacherShare = (r: Tensor) => r.div(r.add(1)); // one less the student's would lose small ones
const studentShare = (r: Tensor) => one(r).div(r.add(1));
const entropy = (r: Tensor) => r.mul(log(r));
const mixed = (r: Tensor) => r.add(1).mul(log(r.add(1).mul(0.5)));

const divergences: Readonly<Record<FDivergenceName, Divergence>> = {
  reverseKl: { f: (r) => log(r).neg(), exact: one, weight: one },
  forwardKl: { f: entropy, exact: (r) => r, weight: (r) => r },
  jensenShannon: {
    f: (r) => entropy(r).sub(mixed(r)),
    exact: teacherShare,
    weight: teacherShare,
  },
  softenedReverseKl: {
    f: (r) => mixed(r).sub(r.add(1).mul(log(r))),
    exact: studentShare,
    weight: studentShare,
  },
  squaredHellinger: { f: (r) => sqrt(r).neg().add(1), exact: (r) => sqrt(r).div(4), weight: sqrt },
  jeffreys: { f: (r) => r.sub(1).mul(log(r)), exact: (r) => r.add(1), weight: (r) => r.add(1) },
  neyman: {
    f: (r) => one(r).div(r).sub(1),
    exact: (r) => one(r).div(r).mul(2),
    weight: (r) => one(r).div(maximum(r, 1e-8)),
  },
};

/**
 * The convex function f of an f-divergence, at density ratios.
 *
 *     D_f(p ‖ q) = E_q[f(p / q)]
 *
 *     reverseKl           −log r                              forwardKl            r log r
 *     jensenShannon       r log r − (r + 1) log((r + 1) / 2)   softenedReverseKl    (r + 1) log((r + 1) / 2r)
 *     squaredHellinger    1 − √r                              jeffreys             (r − 1) log r
 *     neyman              1 / r − 1
 *
 * Each is 0 at r = 1. Reach for it to measure what `fDistillLoss` minimizes, where both densities are known.
 *
 * @param ratio - any shape, p / q, finite and > 0
 * @param divergence - which
 * @returns that shape
 * @throws DTypeError if `ratio` is no float
 * @throws RangeError if a ratio on the host is not finite or not > 0
 * @throws TypeError if `divergence` is none of those listed
 * @source Xu, Nie and Vahdat, "One-step Diffusion Models with f-Divergence Distribution Matching", 2025, arXiv:2502.15681,
 * table 1; Csiszár, "Information-Type Measures of Difference of Probability Distributions", 1967
 */
export function fDivergence(ratio: Tensor, divergence: FDivergenceName): Tensor {
  checkDivergence("fDivergence", divergence);
  checkRatios("fDivergence", ratio);
  return divergences[divergence].f(ratio);
}

export interface FDivergenceWeightOptions {
  /** Keep constant factors: r² f''(r) itself. Default false, as published: √r for √r / 4 and 1 / r for 2 / r. */
  readonly exact?: boolean;
}

/**
 * What a difference of scores counts in the gradient of an f-divergence.
 *
 *     h(r) = r² f''(r)      ∇D_f(p ‖ q) = −E_q[h(p / q) (∇log p − ∇log q)ᵀ ∂x]
 *
 *     reverseKl 1      forwardKl r      jensenShannon r / (1 + r)      softenedReverseKl 1 / (1 + r)
 *     squaredHellinger √r      jeffreys 1 + r      neyman 1 / max(r, 1e-8)
 *
 * One that rises with r makes the student go where the teacher has mass; of these only Jensen–Shannon's is bounded, which
 * keeps the variance low. One that falls makes it choose a mode.
 *
 * Reach for it to weigh a gradient of your own; `normalizeFWeights` clips and normalizes.
 *
 * @param ratio - any shape, p / q, finite and > 0
 * @param divergence - which
 * @returns that shape, ≥ 0
 * @throws DTypeError if `ratio` is no float
 * @throws RangeError if a ratio on the host is not finite or not > 0
 * @throws TypeError if `divergence` is none of those listed
 * @source Xu, Nie and Vahdat, "One-step Diffusion Models with f-Divergence Distribution Matching", 2025, arXiv:2502.15681,
 * theorem 1, table 1
 */
export function fDivergenceWeight(
  ratio: Tensor,
  divergence: FDivergenceName,
  { exact = false }: FDivergenceWeightOptions = {},
): Tensor {
  checkDivergence("fDivergenceWeight", divergence);
  checkRatios("fDivergenceWeight", ratio);
  return weightOf(ratio, divergence, exact);
}

/** The same without checks. */
export function weightOf(ratio: Tensor, divergence: FDivergenceName, exact = false): Tensor {
  return divergences[divergence][exact ? "exact" : "weight"](ratio);
}

/** Throws unless the divergence is known. */
export function checkDivergence(caller: string, divergence: FDivergenceName): void {
  checkOneOf(caller, "divergence", divergence, Object.keys(divergences));
}

/** Throws unless ratios are floats, and positive and finite where on the host. */
export function checkRatios(caller: string, ratio: Tensor): void {
  checkFloat(caller, { ratio });
  hostValues(ratio)?.forEach((r, i) => {
    if (!(r > 0 && r < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`${caller}: ratio holds ${r} at ${i} but must hold finite numbers > 0`);
    }
  });
}
