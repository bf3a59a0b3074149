import { checkCount } from "../../autodiff/check.js";
import { allocate } from "../../autodiff/dtype.js";
import { leaf } from "../../autodiff/graph.js";
import { arange, bernoulli, broadcastTo, cast, gather, log, type Tensor, where } from "../../autodiff/index.js";
import type { CandidateSampler } from "./candidates.js";
import { countWithoutReplacement, designWeights } from "./design-weights.js";
import { finestFloat } from "./draw-shape.js";

export interface PoissonSamplerOptions {
  /** `[C]`, ≥ 0, on any scale; C ≥ 2. */
  readonly weights: ArrayLike<number>;
}

/**
 * Each class is a candidate or not, independently of the others; m are on average.
 *
 *     π_j = min(1, c · q_j)      c such that Σ π = m
 *
 * Reach for it to check other designs against: the Horvitz–Thompson estimate `Σ_{j∈S} f_j / π_j` of a sum is unbiased,
 * and its variance has a closed form. The number of candidates varies, so that candidates are all C classes, and those
 * that were not drawn weigh nothing: a step costs O(C).
 *
 * @returns draws candidates `[C]` for a shape `[m]`, `[B, C]` for `[B, m]`
 * @throws RangeError if there are fewer than 2 weights, one is negative or not finite, or all are 0
 * @source Horvitz and Thompson, "A Generalization of Sampling Without Replacement From a Finite Universe", JASA 1952
 */
export function poissonSampler({ weights }: PoissonSamplerOptions): CandidateSampler {
  const { logWeights, missing } = designWeights("poissonSampler", weights);
  const classes = logWeights.length;
  const solved = new Map<number, Float64Array>();
  return {
    classes,
    ...(missing.length > 0 ? { missing } : {}),
    candidates: (key, shape, like) => {
      const count = countWithoutReplacement("poissonSampler", shape, classes, missing.length);
      const inclusion = solved.get(count) ?? inclusionProbabilities(weights, count);
      solved.set(count, inclusion);
      const dtype = finestFloat(key.backend);
      const values = allocate(dtype, classes);
      values.set(inclusion);
      const chances = leaf(key.backend, values, [classes], dtype) as Tensor;
      const sizes = [...shape.slice(0, -1), classes];
      const isDrawn = bernoulli(key, broadcastTo(chances, sizes));
      const logExpectedCountOf = (ids: Tensor<"i32">) => cast(log(gather(chances, ids)), like.dtype);
      const ids = broadcastTo(arange(classes, { backend: key.backend, dtype: "i32" }), sizes);
      const logExpectedCount = where(isDrawn, logExpectedCountOf(ids), Number.POSITIVE_INFINITY);
      return { ids, logExpectedCount, logExpectedCountOf };
    },
  };
}

/**
 * Chances in proportion to weights, cut at 1, that add up to a whole number.
 *
 *     π_j = min(1, c · q_j)      Σ π = m
 *
 * c is exact: as many of the heaviest classes are certain as must be, and the rest share what is left.
 *
 * @param weights - `[C]`, ≥ 0, on any scale
 * @param count - m, at most the number of weights above 0
 * @returns `[C]`, in [0, 1]
 * @throws RangeError if there are fewer than 2 weights, one is negative or not finite, or all are 0
 * @throws RangeError if `count` is no whole number ≥ 1, or more than there are weights above 0
 * @source Särndal, Swensson and Wretman, "Model Assisted Survey Sampling", 1992 (sampling in proportion to size)
 */
export function inclusionProbabilities(weights: ArrayLike<number>, count: number): Float64Array {
  checkCount("inclusionProbabilities", { count }, 1);
  const possible = weights.length - designWeights("inclusionProbabilities", weights).missing.length;
  if (count > possible) {
    throw new RangeError(
      `inclusionProbabilities: count is ${count} but must be in [1, ${possible}], as many weights are above 0`,
    );
  }
  const sorted = Float64Array.from(weights).sort().reverse();
  const tails = new Float64Array(sorted.length + 1); // summed from the lightest: nothing is lost
  for (let i = sorted.length - 1; i >= 0; i--) tails[i] = tails[i + 1] + sorted[i];
  let certain = 0;
  while (certain < count && (count - certain) * sorted[certain] > tails[certain]) certain++;
  const scale = (count - certain) / tails[certain];
  const least = certain === 0 ? Number.POSITIVE_INFINITY : sorted[certain - 1];
  return Float64Array.from(weights, (weight) => (weight >= least ? 1 : Math.min(1, weight * scale)));
}
