import { checkAbove, checkAtLeast, checkBetween, checkOneOf } from "../../autodiff/check.js";

export interface UnigramPowerOptions {
  /** Exponent α, in [0, 1]: 0 gives the uniform distribution, 1 the unigram. Default 0.75. */
  readonly power?: number;
  /** Allow a power above 1, which makes frequent classes more frequent still. Default false. */
  readonly allowSharpening?: boolean;
}

/**
 * The noise distribution of word2vec: relative frequencies, flattened by a power.
 *
 *     p_n(y) = count(y)^α / Σ count^α
 *
 * Reach for it to draw negatives: rare classes come up more often than in the data, frequent ones less.
 *
 * @param counts - `[C]`, how often each class occurs, finite and ≥ 0, at least one above 0; with α = 0 those that never
 * occur are drawn like the others, else never
 * @returns `[C]` probabilities that sum to 1
 * @throws RangeError if `power` is negative or not finite, or above 1 without `allowSharpening`
 * @throws RangeError if a count is negative or not finite, or none is above 0
 * @source Mikolov et al., "Distributed Representations of Words and Phrases and their Compositionality", NeurIPS 2013,
 * arXiv:1310.4546, section 2.2
 */
export function unigramPower(
  counts: ArrayLike<number>,
  { power = 0.75, allowSharpening = false }: UnigramPowerOptions = {},
): Float64Array {
  checkAtLeast("unigramPower", { power }, 0);
  if (power > 1 && !allowSharpening) {
    throw new RangeError(`unigramPower: power is ${power} but must be in [0, 1]; set allowSharpening if it is meant`);
  }
  let most = 0;
  for (let i = 0; i < counts.length; i++) {
    checkAtLeast("unigramPower", { [`counts[${i}]`]: counts[i] }, 0);
    most = Math.max(most, counts[i]);
  }
  if (most === 0) throw new RangeError("unigramPower: counts has no count above 0 but must have one");
  const weights = Float64Array.from(counts, (count) => (count / most) ** power); // the ratio cannot overflow
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

export interface SubsampleKeepProbabilityOptions {
  /** Relative frequency t up to which every token is kept, > 0. Default 1e-5. */
  readonly threshold?: number;
  /**
   * `"paper"` keeps √(t/f) of the tokens, `"released"`, as the program that the authors released, √(t/f) + t/f. Default
   * `"paper"`.
   */
  readonly formula?: "paper" | "released";
}

/**
 * How likely a token of each class is kept when frequent ones are thinned out.
 *
 *     keep(f) = min(1, √(t / f))             formula "paper"
 *     keep(f) = min(1, √(t / f) + t / f)     formula "released"
 *
 * Reach for it before training embeddings on text: function words cost most of the time and teach little.
 *
 * @param frequencies - `[C]`, share of each class among all tokens, in [0, 1]
 * @returns `[C]` probabilities in (0, 1], 1 where f ≤ t
 * @throws RangeError if `threshold` is not a finite number above 0
 * @throws RangeError if a frequency is outside [0, 1]
 * @throws TypeError if `formula` is neither of the two
 * @source Mikolov et al., "Distributed Representations of Words and Phrases and their Compositionality", NeurIPS 2013,
 * arXiv:1310.4546, eq. 5
 */
export function subsampleKeepProbability(
  frequencies: ArrayLike<number>,
  { threshold = 1e-5, formula = "paper" }: SubsampleKeepProbabilityOptions = {},
): Float64Array {
  checkAbove("subsampleKeepProbability", { threshold }, 0);
  checkOneOf("subsampleKeepProbability", "formula", formula, ["paper", "released"]);
  return Float64Array.from(frequencies, (frequency, i) => {
    checkBetween("subsampleKeepProbability", { [`frequencies[${i}]`]: frequency }, 0, 1);
    const ratio = threshold / frequency; // ∞ at 0, where the minimum is 1
    return Math.min(1, formula === "paper" ? Math.sqrt(ratio) : Math.sqrt(ratio) + ratio);
  });
}
