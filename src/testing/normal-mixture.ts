import { checkAbove, checkAtLeast, checkBetween } from "../autodiff/check.js";

export interface NormalMixtureOptions {
  /** Chance that the sum ever leaves the boundary, in (0, 1). Default 1e-9. */
  readonly alpha?: number;
  /** Intrinsic time at which the boundary is to be tightest, > 0. */
  readonly tightestAt: number;
}

/**
 * A curve that the absolute value of a sub-Gaussian sum never crosses, at any time, with probability 1 − α.
 *
 *     boundary(V) = sqrt((V + ρ) (log(1 + V/ρ) + 2 log(1/α)))
 *     ρ = tightestAt / (2 log(1/α) + log(1 + 2 log(1/α)))
 *
 * The sum S_t needs E[exp(λ S_t − λ² V_t / 2)] to be a supermartingale for every λ: n centred draws from an interval of
 * length w have V = n w²/4, Gaussian ones V = n σ². Reach for it when the variance is known and draws have no bounds.
 *
 * @param intrinsicTime - V, in squared units of the sum, ≥ 0
 * @returns the boundary, in units of the sum
 * @throws RangeError if `intrinsicTime` is negative or not finite
 * @throws RangeError if `alpha` is outside (0, 1)
 * @throws RangeError if `tightestAt` is not a finite number > 0
 * @source Howard, Ramdas, McAuliffe and Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences",
 *   Annals of Statistics 2021, arXiv:1810.08240, the two-sided normal mixture (ρ: their closed-form approximation)
 */
export function normalMixtureBoundary(intrinsicTime: number, options: NormalMixtureOptions): number {
  const { alpha = 1e-9, tightestAt } = options;
  checkAtLeast("normalMixtureBoundary", { intrinsicTime }, 0);
  checkBetween("normalMixtureBoundary", { alpha }, 0, 1, { openBelow: true, openAbove: true });
  checkAbove("normalMixtureBoundary", { tightestAt }, 0);
  const level = -2 * Math.log(alpha);
  const rho = tightestAt / (level + Math.log1p(level));
  return Math.sqrt((intrinsicTime + rho) * (Math.log1p(intrinsicTime / rho) + level));
}
