import { ShapeError } from "../../autodiff/check.js";

/** A matrix on the host. */
export interface DenseMatrix {
  readonly rows: number;
  readonly columns: number;
  /** `[rows · columns]`, row by row. */
  readonly values: Float64Array;
}

/** Throws unless the matrix has as many values as it says, all of them finite. */
export function checkMatrix(caller: string, name: string, { rows, columns, values }: DenseMatrix): void {
  const isShape = Number.isInteger(rows) && Number.isInteger(columns) && rows >= 1 && columns >= 1;
  if (!isShape || values.length !== rows * columns) {
    throw new ShapeError(
      `${caller}: ${name} is ${rows} by ${columns} with ${values.length} values but must have rows · columns of them, at least 1`,
    );
  }
  const place = values.findIndex((value) => !Number.isFinite(value));
  if (place < 0) return;
  throw new RangeError(
    `${caller}: ${name} holds ${values[place]} at [${Math.floor(place / columns)}, ${place % columns}] but must hold finite numbers`,
  );
}

export interface Orthonormal {
  /** `[rows, columns]`: orthonormal columns that span those of the matrix. */
  readonly q: Float64Array;
  /** `[columns, columns]`, upper triangular: `matrix = q · r`. */
  readonly r: Float64Array;
}

/** The QR decomposition by Gram–Schmidt, each column twice; undefined where a column depends on those before it. */
export function orthonormalColumns({ rows, columns, values }: DenseMatrix): Orthonormal | undefined {
  const q = values.slice();
  const r = new Float64Array(columns * columns);
  for (let j = 0; j < columns; j++) {
    const before = columnNorm(q, rows, columns, j);
    // Twice: the first pass leaves what the subtraction lost.
    for (let pass = 0; pass < 2; pass++) {
      for (let i = 0; i < j; i++) {
        let along = 0;
        for (let row = 0; row < rows; row++) along += q[row * columns + i] * q[row * columns + j];
        for (let row = 0; row < rows; row++) q[row * columns + j] -= along * q[row * columns + i];
        r[i * columns + j] += along;
      }
    }
    const norm = columnNorm(q, rows, columns, j);
    if (!(norm > 1e-12 * before)) return undefined;
    r[j * columns + j] = norm;
    for (let row = 0; row < rows; row++) q[row * columns + j] /= norm;
  }
  return { q, r };
}

function columnNorm(values: Float64Array, rows: number, columns: number, j: number): number {
  let square = 0;
  for (let row = 0; row < rows; row++) square += values[row * columns + j] ** 2;
  return Math.sqrt(square);
}

/** `matrix · x`. */
export function times({ rows, columns, values }: DenseMatrix, x: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += values[row * columns + j] * x[j];
    return sum;
  });
}
