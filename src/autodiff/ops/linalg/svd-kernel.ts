import { orthogonalizeColumns, turnSigns } from "./jacobi.js";

interface Factors {
  /** `[rows, k]` */
  readonly u: Float64Array;
  /** `[k]` */
  readonly values: Float64Array;
  /** `[columns, k]` */
  readonly v: Float64Array;
}

/** The thin singular value decomposition of a finite matrix, values descending, signs as `svd` says. */
export function thinSvd(matrix: Float64Array, rows: number, columns: number): Factors {
  if (rows < columns) {
    const { u, values, v } = tall(turned(matrix, rows, columns), columns, rows);
    return signed({ u: v, values, v: u }, rows, columns);
  }
  return signed(tall(matrix, rows, columns), rows, columns);
}

/** For `m ≥ n`. */
function tall(matrix: Float64Array, m: number, n: number): Factors {
  let largest = 0;
  for (const x of matrix) largest = Math.max(largest, Math.abs(x));
  const work = matrix.map((x) => (largest === 0 ? 0 : x / largest)); // no square overflows
  const rotations = orthogonalizeColumns(work, m, n);
  const norms = Float64Array.from({ length: n }, (_, j) => {
    let square = 0;
    for (let i = 0; i < m; i++) square += work[i * n + j] ** 2;
    return Math.sqrt(square);
  });
  const order = [...Array(n).keys()].sort((i, j) => norms[j] - norms[i]);
  const u = new Float64Array(m * n);
  const v = new Float64Array(n * n);
  order.forEach((from, to) => {
    for (let i = 0; i < n; i++) v[i * n + to] = rotations[i * n + from];
    if (norms[from] > 0) for (let i = 0; i < m; i++) u[i * n + to] = work[i * n + from] / norms[from];
    else complete(u, m, n, to);
  });
  return { u, values: Float64Array.from(order, (from) => norms[from] * largest), v };
}

/** Makes column `k` a unit vector orthogonal to those before it: what is left of the axis that they cover least. */
function complete(u: Float64Array, m: number, n: number, k: number): void {
  let axis = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < m; i++) {
    let covered = 0;
    for (let j = 0; j < k; j++) covered += u[i * n + j] ** 2;
    if (covered < least) [axis, least] = [i, covered];
  }
  u[axis * n + k] = 1;
  // Twice: the first pass leaves what the subtraction lost.
  for (let pass = 0; pass < 2; pass++) {
    for (let j = 0; j < k; j++) {
      let along = 0;
      for (let i = 0; i < m; i++) along += u[i * n + j] * u[i * n + k];
      for (let i = 0; i < m; i++) u[i * n + k] -= along * u[i * n + j];
    }
    let square = 0;
    for (let i = 0; i < m; i++) square += u[i * n + k] ** 2;
    for (let i = 0; i < m; i++) u[i * n + k] /= Math.sqrt(square);
  }
}

function signed({ u, values, v }: Factors, rows: number, columns: number): Factors {
  const k = values.length;
  turnSigns(u, rows, k).forEach((turn, j) => {
    if (turn) for (let i = 0; i < columns; i++) v[i * k + j] *= -1;
  });
  return { u, values, v };
}

function turned(matrix: Float64Array, rows: number, columns: number): Float64Array {
  return Float64Array.from(matrix, (_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)]);
}
