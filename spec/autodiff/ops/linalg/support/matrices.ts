import { distinctFloats, floats } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";
import type { OpInput } from "../../../op-row.js";

/** A matrix in plain numbers, row by row. */
export type Matrix = readonly (readonly number[])[];

export function times(a: Matrix, b: Matrix): Matrix {
  return a.map((row) => b[0].map((_, j) => row.reduce((sum, x, k) => sum + x * b[k][j], 0)));
}

export function turned(a: Matrix): Matrix {
  return a[0].map((_, j) => a.map((row) => row[j]));
}

export function diagonalOf(values: ArrayLike<number>): Matrix {
  return Array.from(values, (value, i) => Array.from(values, (_, j) => (i === j ? value : 0)));
}

export function asInput(matrix: Matrix): OpInput {
  return { shape: [matrix.length, matrix[0].length], values: Float64Array.from(matrix.flat()) };
}

export function asMatrix(values: ArrayLike<number>, columns: number): Matrix {
  const list = Array.from(values);
  return Array.from({ length: list.length / columns }, (_, i) => list.slice(i * columns, (i + 1) * columns));
}

/** Any matrix of the size. */
export function matrices(rows: number, columns: number): Arbitrary<OpInput> {
  return floats([rows, columns]).map((values) => ({ shape: [rows, columns], values }));
}

/** Orthogonal matrices: products of two reflections. */
export function orthogonal(size: number): Arbitrary<Matrix> {
  const reflection = (normal: Float64Array) => {
    const v = normal.map((x, i) => x + 0.1 * (i + 1)); // not 0
    const square = v.reduce((sum, x) => sum + x * x, 0);
    return [...v].map((x, i) => [...v].map((y, j) => (i === j ? 1 : 0) - (2 * x * y) / square));
  };
  const normals = floats([size], { min: 0, max: 3 });
  return fc.tuple(normals, normals).map(([a, b]) => times(reflection(a), reflection(b)));
}

/** `Q·diag(values)·Qᵀ`. */
export function symmetric(basis: Matrix, values: ArrayLike<number>): Matrix {
  return times(times(basis, diagonalOf(values)), turned(basis));
}

/** Symmetric matrices whose eigenvalues lie apart. */
export function symmetricMatrices(size: number): Arbitrary<OpInput> {
  return fc
    .tuple(orthogonal(size), distinctFloats([size], 0.25))
    .map(([basis, values]) => asInput(symmetric(basis, values)));
}

/** Positive definite matrices with eigenvalues in [1/2, 3]. */
export function positiveDefinite(size: number): Arbitrary<OpInput> {
  return fc
    .tuple(orthogonal(size), floats([size], { min: 0.5, max: 3 }))
    .map(([basis, values]) => asInput(symmetric(basis, values)));
}

/** Matrices whose singular values lie apart, from each other and from 0; for sizes up to 4. */
export function wellConditioned(rows: number, columns: number): Arbitrary<OpInput> {
  const count = Math.min(rows, columns);
  return fc.tuple(orthogonal(rows), orthogonal(columns), distinctFloats([count], 0.25)).map(([left, right, values]) =>
    asInput(
      ofSingularValues(
        left,
        values.map((x) => x + 2.5),
        right,
      ),
    ),
  );
}

/** `left·diag(values)·rightᵀ`, with as many columns of each as there are values. */
export function ofSingularValues(left: Matrix, values: ArrayLike<number>, right: Matrix): Matrix {
  const first = (matrix: Matrix) => matrix.map((row) => row.slice(0, values.length));
  return times(times(first(left), diagonalOf(values)), turned(first(right)));
}
