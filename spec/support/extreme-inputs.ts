import { concat, expandDims, eye, type Tensor, takeAlongAxis, tensor } from "cotangent/core";
import * as sampling from "cotangent/methods/sampling";
import { SIZE, type Surroundings } from "./extremes.js";

/** Frequencies of a long tail, some ten orders of magnitude long. */
export const counts: readonly number[] = [1e6, 1e5, 3e4, 1000, 10, 3, 1, 1e-4];
const total = counts.reduce((sum, count) => sum + count);
export const priorList: readonly number[] = counts.map((count) => count / total);

/** Numbers beside `x`, in its precision. */
export const beside = (x: Tensor, values: readonly number[], shape: readonly number[] = [values.length]): Tensor =>
  tensor(values, { backend: x.backend, dtype: x.dtype, shape }) as Tensor;
export const ints = (
  x: Tensor<"i32">,
  values: readonly number[],
  shape: readonly number[] = [values.length],
): Tensor<"i32"> => tensor(values, { backend: x.backend, dtype: "i32" as const, shape }) as Tensor<"i32">;
export const uniformList: readonly number[] = Array.from({ length: SIZE }, () => 1 / SIZE);

/** A linear layer that passes the scores on as they are: products with the identity are exact. */
export const identity = (x: Tensor): Tensor => eye(SIZE, x);
export const table = (x: Tensor): sampling.ClassTable => ({
  weights: identity(x),
  bias: beside(x, Array(SIZE).fill(0)),
});

export const positiveOf = (x: Tensor, labels: Tensor<"i32">): Tensor =>
  takeAlongAxis(x, expandDims(labels, 1), 1).reshape([SIZE]);
/** The other classes' scores: those to the right of the label, going round. */
export const noiseOf = (x: Tensor, labels: Tensor<"i32">): Tensor => {
  const others = Array.from({ length: SIZE * (SIZE - 1) }, (_, i) => {
    const row = Math.floor(i / (SIZE - 1));
    return (row + 1 + (i % (SIZE - 1))) % SIZE;
  });
  const ids = ints(labels, others, [SIZE, SIZE - 1]);
  return takeAlongAxis(x, ids, 1);
};
export const contrast = (x: Tensor, { labels }: Surroundings): sampling.Contrast => ({
  positive: positiveOf(x, labels),
  noise: noiseOf(x, labels),
});
/** log p_n of a long tail, of each label and of the others. */
export const noise = (x: Tensor, surroundings: Surroundings): sampling.Contrast =>
  contrast(
    concat(
      Array.from({ length: SIZE }, () => beside(x, priorList.map(Math.log), [1, SIZE])),
      0,
    ),
    surroundings,
  );

/** A long tail's probabilities with draws that are the same everywhere: a device without f64 draws others of the same law. */
export function sampler(): sampling.Sampler {
  const law = sampling.aliasSampler({ weights: counts.map(Math.sqrt) });
  return {
    classes: SIZE,
    draw({ backend }, shape) {
      const wanted = typeof shape === "number" ? [shape] : shape;
      const ids = Array.from(
        { length: wanted.reduce((size, length) => size * length, 1) },
        (_, i) => (7 * i + 3) % SIZE,
      );
      return tensor(ids, { backend, dtype: "i32" as const, shape: wanted }) as Tensor<"i32">;
    },
    logProbability: (ids, like) => law.logProbability(ids, like),
  };
}
export const signs = (labels: Tensor<"i32">): Tensor<"i32"> =>
  ints(
    labels,
    Array.from({ length: SIZE * SIZE }, (_, i) => (i % (SIZE + 1) === 0 ? 1 : -1)),
  );
