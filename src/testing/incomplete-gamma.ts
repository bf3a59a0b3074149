import { lgamma } from "../backends/reference/special.js";

/**
 * Upper regularized incomplete gamma function: the chance that a Gamma(shape, 1) variable exceeds `x`.
 *
 *     Q(shape, x) = (1/Γ(shape)) ∫_x^∞ t^(shape−1) e^−t dt
 *
 * A power series of 1 − Q below x = shape + 1 and a continued fraction above: each converges fast on its side, and the
 * fraction keeps small tails accurate in relative terms. Chi-square with k degrees of freedom: Q(k/2, statistic/2).
 *
 * @param shape - a finite number > 0
 * @param x - a number ≥ 0
 * @returns Q, in [0, 1]; NaN outside those ranges
 * @source Abramowitz and Stegun, "Handbook of Mathematical Functions", 1964, 6.5.29 and 6.5.31 (the latter contracted)
 */
export function upperIncompleteGamma(shape: number, x: number): number {
  if (!(shape > 0 && shape < Infinity && x >= 0)) return Number.NaN;
  if (x === 0) return 1;
  if (x === Infinity) return 0;
  const factor = Math.exp(shape * Math.log(x) - x - lgamma(shape));
  return x < shape + 1 ? Math.max(0, 1 - factor * lowerSeries(shape, x)) : factor * upperFraction(shape, x);
}

/** Σ_n x^n / (shape (shape+1) ⋯ (shape+n)). */
function lowerSeries(shape: number, x: number): number {
  let term = 1 / shape;
  let sum = term;
  for (let n = 1; term > sum * 2 ** -54; n++) sum += term *= x / (shape + n);
  return sum;
}

/** 1/(x+1−s − 1·(1−s)/(x+3−s − 2·(2−s)/(x+5−s − …))), s = shape, from the front by Lentz's two ratios. */
function upperFraction(shape: number, x: number): number {
  let denominator = x + 1 - shape; // ≥ 2 here, so no ratio can vanish
  let below = 1 / denominator;
  let above = Infinity;
  let fraction = below;
  for (let n = 1; ; n++) {
    const numerator = -n * (n - shape);
    denominator += 2;
    below = 1 / (denominator + numerator * below);
    above = denominator + numerator / above;
    const ratio = above * below;
    fraction *= ratio;
    if (Math.abs(ratio - 1) <= 2 ** -50) return fraction; // rounding can keep the last two bits moving for ever
  }
}
