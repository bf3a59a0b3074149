import { factorCholesky, solveCholesky } from "../sampling/cholesky-solve.js";
import { type DenseMatrix, times } from "./dense-matrix.js";
import {
  checkRecovery,
  objectiveOf,
  type ReluMeasurements,
  type RobustRecovery,
  type RobustRecoveryOptions,
  soften,
} from "./robust-recovery.js";

/**
 * Inverts a ReLU layer with known Gaussian weights by a loss that grows only linearly in a gross error.
 *
 *     ĉ = argmin (1/d)·Σ h_κ(v_i − a_i·c)      h_κ(r) = r²/2 for |r| ≤ κ, κ·|r| − κ²/2 beyond      c ≈ 2ĉ
 *
 * This is `generalizedLassoRecovery` with the gross errors minimized out, `ê = soft(v − A·ĉ, κ)`. Each iteration fits
 * weighted least squares, or takes Newton's step where that leads further down: it ends exactly once it is known which
 * residuals are large. Reach for it to invert a layer where some outputs are not to be trusted.
 *
 * @throws ShapeError if `matrix` has fewer rows than columns or `measurements` does not fit it
 * @throws RangeError if a number is not finite, or the columns of `matrix` are linearly dependent
 * @throws RangeError if `threshold` is not above 0, or not given though three quarters of the measurements are ≤ 0
 * @throws RangeError if `tolerance` is negative or not finite, or `maxIterations` is not a whole number ≥ 1
 * @source Huber, "Robust Estimation of a Location Parameter", Annals of Mathematical Statistics 1964; Mazumdar and Rawat,
 * "Representation Learning and Recovery in the ReLU Model", 2018, arXiv:1803.04304, §4 (the problem)
 */
export function huberRecovery(problem: ReluMeasurements, options: RobustRecoveryOptions = {}): RobustRecovery {
  const { tolerance = 1e-10, maxIterations = 10_000 } = options;
  const { threshold } = checkRecovery("huberRecovery", problem, options);
  if (threshold === 0) {
    throw new RangeError("huberRecovery: threshold is 0 but must be above 0; the loss would be 0 everywhere");
  }
  const { matrix } = problem;
  const measured = Float64Array.from(problem.measurements);
  const residualsOf = (c: Float64Array) => {
    const image = times(matrix, c);
    return measured.map((value, i) => value - image[i]);
  };
  const lossOf = (residuals: Float64Array) => objectiveOf(residuals, soften(residuals, threshold), threshold);

  let coefficients: Float64Array = new Float64Array(matrix.columns);
  let residuals: Float64Array = measured;
  let [iterations, converged] = [0, false];
  while (iterations < maxIterations && !converged) {
    iterations += 1;
    const from = residuals;
    const isSmall = from.map((r) => (Math.abs(r) <= threshold ? 1 : 0));
    const weighted = step(
      matrix,
      from.map((r) => Math.min(1, threshold / Math.abs(r))),
      from,
      threshold,
    );
    const candidates = [weighted, step(matrix, isSmall, from, threshold)].flatMap((change) => {
      if (change === undefined) return [];
      const c = coefficients.map((value, j) => value + change[j]);
      const left = residualsOf(c);
      return [{ c, left, loss: lossOf(left), size: change.reduce((most, x) => Math.max(most, Math.abs(x)), 0) }];
    });
    const best = candidates.reduce((a, b) => (b.loss < a.loss ? b : a));
    converged = best.size <= tolerance;
    coefficients = best.c;
    residuals = best.left;
  }
  const outliers = soften(residuals, threshold);
  const signal = coefficients.map((value) => 2 * value);
  return { signal, coefficients, outliers, threshold, objective: lossOf(residuals), iterations, converged };
}

/**
 * The change of c that solves `(Σ weightᵢ·aᵢ·aᵢᵀ)·change = Σ h'(rᵢ)·aᵢ`: with weights `h'(r)/r` weighted least squares,
 * with `h''(r)` Newton's step. Undefined where too few rows have a weight.
 */
function step(
  { rows, columns, values }: DenseMatrix,
  weights: Float64Array,
  residuals: Float64Array,
  threshold: number,
): Float64Array | undefined {
  const matrix = new Float64Array(columns * columns);
  const right = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    const [weight, from] = [weights[row], row * columns];
    const pull = Math.max(-threshold, Math.min(threshold, residuals[row]));
    for (let i = 0; i < columns; i++) {
      right[i] += pull * values[from + i];
      const factor = weight * values[from + i];
      for (let j = 0; j <= i; j++) matrix[i * columns + j] += factor * values[from + j];
    }
  }
  if (!factorCholesky(matrix, columns)) return undefined;
  solveCholesky(matrix, columns, right);
  return right;
}
