import { checkAtLeast, checkBetween, checkCount } from "../../autodiff/check.js";

export interface LSoftmaxAnnealOptions {
  /** Weight at the first step, λ₀, a finite number ≥ 0. Default 1000. */
  readonly initial?: number;
  /** How fast it falls, γ, a finite number ≥ 0. Default 0.1. */
  readonly rate?: number;
  /** Power p, a finite number ≥ 0. Default 1. */
  readonly power?: number;
  /** What it never falls below, in [0, initial]; 5 or 10 where training with margin 3 or 4 does not settle. Default 0. */
  readonly minimum?: number;
}

/**
 * The weight of the plain logit in large-margin softmax, falling from step to step, so that training starts as with
 * ordinary softmax.
 *
 *     λ_t = max(minimum, initial · (1 + rate · t)^−power)
 *
 * Reach for it when the margin keeps training from starting, as it does from 3 on. The smaller the minimum, the more of
 * the margin is left in the end: at 5 it is a sixth.
 *
 * @param step - number of steps done, t, a whole number ≥ 0
 * @returns the `annealing` that `largeMarginSoftmaxLoss` takes
 * @throws RangeError if `step` is not a whole number ≥ 0
 * @throws RangeError if `initial`, `rate` or `power` is not a finite number ≥ 0, or `minimum` not in [0, initial]
 * @source Liu et al., "Large-Margin Softmax Loss for Convolutional Neural Networks", ICML 2016, arXiv:1612.02295,
 * section 5.1; the rule is that of the authors' code
 */
export function lSoftmaxAnneal(step: number, options: LSoftmaxAnnealOptions = {}): number {
  const { initial = 1000, rate = 0.1, power = 1, minimum = 0 } = options;
  checkCount("lSoftmaxAnneal", { step }, 0);
  checkAtLeast("lSoftmaxAnneal", { initial, rate, power }, 0);
  checkBetween("lSoftmaxAnneal", { minimum }, 0, initial);
  return Math.max(minimum, initial * (1 + rate * step) ** -power);
}
