import { checkFiniteList } from "./check-finite-list.js";
import { dualAt, dualGradient } from "./entropic-dual.js";
import { reduceProblem, type TransportProblem } from "./transport-problem.js";

export interface LyapunovPotential {
  readonly value: number;
  /** `[rows]`, the slope in x: `r − P1`. */
  readonly rowGradient: Float64Array;
  /** `[columns]`, the slope in y: `c − Pᵀ1`. */
  readonly columnGradient: Float64Array;
}

/**
 * The concave function of potentials that entropic optimal transport maximizes, by Sinkhorn's rounds a block at a time.
 *
 *     f(x, y) = −(1/η)·Σ P + r·x + c·y      P_ij = exp(η·(x_i + y_j − cost_ij) − 1)
 *
 * `f(x + t, y − t) = f(x, y)`. Reach for it to see how far a solver of your own has come.
 *
 * @param problem - all masses above 0: a potential of a row without mass would be −∞
 * @param inverseTemperature - η > 0
 * @param x - `[rows]`, finite
 * @param y - `[columns]`, finite
 * @throws ShapeError if masses do not fit the costs
 * @throws RangeError if a number is not finite, a mass not above 0, their sums differ by more than 1e-9 or
 * `inverseTemperature` is not above 0
 * @throws RangeError if potentials are not one a row and one a column
 * @source Tang et al., "Accelerating Sinkhorn Algorithm with Sparse Newton Iterations", ICLR 2024, arXiv:2401.12253, eq. 3
 */
export function lyapunovPotential(
  problem: TransportProblem,
  inverseTemperature: number,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
): LyapunovPotential {
  const caller = "lyapunovPotential";
  const reduced = reduceProblem(caller, problem, inverseTemperature);
  for (const [name, masses] of [
    ["rowMasses", problem.rowMasses],
    ["columnMasses", problem.columnMasses],
  ] as const) {
    const empty = Array.from(masses).indexOf(0);
    if (empty >= 0) throw new RangeError(`${caller}: ${name}[${empty}] is 0 but must be above 0; leave it out`);
  }
  checkFiniteList(caller, "x", x, reduced.rows);
  checkFiniteList(caller, "y", y, reduced.columns);
  const point = dualAt(reduced, inverseTemperature, Float64Array.from(x), Float64Array.from(y));
  const gradient = dualGradient(reduced, point);
  return {
    value: point.value,
    rowGradient: gradient.slice(0, reduced.rows),
    columnGradient: gradient.slice(reduced.rows),
  };
}
