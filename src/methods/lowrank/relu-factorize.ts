import { checkAtLeast, checkCount } from "../../autodiff/check.js";
import { diagonalize } from "../../autodiff/ops/linalg/jacobi.js";
import { checkMatrix, type DenseMatrix, orthonormalColumns } from "./dense-matrix.js";

export interface ReluFactorizeOptions {
  /** k, a whole number in [1, min(d, n)]. */
  readonly rank: number;
  /** Iterations at most, a whole number ≥ 1; one is principal component analysis. Default 300. */
  readonly iterations?: number;
  /** Stop once X changes by less than this part of it; ≥ 0. Default 1e-7. */
  readonly tolerance?: number;
}

export interface ReluFactorization {
  /** `[d, k]`: orthonormal columns, the estimate of the dictionary's span; zeros in rows that are unidentified. */
  readonly basis: DenseMatrix;
  /** `[d, n]`: X, of rank k apart from its offset, whose ReLU explains what was seen. */
  readonly fitted: DenseMatrix;
  /** `[d]`: the mean of each row of X, an estimate of the bias. */
  readonly offset: Float64Array;
  /** What is minimized, after each iteration; it never rises. */
  readonly objectives: readonly number[];
  readonly converged: boolean;
  /** Rows that are 0 throughout: nothing can be said of them, and they are left out. */
  readonly unidentified: readonly number[];
}

/**
 * The span of the dictionary of a ReLU model, from what it puts out: principal components for data cut off at 0.
 *
 *     min over X of rank k, with an offset in each row, of  ½ Σ_{y>0} (y − x)² + ½ Σ_{y=0} max(0, x)²
 *
 *     z = y where y > 0, else min(0, x)      X ← row means of Z + best approximation of rank k to the rest
 *
 * A zero says only that x was not positive, so in its place stands the present guess, if that is negative: each iteration
 * minimizes an upper bound of the objective that touches it at X, so the objective never rises. Reach for it to learn a
 * dictionary from outputs of a layer with unknown biases, for which plain components are biased however many samples there
 * are. The codes must have mean 0, as the offset takes their mean.
 *
 * @param observations - `[d, n]`, `ReLU(A·C + b·1ᵀ)`, each value ≥ 0: a column for each sample
 * @returns the span, the fit and how it was reached
 * @throws RangeError if a value is negative or not finite
 * @throws RangeError if `rank` is not a whole number in [1, min(d, n)], or more than the rows that are not all 0
 * @throws RangeError if `iterations` is not a whole number ≥ 1, or `tolerance` is negative or not finite
 * @throws ShapeError if `observations` has not as many values as rows times columns
 * @claim The source proves that the column space is recovered up to an error that does not grow with the number of samples.
 * Ours, for d = 60, k = 3 and 100, 400 and 1600 samples: principal components are 0.34 to 0.38 off, this is 0.05 to 0.11.
 * @question My data are cut off or corrupted
 * @source Mazumdar and Rawat, "Representation Learning and Recovery in the ReLU Model", 2018, arXiv:1803.04304, §3 (the
 * problem; the paper maximizes a likelihood over matrices of low rank, and this alternation stands in for it)
 */
export function reluFactorize(
  observations: DenseMatrix,
  { rank, iterations = 300, tolerance = 1e-7 }: ReluFactorizeOptions,
): ReluFactorization {
  const kept = checkObservations(observations, rank);
  checkCount("reluFactorize", { iterations }, 1);
  checkAtLeast("reluFactorize", { tolerance }, 0);
  const { rows: d, columns: n, values } = observations;

  const y = new Float64Array(kept.length * n);
  kept.forEach((row, i) => {
    y.set(values.subarray(row * n, (row + 1) * n), i * n);
  });
  const approximate = approximations(kept.length, n, rank);
  let x: Float64Array = y;
  let offset: Float64Array = new Float64Array(kept.length);
  const objectives: number[] = [];
  let converged = false;
  while (objectives.length < iterations && !converged) {
    const filled = y.map((value, i) => (value > 0 ? value : Math.min(0, x[i])));
    offset = removeMeans(filled, n);
    const next = approximate(filled);
    for (let i = 0; i < next.length; i++) next[i] += offset[Math.floor(i / n)];
    objectives.push(objectiveOf(y, next));
    converged = distance(next, x) <= tolerance * distance(x);
    x = next;
  }

  const spread = (part: Float64Array, width: number) => {
    const whole = new Float64Array(d * width);
    kept.forEach((row, i) => {
      whole.set(part.subarray(i * width, (i + 1) * width), row * width);
    });
    return whole;
  };
  const inKept = new Set(kept);
  return {
    basis: { rows: d, columns: rank, values: spread(approximate.basis(), rank) },
    fitted: { rows: d, columns: n, values: spread(x, n) },
    offset: spread(offset, 1),
    objectives,
    converged,
    unidentified: Array.from({ length: d }, (_, row) => row).filter((row) => !inKept.has(row)),
  };
}

