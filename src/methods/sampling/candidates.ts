import type { Key, Shape, Tensor } from "../../autodiff/index.js";
import { rejectingSampler } from "./rejecting-sampler.js";
import type { Like, Sampler } from "./sampler.js";

/** Classes drawn as negatives, with what it takes to weight each by `1 / E[count]`. */
export interface Candidates {
  /** `[m]`, shared by all rows, or `[B, m]`. */
  readonly ids: Tensor<"i32">;
  /**
   * The same shape: log of how often the class is drawn on average, in nats; `log(m · q)` with replacement, `log π`
   * without. +Infinity leaves a candidate out, as its weight is 0.
   */
  readonly logExpectedCount: Tensor;
  /** The same logarithm for any ids: what a method needs that corrects the positive too. */
  readonly logExpectedCountOf?: (ids: Tensor<"i32">) => Tensor;
}

/** A way to draw a set of negatives: independent draws, or a design without replacement. */
export interface CandidateSampler {
  /** Number of classes; ids lie in [0, classes). */
  readonly classes: number;
  /** Classes that are never drawn, in ascending order, if there are any and they are known. */
  readonly missing?: readonly number[];
  /** True where not even a sum weighted by `1 / E[count]` is unbiased, as the count is only approximately that expected. */
  readonly approximate?: boolean;

  /**
   * Draws candidates on the key's backend.
   *
   * @param shape - `[m]`, or `[B, m]`
   * @param like - says which dtype `logExpectedCount` has
   * @param labels - `[B]`, with a shape `[B, m]`: the class that is no candidate in each row; a hit that remains is the
   * loss's to mask, which keeps it unbiased
   */
  candidates(key: Key, shape: Shape, like: Like, labels?: Tensor<"i32">): Candidates;
}

/**
 * Independent draws from a sampler, as candidates.
 *
 *     E[count_j] = m · q_j
 *
 * Reach for it to pass a sampler's draws to a loss that takes candidates, or to set how often a draw that hits the label
 * is drawn again.
 *
 * @param sampler - draws are independent and from q
 * @param rounds - draws at most until one is no label, where the sampler has no `without`; a whole number ≥ 1
 * @source Bengio and Senécal, "Adaptive Importance Sampling to Accelerate Training of a Neural Probabilistic Language
 * Model", IEEE TNN 2008
 */
export function independentCandidates(sampler: Sampler, rounds: number): CandidateSampler {
  const { classes, missing } = sampler;
  return {
    classes,
    ...(missing === undefined ? {} : { missing }),
    candidates: (key, shape, like, labels) => {
      const source =
        labels === undefined ? sampler : (sampler.without?.(labels) ?? rejectingSampler(sampler, labels, rounds));
      const ids = source.draw(key, shape);
      const logCount = Math.log(shape[shape.length - 1]);
      const logExpectedCountOf = (of: Tensor<"i32">) => source.logProbability(of, like).add(logCount);
      return { ids, logExpectedCount: logExpectedCountOf(ids), logExpectedCountOf };
    },
  };
}
