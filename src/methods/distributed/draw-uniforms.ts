import { type Key, uniform } from "../../autodiff/index.js";

/** Uniform numbers on [0, 1), on the host, as fine as the key's backend makes them. */
export async function drawUniforms(key: Key, count: number): Promise<Float64Array> {
  const dtype = key.backend.dtypes.has("f64") ? "f64" : "f32";
  return Float64Array.from(await uniform(key, [count], { dtype }).data());
}

/** The indices of the smallest `count` numbers, ascending; of equal ones the first. */
export function smallest(numbers: ArrayLike<number>, count: number): number[] {
  const order = Array.from(numbers, (_, i) => i).sort((a, b) => numbers[a] - numbers[b]); // it is stable
  return order.slice(0, count).sort((a, b) => a - b);
}
