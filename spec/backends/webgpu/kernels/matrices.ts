import { slice, type Tensor, transposeLast } from "cotangent";
import type { DType } from "../../../../src/backends/backend.js";
import type { Make } from "./on-both.js";

export type Sizes = readonly [rows: number, inner: number, columns: number];

/** Small whole numbers: sums of their products are exact. */
export function small(count: number, dtype: DType = "f32"): number[] {
  return Array.from({ length: count }, (_, i) => ((i * 7919) % 23) - (dtype === "u32" ? 0 : 11));
}

/** A matrix that lies in memory as asked for, with something in front of it or not. */
export interface Layout {
  readonly transposed: boolean;
  readonly from: number;
}

export function matrix(
  make: Make,
  dtype: DType,
  rows: number,
  columns: number,
  { transposed, from }: Layout,
): Tensor<DType> {
  const shape = transposed ? [columns + from, rows] : [rows + from, columns];
  const all = make(small(shape[0] * shape[1], dtype), { shape, dtype });
  const held = slice(all, [from, 0], shape);
  return transposed ? transposeLast(held) : held;
}

/** A product of two such. */
export function productOf(
  make: Make,
  [rows, inner, columns]: Sizes,
  { dtype = "f32", a, b, from = 0 }: { dtype?: DType; a: boolean; b: boolean; from?: number },
): Tensor<DType> {
  const left = matrix(make, dtype, rows, inner, { transposed: a, from });
  return (left as Tensor).matmul(
    matrix(make, dtype, inner, columns, { transposed: b, from }) as Tensor,
  ) as Tensor<DType>;
}

/** Whether the left factor, and the right one, lies transposed in memory. */
export const layouts: readonly (readonly [boolean, boolean])[] = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
];
