import { type Tensor, tensor } from "cotangent";
import type { LabelledPoints } from "cotangent/methods/fewshot";

export type Point = readonly number[];

export const matrix = (rows: readonly Point[]): Tensor =>
  tensor(Float64Array.from(rows.flat()), { shape: [rows.length, rows[0].length] }) as Tensor;

export const labelled = (rows: readonly Point[], labels: ArrayLike<number>): LabelledPoints => ({
  points: matrix(rows),
  labels: tensor(Int32Array.from(labels)),
});

export const rowsOf = (values: ArrayLike<number>, width: number): number[][] =>
  Array.from({ length: values.length / width }, (_, i) => Array.from(values).slice(i * width, (i + 1) * width));

/** √(‖a − b‖² + 10⁻⁶) */
export const distance = (a: Point, b: Point): number =>
  Math.sqrt(a.reduce((total, v, k) => total + (v - b[k]) ** 2, 1e-6));

export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
