import { diagonalize } from "../../autodiff/ops/linalg/jacobi.js";

/** Multiplies each row of a block, `[b, size]`, with a symmetric matrix. */
export type SymmetricOperator = (block: Float64Array) => Promise<Float64Array>;

export interface TopEigenvectorsOptions {
  /** Largest residual over the largest eigenvalue. */
  readonly tolerance: number;
  readonly maxIterations: number;
}

/**
 * The eigenvectors for the largest eigenvalues of a symmetric positive semidefinite operator, by block power iteration:
 * each round multiplies a block of orthonormal vectors and turns it to the operator's eigenvectors within their span.
 *
 * @param start - `[b, size]`, rows in general position, b at least as many as wanted; it is overwritten
 * @returns eigenvalues in descending order and `[wanted, size]` the unit eigenvectors
 */
export async function topEigenvectors(
  operator: SymmetricOperator,
  start: Float64Array,
  size: number,
  wanted: number,
  { tolerance, maxIterations }: TopEigenvectorsOptions,
): Promise<{ readonly values: Float64Array; readonly vectors: Float64Array }> {
  const count = start.length / size;
  let basis = orthonormalize(start, start.slice(), size);
  for (let iteration = 1; ; iteration++) {
    const image = await operator(basis);
    const within = new Float64Array(count * count);
    for (let i = 0; i < count; i++) {
      for (let j = 0; j <= i; j++) {
        within[i * count + j] = within[j * count + i] = dot(basis, i * size, image, j * size, size);
      }
    }
    const vectors = diagonalize(within, count); // in columns
    const diagonal = Array.from({ length: count }, (_, i) => within[i * count + i]);
    const order = [...diagonal.keys()].sort((a, b) => diagonal[b] - diagonal[a]);
    const values = Float64Array.from(order, (column) => diagonal[column]);
    const [turned, turnedImage] = [combine(vectors, order, basis, size), combine(vectors, order, image, size)];
    if (iteration === maxIterations || residual(turned, turnedImage, values, size, wanted) <= tolerance * values[0]) {
      return { values: values.slice(0, wanted), vectors: turned.slice(0, wanted * size) };
    }
    basis = orthonormalize(turnedImage, turned, size);
  }
}

function dot(a: Float64Array, atA: number, b: Float64Array, atB: number, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += a[atA + i] * b[atB + i];
  return sum;
}

/** The combinations of rows that the columns of a matrix stand for, in the order given. */
function combine(matrix: Float64Array, order: readonly number[], rows: Float64Array, size: number): Float64Array {
  const result = new Float64Array(rows.length);
  const count = order.length;
  order.forEach((column, to) => {
    for (let row = 0; row < count; row++) {
      const factor = matrix[row * count + column];
      for (let l = 0; l < size; l++) result[to * size + l] += factor * rows[row * size + l];
    }
  });
  return result;
}

/** The largest `‖A·v − λ·v‖` among the wanted. */
function residual(v: Float64Array, image: Float64Array, values: Float64Array, size: number, wanted: number): number {
  let worst = 0;
  for (let i = 0; i < wanted; i++) {
    let squares = 0;
    for (let l = i * size; l < (i + 1) * size; l++) squares += (image[l] - values[i] * v[l]) ** 2;
    worst = Math.max(worst, Math.sqrt(squares));
  }
  return worst;
}

/** Makes rows orthonormal, in place; one that depends on those before it gives way to its substitute, or to a unit vector. */
function orthonormalize(rows: Float64Array, substitutes: Float64Array, size: number): Float64Array {
  const count = rows.length / size;
  for (let i = 0; i < count; i++) {
    const row = rows.subarray(i * size, (i + 1) * size);
    if (normalizeAgainst(rows, i, row, size)) continue;
    row.set(substitutes.subarray(i * size, (i + 1) * size));
    for (let unit = 0; !normalizeAgainst(rows, i, row, size); unit++) {
      row.fill(0);
      row[unit] = 1;
    }
  }
  return rows;
}

/** Takes away what the row has in common with the first ones; false if little remains. */
function normalizeAgainst(rows: Float64Array, before: number, row: Float64Array, size: number): boolean {
  const length = Math.sqrt(dot(row, 0, row, 0, size));
  if (!(length > 0)) return false;
  for (let l = 0; l < size; l++) row[l] /= length;
  // Twice is enough: the second time removes what rounding left the first time.
  for (let pass = 0; pass < 2; pass++) {
    for (let j = 0; j < before; j++) {
      const shared = dot(row, 0, rows, j * size, size);
      for (let l = 0; l < size; l++) row[l] -= shared * rows[j * size + l];
    }
    const rest = Math.sqrt(dot(row, 0, row, 0, size));
    if (!(rest > 1e-8)) return false;
    for (let l = 0; l < size; l++) row[l] /= rest;
  }
  return true;
}
