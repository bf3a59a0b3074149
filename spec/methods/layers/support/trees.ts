import { type Key, leavesOf, normal, randomKey, rebuild, type Tensor, type Tree, tensor } from "cotangent";

/** A tree of the form of another with normal values in double precision, none of them special as zeros and ones are. */
export async function shaken<T extends Tree>(tree: T, seed: number, spread = 0.5): Promise<T> {
  const key: Key = randomKey(seed);
  const leaves: Tensor[] = [];
  for (const [i, leaf] of leavesOf(tree).entries()) {
    const noise = await normal(key.at(i), leaf.shape, { dtype: "f64" }).data();
    const start = await leaf.data();
    leaves.push(
      tensor(
        Float64Array.from(noise, (x, j) => start[j] + spread * x),
        { shape: leaf.shape },
      ),
    );
  }
  return rebuild(tree, leaves);
}

/** Rows of plain numbers. */
export function rowsOf(values: ArrayLike<number>, width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, i) =>
    Array.from({ length: width }, (_, j) => values[i * width + j]),
  );
}

/** The row-major values in the order of a permutation of the rows. */
export function permuted(values: Float64Array, width: number, order: readonly number[]): Float64Array {
  return Float64Array.from(order.flatMap((row) => [...values.subarray(row * width, (row + 1) * width)]));
}
