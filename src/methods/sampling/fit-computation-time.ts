import { checkAbove } from "../../autodiff/check.js";
import type { ComputationTime } from "./computation-time-model.js";

/** How long a product of `[rows, d]` and `[d, columns]` took. */
export interface TimedProduct {
  readonly columns: number;
  readonly rows: number;
  readonly seconds: number;
}

/** A fitted time model. */
export interface FittedComputationTime extends ComputationTime {
  /** Root of the mean square of relative errors. */
  readonly error: number;
}

/**
 * Fits the time model to measured times, by least squares of relative errors.
 *
 *     Σ ((g(k, B) − seconds) / seconds)² → min      g(k, B) = c + λ max(k_0 B_0, k B)      c, λ, k_0 B_0 ≥ 0
 *
 * The least of all is found, not a local one: between two measured sizes the problem is a quadratic one in the time of
 * small products, c and λ. Reach for it, with `measureProducts`, to choose cutoffs for a machine. Where all products are
 * alike in time, or fewer than two differ in size beyond the threshold, more than one model fits as well; the predictions
 * at the measured sizes are then still the best.
 *
 * @param samples - at least one; products of different sizes, from very small to large
 * @throws RangeError if there is no sample, or one has columns, rows or seconds that are not finite and above 0
 * @source Grave et al., "Efficient Softmax Approximation for GPUs", ICML 2017, arXiv:1609.04309, section 3, which fits by
 * eye
 */
export function fitComputationTime(samples: readonly TimedProduct[]): FittedComputationTime {
  if (samples.length === 0) throw new RangeError("fitComputationTime: samples is empty but must hold a timed product");
  const points = samples.map(({ columns, rows, seconds }, i) => {
    const prefix = `samples[${i}]`;
    checkAbove("fitComputationTime", { [`${prefix}.columns`]: columns, [`${prefix}.rows`]: rows }, 0);
    checkAbove("fitComputationTime", { [`${prefix}.seconds`]: seconds }, 0);
    return { size: columns * rows, seconds };
  });
  const sizes = [...new Set(points.map(({ size }) => size))].sort((a, b) => a - b);
  const candidates: ComputationTime[] = [];
  for (const threshold of [0, ...sizes]) candidates.push(...linearFits(points, threshold));
  for (let i = 0; i + 1 < sizes.length; i++) {
    candidates.push(...bentFits(points, sizes[i]).filter(({ threshold: t }) => t > sizes[i] && t < sizes[i + 1]));
  }
  let best: FittedComputationTime | undefined;
  for (const candidate of candidates) {
    const error = Math.sqrt(meanSquare(points, candidate));
    if (best === undefined || error < best.error) best = { ...candidate, error };
  }
  return best!;
}

interface Point {
  readonly size: number;
  readonly seconds: number;
}

function meanSquare(points: readonly Point[], { overhead, perEntry, threshold }: ComputationTime): number {
  let sum = 0;
  for (const { size, seconds } of points) {
    sum += ((overhead + perEntry * Math.max(threshold, size)) / seconds - 1) ** 2;
  }
  return sum / points.length;
}

/** The best models with this threshold: with c and λ free, with either of them 0. */
function linearFits(points: readonly Point[], threshold: number): ComputationTime[] {
  const inputs = points.map(({ size }) => Math.max(threshold, size));
  const { free, proportional, constant } = regression(points, inputs);
  return [free, proportional, constant]
    .filter(([overhead, perEntry]) => overhead >= 0 && perEntry >= 0 && Number.isFinite(overhead + perEntry))
    .map(([overhead, perEntry]) => ({ overhead, perEntry, threshold }));
}

/** The best models whose threshold is free: products up to a size take a time of their own, the others a linear one. */
function bentFits(points: readonly Point[], upTo: number): ComputationTime[] {
  const small = points.filter(({ size }) => size <= upTo);
  const large = points.filter(({ size }) => size > upTo);
  const level = regression(
    small,
    small.map(() => 0),
  ).constant[0];
  const { free, proportional } = regression(
    large,
    large.map(({ size }) => size),
  );
  return [free, proportional]
    .filter(([overhead, perEntry]) => overhead >= 0 && perEntry > 0 && Number.isFinite(overhead + perEntry))
    .map(([overhead, perEntry]) => ({ overhead, perEntry, threshold: (level - overhead) / perEntry }));
}

type Line = readonly [overhead: number, perEntry: number];

/** Lines through the points, each weighted by one over its time squared: any line, one through 0, a level one. */
function regression(
  points: readonly Point[],
  inputs: readonly number[],
): { readonly free: Line; readonly proportional: Line; readonly constant: Line } {
  let [w, wx, wxx, wt, wxt] = [0, 0, 0, 0, 0];
  points.forEach(({ seconds }, i) => {
    const weight = 1 / (seconds * seconds);
    w += weight;
    wx += weight * inputs[i];
    wxx += weight * inputs[i] * inputs[i];
    wt += weight * seconds;
    wxt += weight * inputs[i] * seconds;
  });
  // Sums about the means: the plain ones cancel where sizes span decades.
  const [meanX, meanT] = [wx / w, wt / w];
  let [sxx, sxt] = [0, 0];
  points.forEach(({ seconds }, i) => {
    const weight = 1 / (seconds * seconds);
    sxx += weight * (inputs[i] - meanX) ** 2;
    sxt += weight * (inputs[i] - meanX) * (seconds - meanT);
  });
  const slope = sxt / sxx;
  return { free: [meanT - slope * meanX, slope], proportional: [0, wxt / wxx], constant: [meanT, 0] };
}
