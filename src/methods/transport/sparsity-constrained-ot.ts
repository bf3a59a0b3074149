import { checkAbove, checkAtLeast, checkCount } from "../../autodiff/check.js";
import { abs, evaluate, type Tensor } from "../../autodiff/index.js";
import { zeros } from "../../autodiff/ops/create.js";
import { type LbfgsResult, lbfgs } from "../optimizers/lbfgs.js";
import { checkTransport, planFromSemiDual, sparseSemiDual } from "./sparse-dual.js";

export interface SparsityConstrainedOtOptions {
  /** k: how many rows a column may take from, a whole number in [1, m]. */
  readonly nonzeros: number;
  /** γ > 0, in units of cost: how much the squares of the plan weigh. Default a tenth of the mean magnitude of costs. */
  readonly regularization?: number;
  /** A larger regularization to start with: it is quartered, each time from the last potential, down to γ. Default none. */
  readonly annealFrom?: number;
  /** L-BFGS steps at most for each regularization, a whole number ≥ 1. Default 500. */
  readonly maxIterations?: number;
  /** It stops once no row is off by more than this number ≥ 0. Default 1e-9. */
  readonly tolerance?: number;
  /** Steps that L-BFGS remembers, a whole number ≥ 1. Default 10. */
  readonly memory?: number;
  /** Called once if columns cannot take from all rows that have mass, as n·k < m. Default: nothing is said. */
  readonly onWarning?: (message: string) => void;
}

export interface SparseTransport {
  /** `[m]`, the best potential found, of mean 0: the slope of the value in the row masses. The caller's to dispose of. */
  readonly potential: Tensor;
  /** `[m, n]`, the slope of the value in the costs. The caller's to dispose of. */
  readonly plan: Tensor;
  /** The semi-dual there. */
  readonly value: number;
  /** `Σ_i |Σ_j T_ij − a_i|`: above rounding where the maximum is a kink, as the plan is then not all of the answer. */
  readonly rowResidual: number;
  /** `[n]`, entries above 0 in each column, at most k. */
  readonly columnNonzeros: Int32Array;
  /** L-BFGS steps, and evaluations of the semi-dual, for all regularizations. */
  readonly iterations: number;
  readonly evaluations: number;
  /** What ended the last one. */
  readonly stopped: LbfgsResult<Tensor>["stopped"];
}

/**
 * Optimal transport in which each column takes from at most k rows.
 *
 *     min ⟨T, cost⟩ + (γ/2)·‖T‖²      T1 = a, Tᵀ1 = b, T ≥ 0, every column with ‖t_j‖₀ ≤ k
 *
 * Not convex, but its semi-dual is concave, and needs a top-k and a projection a column: it is maximized by L-BFGS. The
 * value is that of the convexified problem, a lower bound. k = m is transport with a quadratic penalty; k = 1 gives the
 * value of plain transport, and `(γ/2)·‖b‖²`, with a kink at the maximum.
 *
 * Reach for it to match under a capacity: at most k tokens for each expert. Give f64 tensors: in f32 the search ends early.
 *
 * @claim The paper: k interpolates between unregularized and quadratic transport, and the smaller k is the harder the
 * optimization. 8 × 6 uniform costs, γ = 0.2, five seeds: values fall with k and are constant from k = 2 or 3 on, at k = 1
 * they are linear programming's and `(γ/2)·‖b‖²` to rounding; rows are off by less than 2e-8 there and 0.50 to 0.75 at
 * k = 1, which takes 128 to 237 steps against 18 to 26. 64 tokens on 8 experts: none takes more than its capacity of 8 to
 * 16, where Sinkhorn's plan has all 512 entries.
 * @question My choices are discrete
 * @param cost - `[m, n]`, finite
 * @param rowMasses - `[m]`, a: ≥ 0, of sum 1
 * @param columnMasses - `[n]`, b: > 0, of sum 1
 * @throws DTypeError if the tensors are not of one dtype, f32 or f64
 * @throws ShapeError if they do not fit the costs
 * @throws RangeError if masses or costs on the host are not as said, or an option is out of range
 * @source Liu, Puigcerver and Blondel, "Sparsity-Constrained Optimal Transport", ICLR 2023, arXiv:2209.15466, algorithm 1
 */
export async function sparsityConstrainedOt(
  cost: Tensor,
  rowMasses: Tensor,
  columnMasses: Tensor,
  options: SparsityConstrainedOtOptions,
): Promise<SparseTransport> {
  const caller = "sparsityConstrainedOt";
  const { nonzeros, annealFrom, maxIterations = 500, tolerance = 1e-9, memory = 10, onWarning } = options;
  checkTransport(caller, cost, { rowMasses, columnMasses }, { nonzeros, regularization: options.regularization ?? 1 });
  checkCount(caller, { maxIterations, memory }, 1);
  checkAtLeast(caller, { tolerance }, 0);
  if (annealFrom !== undefined) checkAbove(caller, { annealFrom }, 0);
  const [m, n] = cost.shape;
  const regularization = options.regularization ?? (0.1 * (await abs(cost).mean().item()) || 1); // costs of 0: any will do
  const massive = (await rowMasses.data()).filter((mass) => mass > 0).length;
  if (n * nonzeros < massive) {
    onWarning?.(
      `${caller}: ${n} columns of ${nonzeros} entries cannot take from all ${massive} rows that have mass; no plan of them has those row masses`,
    );
  }

  let potential = evaluate(zeros([m], cost));
  let [iterations, evaluations] = [0, 0];
  let last: LbfgsResult<Tensor> | undefined;
  for (const gamma of stages(annealFrom, regularization)) {
    const loss = (alpha: Tensor) =>
      sparseSemiDual(alpha, cost, rowMasses, columnMasses, { nonzeros, regularization: gamma }).neg();
    last = await lbfgs(loss, potential, { memory, maxIterations, gradientTolerance: tolerance });
    iterations += last.iterations;
    evaluations += last.evaluations;
    const centred = evaluate(last.params.sub(last.params.mean()));
    last.params.dispose();
    potential.dispose();
    potential = centred;
  }
  const plan = evaluate(planFromSemiDual(potential, cost, columnMasses, { nonzeros, regularization }));
  const rowResidual = await abs(plan.sum(1).sub(rowMasses)).sum().item();
  const columnNonzeros = new Int32Array(n);
  (await plan.data()).forEach((mass, at) => {
    if (mass > 0) columnNonzeros[at % n] += 1;
  });
  const { loss, stopped } = last as LbfgsResult<Tensor>;
  return { potential, plan, value: -loss, rowResidual, columnNonzeros, iterations, evaluations, stopped };
}

/** From the first down to the last, each a quarter of the one before. */
function stages(first: number | undefined, last: number): number[] {
  const list: number[] = [];
  for (let gamma = first ?? last; gamma > last; gamma /= 4) list.push(gamma);
  return [...list, last];
}
