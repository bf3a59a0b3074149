/**
 * Gaussian elimination with partial pivoting, in place: the matrix `[n, n]` becomes upper triangular, and the right sides
 * `[n, columns]` follow.
 *
 * @returns the sign of the row exchanges: −1 if their number is odd
 */
export function eliminate(matrix: Float64Array, n: number, right: Float64Array, columns: number): 1 | -1 {
  let sign: 1 | -1 = 1;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(matrix[i * n + k]) > Math.abs(matrix[pivot * n + k])) pivot = i;
    if (pivot !== k) {
      sign = sign === 1 ? -1 : 1;
      exchange(matrix, k * n, pivot * n, n);
      exchange(right, k * columns, pivot * columns, columns);
    }
    if (matrix[k * n + k] === 0) continue; // the column is zero: nothing to eliminate
    for (let i = k + 1; i < n; i++) {
      const factor = matrix[i * n + k] / matrix[k * n + k];
      for (let j = k; j < n; j++) matrix[i * n + j] -= factor * matrix[k * n + j];
      for (let c = 0; c < columns; c++) right[i * columns + c] -= factor * right[k * columns + c];
    }
  }
  return sign;
}

function exchange(values: Float64Array, a: number, b: number, count: number): void {
  for (let i = 0; i < count; i++) [values[a + i], values[b + i]] = [values[b + i], values[a + i]];
}
