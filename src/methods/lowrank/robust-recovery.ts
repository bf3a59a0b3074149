import { checkAtLeast, checkCount, ShapeError } from "../../autodiff/check.js";
import { checkMatrix, type DenseMatrix, type Orthonormal, orthonormalColumns } from "./dense-matrix.js";

/** What was measured: `measurements = ReLU(matrix · c) + gross errors + noise`, for an unknown c. */
export interface ReluMeasurements {
  /** `[d, k]`, entries like standard normal ones, d at least k. */
  readonly matrix: DenseMatrix;
  /** `[d]` */
  readonly measurements: ArrayLike<number>;
}

export interface RobustRecoveryOptions {
  /**
   * κ = λ·d, from where on a residual counts as a gross error; ≥ 0, and `Infinity` is least squares. Default: the third
   * quartile of the measurements over that of a standard normal, 0.6745, which is about ‖c‖. (Their median is no use, as
   * half of them are about 0.)
   */
  readonly threshold?: number;
  /** Stop once no number changes by more than this, ≥ 0. Default 1e-10. */
  readonly tolerance?: number;
  /** A whole number ≥ 1. Default 10 000. */
  readonly maxIterations?: number;
}

export interface RobustRecovery {
  /** `[k]`: the estimate of c, twice the coefficients, as a ReLU lets half of a Gaussian through. */
  readonly signal: Float64Array;
  /** `[k]`: ĉ of the linear model. */
  readonly coefficients: Float64Array;
  /** `[d]`: ê, the gross errors, exactly 0 where there is none. */
  readonly outliers: Float64Array;
  /** The κ that was used. */
  readonly threshold: number;
  /** (1/d)·(½·‖v − Aĉ − ê‖² + κ·‖ê‖₁). */
  readonly objective: number;
  readonly iterations: number;
  readonly converged: boolean;
}

const quartileOfNormal = 0.674_489_750_196_081_7;

/** Throws unless problem and options are right; gives the threshold and the matrix's QR decomposition. */
export function checkRecovery(
  caller: string,
  { matrix, measurements }: ReluMeasurements,
  { threshold, tolerance = 0, maxIterations = 1 }: RobustRecoveryOptions,
): { readonly threshold: number; readonly factors: Orthonormal } {
  checkMatrix(caller, "matrix", matrix);
  const { rows, columns } = matrix;
  if (rows < columns) {
    throw new ShapeError(`${caller}: matrix is ${rows} by ${columns} but must have at least as many rows as columns`);
  }
  if (measurements.length !== rows) {
    throw new ShapeError(
      `${caller}: measurements has ${measurements.length} numbers but must have ${rows}, as matrix has rows`,
    );
  }
  const place = Array.from(measurements).findIndex((value) => !Number.isFinite(value));
  if (place >= 0) {
    throw new RangeError(
      `${caller}: measurements holds ${measurements[place]} at ${place} but must hold finite numbers`,
    );
  }
  checkAtLeast(caller, { tolerance }, 0);
  checkCount(caller, { maxIterations }, 1);
  if (threshold !== undefined && !(threshold >= 0)) {
    throw new RangeError(`${caller}: threshold is ${threshold} but must be a number ≥ 0`);
  }
  const factors = orthonormalColumns(matrix);
  if (factors === undefined) {
    throw new RangeError(`${caller}: matrix has linearly dependent columns but must have independent ones`);
  }
  return { threshold: threshold ?? usualThreshold(caller, measurements), factors };
}

function usualThreshold(caller: string, measurements: ArrayLike<number>): number {
  const sorted = Float64Array.from(measurements).sort();
  const place = 0.75 * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  const quartile = below + (place - Math.floor(place)) * (above - below);
  if (quartile > 0) return quartile / quartileOfNormal;
  throw new RangeError(
    `${caller}: measurements has third quartile ${quartile} but must have one above 0 for the usual threshold; give threshold`,
  );
}

/** `x` moved towards 0 by the threshold, and not beyond. */
export function soften(x: Float64Array, threshold: number): Float64Array {
  return x.map((value) => Math.sign(value) * Math.max(0, Math.abs(value) - threshold));
}

/** What both forms of the problem minimize, given the residuals v − Aĉ and the gross errors among them. */
export function objectiveOf(residuals: Float64Array, outliers: Float64Array, threshold: number): number {
  let sum = 0;
  for (let i = 0; i < residuals.length; i++) {
    sum += (residuals[i] - outliers[i]) ** 2 / 2;
    if (outliers[i] !== 0) sum += threshold * Math.abs(outliers[i]);
  }
  return sum / residuals.length;
}
