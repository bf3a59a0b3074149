import { type Tensor, tensor } from "cotangent";
import { floats } from "cotangent/testing";
import type { Arbitrary } from "fast-check";

/** Rows of numbers on the host. */
export type Rows = readonly Float64Array[];

/** Some rows of unit length. */
export function unitTable(count: number, width: number): Arbitrary<Rows> {
  return floats([count * width]).map((values) =>
    Array.from({ length: count }, (_, i) => unit(values.slice(i * width, (i + 1) * width))),
  );
}

/** A vector over its length; the first axis if it has none. */
export function unit(vector: Float64Array): Float64Array {
  const length = Math.hypot(...vector);
  return length < 1e-3 ? vector.map((_, i) => (i === 0 ? 1 : 0)) : vector.map((value) => value / length);
}

export const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

export const distance = (a: Float64Array, b: Float64Array): number => Math.hypot(...a.map((value, i) => value - b[i]));

/** `[rows, width]`, in f64. */
export function matrix(rows: Rows): Tensor {
  return tensor(Float64Array.from(rows.flatMap((row) => [...row])), { shape: [rows.length, rows[0].length] });
}

export const classIds = (...list: number[]): Tensor<"i32"> => tensor(Int32Array.from(list));

/** Rows turned in the plane of two axes, and so for each pair in turn. */
export function rotated(rows: Rows, angle: number): Rows {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return rows.map((row) => {
    const turned = row.slice();
    for (let i = 0; i + 1 < row.length; i++) {
      [turned[i], turned[i + 1]] = [c * turned[i] - s * turned[i + 1], s * turned[i] + c * turned[i + 1]];
    }
    return turned;
  });
}

/** The regular simplex of `count` unit vectors in `count` dimensions: axes less their mean. */
export function simplexRows(count: number): Rows {
  return Array.from({ length: count }, (_, c) =>
    unit(Float64Array.from({ length: count }, (_, i) => (i === c ? 1 : 0) - 1 / count)),
  );
}
