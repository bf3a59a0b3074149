import { checkBetween } from "../../autodiff/check.js";
import { checkMatrix, type DenseMatrix } from "../lowrank/dense-matrix.js";

/** The entries of a matrix that are kept, row by row. */
export interface SparsePlan {
  readonly rows: number;
  readonly columns: number;
  /** `[rows + 1]`: where each row's entries begin, and where the last ones end. */
  readonly offsets: Int32Array;
  readonly columnIds: Int32Array;
  readonly values: Float64Array;
}

/**
 * The largest entries of a plan, as many as a share of it.
 *
 *     keep the ⌈density · rows · columns⌉ largest; what ties with the least of them is kept too
 *
 * @param plan - entries finite
 * @param density - λ, in (0, 1]
 * @throws ShapeError if the matrix does not have rows · columns values
 * @throws RangeError if an entry is not finite or `density` outside (0, 1]
 * @source Tang et al., "Accelerating Sinkhorn Algorithm with Sparse Newton Iterations", ICLR 2024, arXiv:2401.12253,
 * algorithm 2
 */
export function sparsifyPlan(plan: DenseMatrix, density: number): SparsePlan {
  checkMatrix("sparsifyPlan", "plan", plan);
  checkBetween("sparsifyPlan", { density }, 0, 1, { openBelow: true });
  return largestEntries(plan, density);
}

/**
 * How much of a plan lies outside its largest entries: it is (λ, ε)-sparse for ε from here on.
 *
 *     ε = Σ of the smallest entries, all but the ⌈density · rows · columns⌉ largest
 *
 * Entropic plans become sparse as the temperature falls: with 2/n for a density, this goes to 0 where the optimal vertex is
 * unique.
 *
 * @param plan - entries finite and ≥ 0
 * @param density - λ, in (0, 1]
 * @returns ε ≥ 0, in units of mass
 * @throws ShapeError if the matrix does not have rows · columns values
 * @throws RangeError if an entry is not finite or `density` outside (0, 1]
 * @source Tang et al., "Accelerating Sinkhorn Algorithm with Sparse Newton Iterations", ICLR 2024, arXiv:2401.12253,
 * definition 1
 */
export function approximateSparsity(plan: DenseMatrix, density: number): number {
  checkMatrix("approximateSparsity", "plan", plan);
  checkBetween("approximateSparsity", { density }, 0, 1, { openBelow: true });
  const rest = plan.values.length - keptOf(plan, density);
  return plan.values
    .toSorted()
    .subarray(0, rest)
    .reduce((sum, mass) => sum + mass, 0);
}

/** `sparsifyPlan`, of what is known to be right. */
export function largestEntries(plan: DenseMatrix, density: number): SparsePlan {
  const { rows, columns, values } = plan;
  const threshold = values.toSorted()[values.length - keptOf(plan, density)];
  const offsets = new Int32Array(rows + 1);
  const [ids, kept]: [number[], number[]] = [[], []];
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, at++) {
      if (values[at] < threshold) continue;
      ids.push(j);
      kept.push(values[at]);
    }
    offsets[i + 1] = ids.length;
  }
  return { rows, columns, offsets, columnIds: Int32Array.from(ids), values: Float64Array.from(kept) };
}

/** Less a hair, as 2/n · n² must not come out one above 2n. */
function keptOf({ values }: DenseMatrix, density: number): number {
  return Math.max(1, Math.ceil(density * values.length * (1 - 1e-12)));
}