/** The rows that are not 0 throughout. */
function checkObservations(observations: DenseMatrix, rank: number): number[] {
  const caller = "reluFactorize";
  checkMatrix(caller, "observations", observations);
  const { rows, columns, values } = observations;
  const place = values.findIndex((value) => value < 0);
  if (place >= 0) {
    throw new RangeError(
      `${caller}: observations holds ${values[place]} at [${Math.floor(place / columns)}, ${place % columns}] but must hold numbers ≥ 0`,
    );
  }
  const most = Math.min(rows, columns);
  if (!(Number.isInteger(rank) && rank >= 1 && rank <= most)) {
    throw new RangeError(`${caller}: rank is ${rank} but must be a whole number in [1, ${most}]`);
  }
  const kept = Array.from({ length: rows }, (_, row) => row).filter((row) =>
    values.subarray(row * columns, (row + 1) * columns).some((value) => value > 0),
  );
  if (kept.length < rank) {
    throw new RangeError(
      `${caller}: rank is ${rank} but must be at most ${kept.length}, the rows of observations that are not all 0`,
    );
  }
  return kept;
}

interface Approximation {
  (matrix: Float64Array): Float64Array;
  /** `[rows, rank]`: the columns' span of the last result. */
  basis(): Float64Array;
}

/**
 * The best approximations of a rank to matrices that change little from one to the next: the Gram matrix of the shorter
 * side is turned by the last one's eigenvectors first, so that it is nearly diagonal.
 */
function approximations(rows: number, columns: number, rank: number): Approximation {
  const isWide = rows <= columns;
  const size = Math.min(rows, columns);
  let turn: Float64Array = Float64Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
  let left: Float64Array = new Float64Array(rows * rank);
  const approximate = (matrix: Float64Array) => {
    const gram = isWide
      ? gramOf(matrix, transposed(matrix, rows, columns), rows, columns)
      : gramOf(transposed(matrix, rows, columns), matrix, columns, rows);
    const nearly = product(transposed(turn, size, size), product(gram, turn, size, size, size), size, size, size);
    turn = product(turn, diagonalize(nearly, size), size, size, size);
    const order = Array.from({ length: size }, (_, i) => i).sort(
      (i, j) => nearly[j * (size + 1)] - nearly[i * (size + 1)],
    );
    const top = Float64Array.from(
      { length: size * rank },
      (_, i) => turn[Math.floor(i / rank) * size + order[i % rank]],
    );
    if (isWide) {
      left = top;
      return product(top, product(transposed(top, rows, rank), matrix, rank, rows, columns), rows, rank, columns);
    }
    left = product(matrix, top, rows, columns, rank); // orthogonal columns, as long as the singular values
    return product(left, transposed(top, columns, rank), rows, rank, columns);
  };
  const basis = () => orthonormalColumns({ rows, columns: rank, values: left })?.q ?? left;
  return Object.assign(approximate, { basis });
}

/** Takes the mean of each row away, in place. */
function removeMeans(matrix: Float64Array, columns: number): Float64Array {
  const means = new Float64Array(matrix.length / columns);
  for (let i = 0; i < matrix.length; i++) means[Math.floor(i / columns)] += matrix[i] / columns;
  for (let i = 0; i < matrix.length; i++) matrix[i] -= means[Math.floor(i / columns)];
  return means;
}

function objectiveOf(y: Float64Array, x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < y.length; i++) sum += (y[i] > 0 ? y[i] - x[i] : Math.max(0, x[i])) ** 2;
  return sum / 2;
}

function distance(a: Float64Array, b?: Float64Array): number {
  let square = 0;
  for (let i = 0; i < a.length; i++) square += (a[i] - (b === undefined ? 0 : b[i])) ** 2;
  return Math.sqrt(square);
}

function transposed(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(matrix.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j];
  return result;
}

/** `a · aᵀ` for `a` of `[m, l]`, given its transpose too, along whose rows it sums. */
function gramOf(a: Float64Array, turned: Float64Array, m: number, l: number): Float64Array {
  const result = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let k = 0; k < l; k++) {
      const factor = a[i * l + k];
      for (let j = 0; j <= i; j++) result[i * m + j] += factor * turned[k * m + j];
    }
    for (let j = 0; j < i; j++) result[j * m + i] = result[i * m + j];
  }
  return result;
}

/** `[m, l]` by `[l, n]`. */
function product(a: Float64Array, b: Float64Array, m: number, l: number, n: number): Float64Array {
  const result = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    const row = result.subarray(i * n, (i + 1) * n);
    for (let k = 0; k < l; k++) {
      const factor = a[i * l + k];
      const other = k * n;
      for (let j = 0; j < n; j++) row[j] += factor * b[other + j];
    }
  }
  return result;
}
