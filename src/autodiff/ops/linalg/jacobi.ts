/** More sweeps than any matrix needs: convergence is quadratic, and ten are rare. */
const sweepsAtMost = 60;

/**
 * Turns a symmetric matrix `[n, n]` diagonal in place, by rotations of two axes at a time.
 *
 * @returns `[n, n]`: the product of the rotations, whose columns are the eigenvectors
 * @source Golub, Van Loan, "Matrix Computations", 4th ed., 2013, sec. 8.5
 */
export function diagonalize(matrix: Float64Array, n: number): Float64Array {
  const vectors = identity(n);
  let largest = 0;
  for (const x of matrix) largest = Math.max(largest, Math.abs(x));
  const negligible = largest * 2 ** -60; // below what the eigenvalues can show
  for (let sweep = 0, turned = true; turned && sweep < sweepsAtMost; sweep++) {
    turned = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(matrix[p * n + q]) <= negligible) continue;
        turned = true;
        const tangent = smallerTangent((matrix[q * n + q] - matrix[p * n + p]) / 2 / matrix[p * n + q]);
        rotateColumns(matrix, n, n, p, q, tangent);
        rotateRows(matrix, n, p, q, tangent);
        matrix[p * n + q] = 0;
        matrix[q * n + p] = 0;
        rotateColumns(vectors, n, n, p, q, tangent);
      }
    }
  }
  return vectors;
}

/**
 * Makes the columns of a matrix `[m, n]` orthogonal in place, by rotations of two columns at a time: high relative
 * accuracy, also of the smallest singular values.
 *
 * @returns `[n, n]`: the product of the rotations
 * @source Demmel, Veselić, "Jacobi's Method is More Accurate than QR", SIAM J. Matrix Anal. Appl. 1992
 */
export function orthogonalizeColumns(matrix: Float64Array, m: number, n: number): Float64Array {
  const rotations = identity(n);
  const negligible = 2 ** -53 * Math.max(2, m);
  for (let sweep = 0, turned = true; turned && sweep < sweepsAtMost; sweep++) {
    turned = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        let [pp, pq, qq] = [0, 0, 0];
        for (let i = 0; i < m; i++) {
          const [x, y] = [matrix[i * n + p], matrix[i * n + q]];
          pp += x * x;
          pq += x * y;
          qq += y * y;
        }
        if (Math.abs(pq) <= negligible * Math.sqrt(pp) * Math.sqrt(qq)) continue;
        turned = true;
        const tangent = smallerTangent((qq - pp) / 2 / pq);
        rotateColumns(matrix, m, n, p, q, tangent);
        rotateColumns(rotations, n, n, p, q, tangent);
      }
    }
  }
  return rotations;
}

/** Turns each column so that the first of its largest components is positive; nearly equal ones count as equal. */
export function turnSigns(vectors: Float64Array, rows: number, columns: number): boolean[] {
  return Array.from({ length: columns }, (_, j) => {
    let largest = 0;
    for (let i = 0; i < rows; i++) largest = Math.max(largest, Math.abs(vectors[i * columns + j]));
    let first = 0;
    while (first < rows && Math.abs(vectors[first * columns + j]) < largest * (1 - 1e-6)) first++;
    const turn = vectors[first * columns + j] < 0;
    if (turn) for (let i = 0; i < rows; i++) vectors[i * columns + j] *= -1;
    return turn;
  });
}

function identity(n: number): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) matrix[i * n + i] = 1;
  return matrix;
}

/** The root of `t² + 2·cot·t = 1` of least magnitude: a rotation by 45° at most, which makes the method converge. */
function smallerTangent(cotangent: number): number {
  return (cotangent < 0 ? -1 : 1) / (Math.abs(cotangent) + Math.hypot(1, cotangent));
}

function rotateColumns(matrix: Float64Array, m: number, n: number, p: number, q: number, tangent: number): void {
  const cosine = 1 / Math.hypot(1, tangent);
  const sine = tangent * cosine;
  for (let i = 0; i < m; i++) {
    const [x, y] = [matrix[i * n + p], matrix[i * n + q]];
    matrix[i * n + p] = cosine * x - sine * y;
    matrix[i * n + q] = sine * x + cosine * y;
  }
}

function rotateRows(matrix: Float64Array, n: number, p: number, q: number, tangent: number): void {
  const cosine = 1 / Math.hypot(1, tangent);
  const sine = tangent * cosine;
  for (let j = 0; j < n; j++) {
    const [x, y] = [matrix[p * n + j], matrix[q * n + j]];
    matrix[p * n + j] = cosine * x - sine * y;
    matrix[q * n + j] = sine * x + cosine * y;
  }
}
