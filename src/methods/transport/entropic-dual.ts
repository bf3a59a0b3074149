import type { ReducedProblem } from "./transport-problem.js";

/** Where the dual stands: potentials, their plan, its sums and how far those are off. */
export interface DualPoint {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** `[rows · columns]`: `exp(η·(x_i + y_j − c_ij) − 1)`. */
  readonly plan: Float64Array;
  readonly rowSums: Float64Array;
  readonly columnSums: Float64Array;
  /** `−(1/η)·Σ P + r·x + c·y`, which the potentials maximize. */
  readonly value: number;
  /** `‖P1 − r‖₁ + ‖Pᵀ1 − c‖₁`. */
  readonly error: number;
}

/** The dual at potentials; exponents are cut at `most`, as a trial step may overshoot. */
export function dualAt(
  { rows, columns, cost, rowMasses, columnMasses }: ReducedProblem,
  eta: number,
  x: Float64Array,
  y: Float64Array,
  most: number = Number.POSITIVE_INFINITY,
): DualPoint {
  const plan = new Float64Array(rows * columns);
  const rowSums = new Float64Array(rows);
  const columnSums = new Float64Array(columns);
  let [total, linear, error] = [0, 0, 0];
  for (let i = 0, at = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < columns; j++, at++) {
      const mass = Math.exp(Math.min(most, eta * (x[i] + y[j] - cost[at]) - 1));
      plan[at] = mass;
      sum += mass;
      columnSums[j] += mass;
    }
    rowSums[i] = sum;
    total += sum;
    linear += rowMasses[i] * x[i];
    error += Math.abs(sum - rowMasses[i]);
  }
  for (let j = 0; j < columns; j++) {
    linear += columnMasses[j] * y[j];
    error += Math.abs(columnSums[j] - columnMasses[j]);
  }
  return { x, y, plan, rowSums, columnSums, value: linear - total / eta, error };
}

/** The dual's gradient: `r − P1`, then `c − Pᵀ1`. */
export function dualGradient(
  { rowMasses, columnMasses }: ReducedProblem,
  { rowSums, columnSums }: DualPoint,
): Float64Array {
  const gradient = new Float64Array(rowMasses.length + columnMasses.length);
  for (let i = 0; i < rowMasses.length; i++) gradient[i] = rowMasses[i] - rowSums[i];
  for (let j = 0; j < columnMasses.length; j++) gradient[rowMasses.length + j] = columnMasses[j] - columnSums[j];
  return gradient;
}

/**
 * One round of Sinkhorn's, in the log domain and in place: the best x for y, then the best y for x. Its columns are then
 * exact.
 *
 *     x_i = (log r_i + 1 − log Σ_j exp(η·(y_j − c_ij))) / η
 */
export function sinkhornRound(
  { rows, columns, cost, rowMasses, columnMasses }: ReducedProblem,
  eta: number,
  x: Float64Array,
  y: Float64Array,
): void {
  for (let i = 0; i < rows; i++) {
    const from = i * columns;
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < columns; j++) largest = Math.max(largest, y[j] - cost[from + j]);
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += Math.exp(eta * (y[j] - cost[from + j] - largest));
    x[i] = (Math.log(rowMasses[i]) + 1 - Math.log(sum)) / eta - largest;
  }
  const largest = new Float64Array(columns).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, at++) largest[j] = Math.max(largest[j], x[i] - cost[at]);
  }
  const sums = new Float64Array(columns);
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, at++) sums[j] += Math.exp(eta * (x[i] - cost[at] - largest[j]));
  }
  for (let j = 0; j < columns; j++) y[j] = (Math.log(columnMasses[j]) + 1 - Math.log(sums[j])) / eta - largest[j];
}
