/** Sweeps at most; a handful is enough, as convergence is quadratic. */
const sweeps = 60;

/**
 * Eigenvalues and eigenvectors of a small symmetric matrix, by Jacobi's rotations.
 *
 * @param matrix - `[size, size]`, row-major; becomes diagonal
 * @returns eigenvalues in descending order, and in the rows of `vectors` the unit eigenvectors that belong to them
 */
export function jacobiEigen(
  matrix: Float64Array,
  size: number,
): { readonly values: Float64Array; readonly vectors: Float64Array } {
  const vectors = new Float64Array(size * size);
  for (let i = 0; i < size; i++) vectors[i * size + i] = 1;
  for (let sweep = 0; sweep < sweeps; sweep++) {
    let rotated = false;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) rotated = rotate(matrix, vectors, size, p, q) || rotated;
    }
    if (!rotated) break;
  }
  const order = Array.from({ length: size }, (_, i) => i).sort((a, b) => matrix[b * size + b] - matrix[a * size + a]);
  const sorted = new Float64Array(size * size);
  order.forEach((from, to) => {
    sorted.set(vectors.subarray(from * size, (from + 1) * size), to * size);
  });
  return { values: Float64Array.from(order, (i) => matrix[i * size + i]), vectors: sorted };
}

/** Makes element (p, q) zero; says whether it was not yet negligible. */
function rotate(matrix: Float64Array, vectors: Float64Array, size: number, p: number, q: number): boolean {
  const off = matrix[p * size + q];
  const [first, second] = [matrix[p * size + p], matrix[q * size + q]];
  if (Math.abs(off) <= 1e-17 * (Math.abs(first) + Math.abs(second)) || off === 0) return false;
  const theta = (second - first) / (2 * off);
  const tangent = Math.sign(theta || 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const cosine = 1 / Math.hypot(tangent, 1);
  const sine = tangent * cosine;
  for (let i = 0; i < size; i++) {
    const [a, b] = [matrix[i * size + p], matrix[i * size + q]];
    matrix[i * size + p] = cosine * a - sine * b;
    matrix[i * size + q] = sine * a + cosine * b;
  }
  for (let i = 0; i < size; i++) {
    const [a, b] = [matrix[p * size + i], matrix[q * size + i]];
    matrix[p * size + i] = cosine * a - sine * b;
    matrix[q * size + i] = sine * a + cosine * b;
    const [u, v] = [vectors[p * size + i], vectors[q * size + i]];
    vectors[p * size + i] = cosine * u - sine * v;
    vectors[q * size + i] = sine * u + cosine * v;
  }
  return true;
}
