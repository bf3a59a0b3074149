/**
 * Cholesky factor of a symmetric positive definite matrix, in place: the lower triangle becomes `L` of `A = L·Lᵀ`. Only
 * the lower triangle is read and written.
 *
 * @param matrix - `[size, size]`, row-major
 * @returns false if the matrix is not positive definite to working precision; it is then left half done
 */
export function factorCholesky(matrix: Float64Array, size: number): boolean {
  for (let column = 0; column < size; column++) {
    for (let row = column; row < size; row++) {
      let rest = matrix[row * size + column];
      for (let i = 0; i < column; i++) rest -= matrix[row * size + i] * matrix[column * size + i];
      if (row > column) matrix[row * size + column] = rest / matrix[column * size + column];
      else if (rest > 0) matrix[row * size + row] = Math.sqrt(rest);
      else return false;
    }
  }
  return true;
}

/**
 * Solves `L·Lᵀ·x = b` given the factor, in place of `b`.
 *
 * @param factor - what `factorCholesky` left, `[size, size]`
 * @param b - `[size]`; becomes the solution
 */
export function solveCholesky(factor: Float64Array, size: number, b: Float64Array): void {
  for (let row = 0; row < size; row++) {
    let rest = b[row];
    for (let i = 0; i < row; i++) rest -= factor[row * size + i] * b[i];
    b[row] = rest / factor[row * size + row];
  }
  for (let row = size - 1; row >= 0; row--) {
    let rest = b[row];
    for (let i = row + 1; i < size; i++) rest -= factor[i * size + row] * b[i];
    b[row] = rest / factor[row * size + row];
  }
}
