import { checkAtLeast, checkCount } from "../../autodiff/check.js";

export interface PropensityOptions {
  /** N, the number of training examples, a whole number ≥ 3: with fewer log N − 1 is negative. */
  readonly examples: number;
  /** A ≥ 0: how fast the propensity grows with frequency. 0.5 for Wikipedia data, 0.6 for Amazon. Default 0.55. */
  readonly a?: number;
  /** B ≥ 0: examples that every label is taken to have on top. 0.4 for Wikipedia data, 2.6 for Amazon. Default 1.5. */
  readonly b?: number;
}

/**
 * The chance that a true label was recorded at all, modelled by how often it was: rare labels are often forgotten.
 *
 *     p = 1 / (1 + C · e^{−A · log(count + B)})      C = (log N − 1) · (B + 1)^A
 *
 * Reach for it to score predictions by `propensityScoredPrecisionAt`, which counts a hit as 1/p.
 *
 * @param counts - `[labels]` training examples that have the label, whole numbers in `[0, examples]`
 * @returns `[labels]` propensities in `[0, 1)`, growing with the count; 0 only where B and the count are
 * @throws RangeError if `examples` is not a whole number ≥ 3, a count is out of range, or `a` or `b` is negative or not finite
 * @source Jain, Prabhu and Varma, "Extreme Multi-label Loss Functions for Recommendation, Tagging, Ranking & Other Missing
 * Label Applications", KDD 2016, section 4
 */
export function labelPropensities(counts: ArrayLike<number>, options: PropensityOptions): Float64Array {
  const { examples, a = 0.55, b = 1.5 } = options;
  checkCount("labelPropensities", { examples }, 3);
  checkAtLeast("labelPropensities", { a, b }, 0);
  const scale = (Math.log(examples) - 1) * (b + 1) ** a;
  return Float64Array.from(counts, (count, label) => {
    if (!(Number.isInteger(count) && count >= 0 && count <= examples)) {
      throw new RangeError(
        `labelPropensities: counts[${label}] is ${count} but must be a whole number in [0, ${examples}]`,
      );
    }
    return 1 / (1 + scale * (count + b) ** -a);
  });
}
