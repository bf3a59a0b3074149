import quantile from "@stdlib/stats-base-dists-t-quantile";

/** A mean over seeds, and how far off it may be. */
export interface Estimate {
  readonly mean: number;
  /** Half the width of Student's 95 % interval; undefined with fewer than two values. */
  readonly margin?: number;
}

/**
 * The mean of independent values with its 95 % interval, `mean ± t(0.975, n − 1) · s / √n`.
 *
 * @source Student, "The Probable Error of a Mean", Biometrika 1908
 */
export function estimate(values: readonly number[]): Estimate {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { mean };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return { mean, margin: quantile(0.975, n - 1) * Math.sqrt(variance / n) };
}

/** `0.294 ± 0.003`; `–` of nothing. */
export function showEstimate(values: readonly number[], digits = 3): string {
  if (values.length === 0) return "–";
  const { mean, margin } = estimate(values);
  return margin === undefined ? mean.toFixed(digits) : `${mean.toFixed(digits)} ± ${margin.toFixed(digits)}`;
}
