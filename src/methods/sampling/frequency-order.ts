import { checkAtLeast } from "../../autodiff/check.js";

/** Classes in the order of their frequency, and back. */
export interface FrequencyOrder {
  /** `[C]`, the rank of each class: 0 for the most frequent. */
  readonly rankOf: Int32Array;
  /** `[C]`, the class at each rank. */
  readonly classAt: Int32Array;
  /** `[C]`, counts by rank, never increasing. */
  readonly counts: Float64Array;
}

/**
 * Sorts classes by how often they occur, ties by class.
 *
 *     counts[rankOf[c]] = counts of c      classAt[rankOf[c]] = c
 *
 * Reach for it before methods that need frequent classes first, as `adaptiveSoftmax` and `logUniformSampler` do: map labels
 * by `rankOf`, predictions back by `classAt`.
 *
 * @param counts - `[C]`, how often each class occurs, finite and ≥ 0
 * @throws RangeError if a count is negative or not finite
 * @source Grave et al., "Efficient Softmax Approximation for GPUs", ICML 2017, arXiv:1609.04309, section 4
 */
export function frequencyOrder(counts: ArrayLike<number>): FrequencyOrder {
  for (let c = 0; c < counts.length; c++) checkAtLeast("frequencyOrder", { [`counts[${c}]`]: counts[c] }, 0);
  const classAt = Int32Array.from(counts, (_, c) => c).sort((a, b) => counts[b] - counts[a] || a - b);
  const rankOf = new Int32Array(counts.length);
  classAt.forEach((c, rank) => {
    rankOf[c] = rank;
  });
  return { rankOf, classAt, counts: Float64Array.from(classAt, (c) => counts[c]) };
}
