import { type Float, normal, randomKey, tensor, zeros } from "cotangent";
import type { LinearParameters } from "cotangent/methods/layers";
import type { EditedFacts } from "cotangent/methods/unlearning";

/** Facts that a linear model can learn: keys in general position, fewer than there are dimensions. */
export async function linearFacts(
  count = 6,
  modified: readonly number[] = [1, 4],
  seed = 0,
): Promise<EditedFacts<Float>> {
  const values = await normal(randomKey(seed), [count, 8], { dtype: "f64" }).data();
  const inputs = tensor(Float64Array.from(values), { shape: [count, 8] });
  const targets = tensor(Int32Array.from({ length: count }, (_, i) => (modified.includes(i) ? (i + 1) % 3 : i % 3)));
  return { inputs, targets, modified };
}

/** Parameters that know nothing. */
export function blank(): LinearParameters {
  const place = { dtype: "f64" } as const;
  return { weights: zeros([8, 3], place), bias: zeros([3], place) };
}
