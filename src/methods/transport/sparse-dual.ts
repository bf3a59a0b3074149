import { checkAbove, checkCount, checkRank, checkShape } from "../../autodiff/check.js";
import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { expandDims, square, type Tensor } from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";
import { onSimplex, topkMaskNonneg } from "./sparse-simplex.js";

export interface SparseTransportOptions {
  /** k: how many rows a column may take from, a whole number in [1, m]. */
  readonly nonzeros: number;
  /** γ > 0, in units of cost: how much the squares of the plan weigh. */
  readonly regularization: number;
}

/**
 * The dual of transport with at most k entries above 0 in each column of the plan.
 *
 *     α·a + β·b − Σ_j Ω*(α + β_j − c_j)      Ω*(s) = (1/2γ)·Σ over the k largest of max(s_i, 0)²
 *
 * Concave, with slopes `a − T1` and `b − Tᵀ1` of the plan that it stands for; at most the semi-dual, which is it at the best
 * β. Differentiable where the k-th and the next entry of each column differ, also by costs and masses.
 *
 * @param alpha - `[m]`
 * @param beta - `[n]`
 * @param cost - `[m, n]`, finite
 * @param rowMasses - `[m]`, a: ≥ 0, of sum 1
 * @param columnMasses - `[n]`, b: > 0, of sum 1
 * @returns `[]`, to be maximized
 * @throws DTypeError if the tensors are not of one dtype, f32 or f64
 * @throws ShapeError if they do not fit the costs
 * @throws RangeError if masses or costs on the host are not as said, `nonzeros` is not in [1, m] or `regularization` not > 0
 * @source Liu, Puigcerver and Blondel, "Sparsity-Constrained Optimal Transport", ICLR 2023, arXiv:2209.15466, eq. 9
 */
export function sparseDual(
  alpha: Tensor,
  beta: Tensor,
  cost: Tensor,
  rowMasses: Tensor,
  columnMasses: Tensor,
  { nonzeros, regularization }: SparseTransportOptions,
): Tensor {
  checkTransport("sparseDual", cost, { rowMasses, columnMasses }, { nonzeros, regularization });
  checkFloat("sparseDual", { alpha, beta });
  checkSameDType("sparseDual", { cost, alpha, beta });
  checkShape("sparseDual", "alpha", alpha, [cost.shape[0]]);
  checkShape("sparseDual", "beta", beta, [cost.shape[1]]);
  const scores = alpha.add(expandDims(beta, 1)).sub(cost.transpose()); // [n, m]
  const conjugate = square(topkMaskNonneg(scores, nonzeros))
    .sum()
    .mul(0.5 / regularization);
  return alpha.mul(rowMasses).sum().add(beta.mul(columnMasses).sum()).sub(conjugate);
}

/**
 * The semi-dual of transport with at most k entries above 0 in each column of the plan.
 *
 *     α·a − Σ_j Ω*_j(α − c_j)      Ω*_j(s) = max { s·t − (γ/2)·‖t‖² : t ≥ 0, Σt = b_j, ‖t‖₀ ≤ k }
 *
 * Concave; at its maximum it is the least cost of the convexified problem, a lower bound of that with exactly k entries.
 * Its slope in α is `a − T1`, in the costs T, the plan of `planFromSemiDual`; so with the best α, held constant, it is a
 * transport distance to train costs and masses with.
 *
 * @param alpha - `[m]`; adding a constant changes nothing
 * @param cost - `[m, n]`, finite
 * @param rowMasses - `[m]`, a: ≥ 0, of sum 1
 * @param columnMasses - `[n]`, b: > 0, of sum 1
 * @returns `[]`, to be maximized
 * @throws DTypeError if the tensors are not of one dtype, f32 or f64
 * @throws ShapeError if they do not fit the costs
 * @throws RangeError if masses or costs on the host are not as said, `nonzeros` is not in [1, m] or `regularization` not > 0
 * @source Liu, Puigcerver and Blondel, "Sparsity-Constrained Optimal Transport", ICLR 2023, arXiv:2209.15466, eq. 10
 */
