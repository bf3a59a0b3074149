import { ShapeError } from "../../autodiff/check.js";
import { checkMatrix, type DenseMatrix, orthonormalColumns } from "./dense-matrix.js";

/**
 * How far two subspaces of one dimension are apart: 0 where they are the same, 1 where they are orthogonal.
 *
 *     error = ‖P_estimate − P_truth‖_F / √(2k)
 *
 * with P the projections on the columns' spans. Reach for it to judge a dictionary that can be known only up to an
 * invertible matrix on the right. Computed from what sticks out of the other subspace, so that equal ones are 1e-15 apart
 * rather than 1e-8.
 *
 * @param estimate - `[d, k]`, columns linearly independent
 * @param truth - `[d, k]`, likewise
 * @returns a number in [0, 1]
 * @throws ShapeError if the matrices differ in shape, or have fewer rows than columns
 * @throws RangeError if a value is not finite, or columns are linearly dependent
 * @source Mazumdar and Rawat, "Representation Learning and Recovery in the ReLU Model", 2018, arXiv:1803.04304, §3 (what is
 * recovered); Björck and Golub, "Numerical Methods for Computing Angles Between Linear Subspaces", 1973 (the distance)
 */
export function subspaceError(estimate: DenseMatrix, truth: DenseMatrix): number {
  const [a, b] = [basisOf("estimate", estimate), basisOf("truth", truth)];
  const { rows, columns } = truth;
  if (estimate.rows !== rows || estimate.columns !== columns) {
    throw new ShapeError(
      `subspaceError: estimate is ${estimate.rows} by ${estimate.columns} but must match truth, ${rows} by ${columns}`,
    );
  }
  // ‖P_a − P_b‖² = 2·‖(1 − P_b)·a‖² for as many columns in both
  let square = 0;
  for (let j = 0; j < columns; j++) {
    const left = Float64Array.from({ length: rows }, (_, row) => a[row * columns + j]);
    for (let i = 0; i < columns; i++) {
      let along = 0;
      for (let row = 0; row < rows; row++) along += b[row * columns + i] * left[row];
      for (let row = 0; row < rows; row++) left[row] -= along * b[row * columns + i];
    }
    for (const value of left) square += value * value;
  }
  return Math.min(1, Math.sqrt(square / columns));
}

function basisOf(name: string, matrix: DenseMatrix): Float64Array {
  checkMatrix("subspaceError", name, matrix);
  if (matrix.rows < matrix.columns) {
    throw new ShapeError(
      `subspaceError: ${name} is ${matrix.rows} by ${matrix.columns} but must have at least as many rows as columns`,
    );
  }
  const basis = orthonormalColumns(matrix);
  if (basis !== undefined) return basis.q;
  throw new RangeError(`subspaceError: ${name} has linearly dependent columns but must have independent ones`);
}
