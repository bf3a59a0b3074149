/** Multiplications at most; where two eigenvalues nearly meet, any vector of their plane serves as well. */
const iterations = 1000;

/**
 * A unit eigenvector for the largest eigenvalue of a symmetric positive semidefinite matrix, by power iteration from its
 * heaviest column. Of the zero matrix it is the first unit vector.
 *
 * @param matrix - `[size, size]`, row-major
 */
export function dominantEigenvector(matrix: Float64Array, size: number): Float64Array {
  let heaviest = 0;
  for (let i = 1; i < size; i++) if (matrix[i * size + i] > matrix[heaviest * size + heaviest]) heaviest = i;
  let vector = new Float64Array(size);
  vector[heaviest] = 1;
  let next = new Float64Array(size);
  for (let iteration = 0; iteration < iterations; iteration++) {
    let squares = 0;
    for (let row = 0; row < size; row++) {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += matrix[row * size + i] * vector[i];
      next[row] = sum;
      squares += sum * sum;
    }
    const norm = Math.sqrt(squares);
    if (!(norm > 0)) return vector;
    let moved = 0;
    for (let i = 0; i < size; i++) {
      next[i] /= norm;
      moved = Math.max(moved, Math.abs(next[i] - vector[i]));
    }
    [vector, next] = [next, vector];
    if (moved < 1e-12) break;
  }
  return vector;
}
