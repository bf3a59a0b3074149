import { arange, choice, equal, expandDims, full, type Key, type Tensor, where } from "cotangent";
import type { CandidateSampler } from "cotangent/methods/sampling";

/** All subsets of a size, of 0, …, n − 1. */
export function subsetsOf(n: number, size: number, first = 0): number[][] {
  if (size === 0) return [[]];
  const found: number[][] = [];
  for (let head = first; head <= n - size; head++) {
    for (const rest of subsetsOf(n, size - 1, head + 1)) found.push([head, ...rest]);
  }
  return found;
}

export const sumOf = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0);
export const meanOf = (values: ArrayLike<number>): number => sumOf(values) / values.length;

/** In descending order. */
export const descending = (values: ArrayLike<number>): number[] => Array.from(values).sort((a, b) => b - a);

/** The mean of the k largest. */
export const topKMeanOf = (values: ArrayLike<number>, k: number): number => meanOf(descending(values).slice(0, k));

/** A minibatch of distinct rows, all as likely, whose every outcome `expectation` can go through. */
export const minibatch = (key: Key, rows: number, size: number): Tensor<"i32"> =>
  choice(key, full([rows], 1, { backend: key.backend, dtype: "f64" }), size, { replace: false });

/** Distinct classes other than the label, all as likely; `expectation` can go through every outcome. */
export function distinctOthers(classes: number): CandidateSampler {
  return {
    classes,
    candidates: (key, shape, like, labels) => {
      const { backend } = key;
      const count = shape[shape.length - 1];
      const even = full([...shape.slice(0, -1), classes], 1, { backend, dtype: like.dtype });
      const others =
        labels === undefined ? even : where(equal(expandDims(labels, 1), arange(classes, labels)), 0, even);
      const ids = choice(key, others, count, { replace: false });
      return { ids, logExpectedCount: full(shape, Math.log(count / (classes - 1)), { backend, dtype: like.dtype }) };
    },
  };
}