export function sparseSemiDual(
  alpha: Tensor,
  cost: Tensor,
  rowMasses: Tensor,
  columnMasses: Tensor,
  { nonzeros, regularization }: SparseTransportOptions,
): Tensor {
  checkTransport("sparseSemiDual", cost, { rowMasses, columnMasses }, { nonzeros, regularization });
  checkPotential("sparseSemiDual", alpha, cost);
  const scores = alpha.sub(cost.transpose()); // [n, m]
  const plan = onSimplex(scores.div(regularization), nonzeros, expandDims(columnMasses, 1));
  const conjugate = scores
    .mul(plan)
    .sum()
    .sub(
      square(plan)
        .sum()
        .mul(regularization / 2),
    );
  return alpha.mul(rowMasses).sum().sub(conjugate);
}

/**
 * The plan of a potential: in each column at most k entries above 0, of the column's mass.
 *
 *     t_j = argmax { (α − c_j)·t − (γ/2)·‖t‖² : t ≥ 0, Σt = b_j, ‖t‖₀ ≤ k }
 *
 * Differentiable on fixed supports.
 *
 * @param alpha - `[m]`
 * @param cost - `[m, n]`, finite
 * @param columnMasses - `[n]`, b: > 0, of sum 1
 * @returns `[m, n]`; columns sum to b, rows to a only at the semi-dual's maximum, and where that is no kink
 * @throws DTypeError if the tensors are not of one dtype, f32 or f64
 * @throws ShapeError if they do not fit the costs
 * @throws RangeError if masses or costs on the host are not as said, `nonzeros` is not in [1, m] or `regularization` not > 0
 * @source Liu, Puigcerver and Blondel, "Sparsity-Constrained Optimal Transport", ICLR 2023, arXiv:2209.15466, eq. 11
 */
export function planFromSemiDual(
  alpha: Tensor,
  cost: Tensor,
  columnMasses: Tensor,
  { nonzeros, regularization }: SparseTransportOptions,
): Tensor {
  checkTransport("planFromSemiDual", cost, { columnMasses }, { nonzeros, regularization });
  checkPotential("planFromSemiDual", alpha, cost);
  const scores = alpha.sub(cost.transpose()).div(regularization);
  return onSimplex(scores, nonzeros, expandDims(columnMasses, 1)).transpose();
}

interface Masses {
  readonly rowMasses?: Tensor;
  readonly columnMasses: Tensor;
}

/** Throws unless costs are finite, masses fit them and sum to 1, and the options are in range. */
export function checkTransport(
  caller: string,
  cost: Tensor,
  { rowMasses, columnMasses }: Masses,
  { nonzeros, regularization }: SparseTransportOptions,
): void {
  checkRank(caller, { cost }, 2);
  const named = rowMasses === undefined ? { cost, columnMasses } : { cost, rowMasses, columnMasses };
  checkFloat(caller, named);
  checkSameDType(caller, named);
  checkFinite(caller, { cost });
  const [m, n] = cost.shape;
  if (rowMasses !== undefined) checkMasses(caller, "rowMasses", rowMasses, m, false);
  checkMasses(caller, "columnMasses", columnMasses, n, true);
  checkAbove(caller, { regularization }, 0);
  checkCount(caller, { nonzeros }, 1);
  if (nonzeros > m) {
    throw new RangeError(`${caller}: nonzeros is ${nonzeros} but must be at most ${m}, the rows of cost`);
  }
}

function checkMasses(caller: string, name: string, masses: Tensor, size: number, positive: boolean): void {
  checkShape(caller, name, masses, [size]);
  const values = hostValues(masses);
  if (values === undefined) return;
  const wrong = values.findIndex((mass) => !(positive ? mass > 0 : mass >= 0));
  if (wrong >= 0) {
    throw new RangeError(`${caller}: ${name}[${wrong}] is ${values[wrong]} but must be ${positive ? "> 0" : "≥ 0"}`);
  }
  const within = masses.dtype === "f64" ? 1e-9 : 1e-5; // what single precision can tell
  let total = 0;
  for (const mass of values) total += mass;
  if (!(Math.abs(total - 1) <= within)) {
    throw new RangeError(`${caller}: ${name} has sum ${total} but must have sum 1, within ${within}`);
  }
}

function checkPotential(caller: string, alpha: Tensor, cost: Tensor): void {
  checkFloat(caller, { alpha });
  checkSameDType(caller, { cost, alpha });
  checkShape(caller, "alpha", alpha, [cost.shape[0]]);
}
