import { checkAbove, checkCount } from "../../autodiff/check.js";
import { dualAt, sinkhornRound } from "./entropic-dual.js";
import { type EntropicPlan, entropicPlan } from "./entropic-plan.js";
import { reduceProblem, type TransportProblem } from "./transport-problem.js";

export interface SinkhornLogDomainOptions {
  /** η > 0: how sharp the plan is; 1/η weighs its entropy. */
  readonly inverseTemperature: number;
  /** It stops once the marginals are off by no more than this, in ‖·‖₁, > 0. Default 1e-9. */
  readonly tolerance?: number;
  /** Rounds at most, each of rows and then columns, a whole number ≥ 0. Default 10 000. */
  readonly maxIterations?: number;
}

export interface SinkhornPlan extends EntropicPlan {
  /** Rounds done. */
  readonly iterations: number;
}

/**
 * Entropic optimal transport by Sinkhorn's algorithm, on the host and in the log domain.
 *
 *     min ⟨cost, P⟩ + (1/η)·Σ P log P      P1 = r, Pᵀ1 = c      P_ij = exp(η·(x_i + y_j − cost_ij) − 1)
 *     x ← x + (log r − log P1) / η         y ← y + (log c − log Pᵀ1) / η                in turn, from 0
 *
 * Each half round meets its marginal exactly. The number of rounds that a precision takes grows with η: for a sharp plan to
 * high precision reach for `sinkhornNewtonSparse`; inside a loss, for `sinkhornScaling`.
 *
 * @throws ShapeError if masses do not fit the costs
 * @throws RangeError if a cost is not finite, a mass negative or not finite, or their sums differ by more than 1e-9
 * @throws RangeError if an option is out of range
 * @source Sinkhorn, "A Relationship Between Arbitrary Positive Matrices and Doubly Stochastic Matrices", Annals of
 * Mathematical Statistics 1964; Cuturi, "Sinkhorn Distances", NeurIPS 2013, arXiv:1306.0895
 */
export function sinkhornLogDomain(problem: TransportProblem, options: SinkhornLogDomainOptions): SinkhornPlan {
  const { inverseTemperature, tolerance = 1e-9, maxIterations = 10_000 } = options;
  const reduced = reduceProblem("sinkhornLogDomain", problem, inverseTemperature);
  checkAbove("sinkhornLogDomain", { tolerance }, 0);
  checkCount("sinkhornLogDomain", { maxIterations }, 0);
  const [x, y] = [new Float64Array(reduced.rows), new Float64Array(reduced.columns)];
  let point = dualAt(reduced, inverseTemperature, x, y);
  let iterations = 0;
  while (point.error > tolerance && iterations < maxIterations) {
    sinkhornRound(reduced, inverseTemperature, x, y);
    point = dualAt(reduced, inverseTemperature, x, y);
    iterations += 1;
  }
  return { ...entropicPlan(problem, reduced, inverseTemperature, point, tolerance), iterations };
}
