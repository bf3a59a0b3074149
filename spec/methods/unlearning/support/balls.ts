import { type Tensor, tensor } from "cotangent";

export type Pair = { readonly a: Tensor; readonly b: Tensor };

/** Six numbers as a tree of a vector and a matrix. */
export function pair(values: Float64Array): Pair {
  return { a: tensor(values.slice(0, 2)), b: tensor(values.slice(2, 6), { shape: [2, 2] }) };
}

/** Its six numbers. */
export async function flat({ a, b }: Pair): Promise<Float64Array> {
  return Float64Array.from([...(await a.data()), ...(await b.data())]);
}

export function distance(x: ArrayLike<number>, y: ArrayLike<number>): number {
  return Math.hypot(...Array.from(x, (value, i) => value - y[i]));
}
