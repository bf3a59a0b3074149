import { orthogonalizeColumns } from "../../autodiff/ops/linalg/jacobi.js";

/** The right singular vectors of a matrix, the largest singular value first. */
export interface SingularDirections {
  /** `[d]`, descending. */
  readonly values: Float64Array;
  /** d orthonormal rows. */
  readonly directions: readonly Float64Array[];
}

/** Singular values and right singular vectors of a matrix of `width` columns, given by its rows; there may be none. */
export function singularDirections(rows: readonly ArrayLike<number>[], width: number): SingularDirections {
  const matrix = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    matrix.set(Array.from(row), i * width);
  });
  const rotations = orthogonalizeColumns(matrix, rows.length, width);
  const norms = Float64Array.from({ length: width }, (_, j) => {
    let squares = 0;
    for (let i = 0; i < rows.length; i++) squares += matrix[i * width + j] ** 2;
    return Math.sqrt(squares);
  });
  const order = [...norms.keys()].sort((a, b) => norms[b] - norms[a]);
  return {
    values: Float64Array.from(order, (j) => norms[j]),
    directions: order.map((j) => Float64Array.from({ length: width }, (_, i) => rotations[i * width + j])),
  };
}
