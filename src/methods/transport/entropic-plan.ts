import type { DenseMatrix } from "../lowrank/dense-matrix.js";
import type { DualPoint } from "./entropic-dual.js";
import type { ReducedProblem, TransportProblem } from "./transport-problem.js";

export interface EntropicPlan {
  /** How much goes from each row to each column. */
  readonly plan: DenseMatrix;
  /** `[rows]`, x; −∞ for a row of no mass. */
  readonly rowPotentials: Float64Array;
  /** `[columns]`, y; −∞ for a column of no mass. */
  readonly columnPotentials: Float64Array;
  /** `⟨cost, plan⟩ + (1/η)·Σ plan·log plan`: what the plan minimizes. */
  readonly objective: number;
  /** `‖P1 − r‖₁ + ‖Pᵀ1 − c‖₁`. */
  readonly error: number;
  /** Whether the error is within the tolerance. */
  readonly converged: boolean;
}

/** The result in terms of the problem as it was given; `plan` replaces that of the point. */
export function entropicPlan(
  { cost }: TransportProblem,
  { rows, columns, cost: costs, rowIds, columnIds }: ReducedProblem,
  eta: number,
  { x, y, plan, error }: Pick<DualPoint, "x" | "y" | "plan" | "error">,
  tolerance: number,
): EntropicPlan {
  const values = new Float64Array(cost.rows * cost.columns);
  const rowPotentials = new Float64Array(cost.rows).fill(Number.NEGATIVE_INFINITY);
  const columnPotentials = new Float64Array(cost.columns).fill(Number.NEGATIVE_INFINITY);
  let objective = 0;
  for (let i = 0, at = 0; i < rows; i++) {
    rowPotentials[rowIds[i]] = x[i];
    for (let j = 0; j < columns; j++, at++) {
      const mass = plan[at];
      values[rowIds[i] * cost.columns + columnIds[j]] = mass;
      if (mass > 0) objective += mass * (costs[at] + Math.log(mass) / eta);
    }
  }
  for (let j = 0; j < columns; j++) columnPotentials[columnIds[j]] = y[j];
  const { rows: allRows, columns: allColumns } = cost;
  const full = { rows: allRows, columns: allColumns, values };
  return { plan: full, rowPotentials, columnPotentials, objective, error, converged: error <= tolerance };
}

/**
 * The plan made exact, in place: rows and columns that have too much are scaled down, and what is then missing is spread
 * by the products of what is missing.
 */
export function roundToMasses({ rows, columns, rowMasses, columnMasses }: ReducedProblem, plan: Float64Array): void {
  const rowRest = rowMasses.slice();
  const columnSums = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += plan[i * columns + j];
    const share = sum > rowMasses[i] ? rowMasses[i] / sum : 1;
    for (let j = 0; j < columns; j++) columnSums[j] += plan[i * columns + j] *= share;
  }
  const columnRest = columnMasses.slice();
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, at++) {
      if (columnSums[j] > columnMasses[j]) plan[at] *= columnMasses[j] / columnSums[j];
      rowRest[i] -= plan[at];
      columnRest[j] -= plan[at];
    }
  }
  const missing = rowRest.reduce((sum, rest) => sum + Math.max(0, rest), 0);
  if (missing === 0) return;
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, at++)
      plan[at] += (Math.max(0, rowRest[i]) * Math.max(0, columnRest[j])) / missing;
  }
}
