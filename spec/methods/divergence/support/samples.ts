import { type Tensor, tensor } from "cotangent";

/** `[n, width]`, in f64. */
export const matrix = (values: ArrayLike<number>, width: number): Tensor =>
  tensor(Float64Array.from(values), { shape: [values.length / width, width] });

/** The rows of a matrix of that width. */
export const rowsOf = (values: Float64Array, width: number): Float64Array[] =>
  Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));

/** `exp(−‖a − b‖² / 2s²)` of all pairs of rows. */
export function gram(x: Float64Array, y: Float64Array, width: number, s: number): number[][] {
  const near = (a: Float64Array, b: Float64Array) =>
    Math.exp(-a.reduce((sum, v, k) => sum + (v - b[k]) ** 2, 0) / (2 * s * s));
  return rowsOf(x, width).map((a) => rowsOf(y, width).map((b) => near(a, b)));
}

export const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
export const mean = (table: readonly number[][]): number =>
  total(table.map((row) => total(row) / row.length)) / table.length;
