import { checkBetween, checkCount } from "../../autodiff/check.js";
import type { Key } from "../../autodiff/index.js";
import { drawUniforms } from "./draw-uniforms.js";
import type { ErasureCode } from "./erasure-code.js";

export interface RecoveryProbabilitiesOptions {
  /** Chance q₀ that a position is erased, each on its own, in [0, 1]. */
  readonly erasureProbability: number;
  /** Patterns that are drawn for a code with more than 16 positions, a whole number ≥ 1. Default 10 000. */
  readonly samples?: number;
}

/** Positions of codes whose patterns, 2^N, are all gone through. */
const enumerated = 16;

/**
 * How likely a given code recovers each row of a message.
 *
 *     π_j = Σ_{S ⊆ [N]} q₀^|S| · (1 − q₀)^{N−|S|} · [row j is recovered when S is erased]
 *
 * Exact for codes with at most 16 positions. For longer ones the mean over random patterns, with a standard deviation of
 * at most `1 / (2·√samples)`; the patterns of one key grow with q₀, so that π_j never increases in it.
 *
 * Reach for it to take the shrinkage out of `momentEncodedGradient`.
 *
 * @param code - the code, with its decoder
 * @param options - the chance of an erasure
 * @param key - where patterns are drawn from; not used for short codes
 * @returns `[K]`
 * @throws RangeError if `erasureProbability` is outside [0, 1], or `samples` not a whole number ≥ 1
 * @source Maity, Rawat and Mazumdar, "Robust Gradient Descent via Moment Encoding with LDPC Codes", ISIT 2019,
 * arXiv:1805.08327, where the mean over codes stands; that of the given code is ours
 */
export async function recoveryProbabilities(
  code: ErasureCode,
  { erasureProbability, samples = 10_000 }: RecoveryProbabilitiesOptions,
  key: Key,
): Promise<Float64Array> {
  const caller = "recoveryProbabilities";
  checkBetween(caller, { erasureProbability }, 0, 1);
  checkCount(caller, { samples }, 1);
  const { length, dimension } = code;
  const probabilities = new Float64Array(dimension);
  const add = (erased: readonly number[], weight: number) => {
    code.recoverable(erased).forEach((found, row) => {
      probabilities[row] += found * weight;
    });
  };
  const positions = Array.from({ length }, (_, position) => position);
  if (length <= enumerated) {
    for (let pattern = 0; pattern < 2 ** length; pattern++) {
      const erased = positions.filter((position) => (pattern >> position) & 1);
      const weight = erasureProbability ** erased.length * (1 - erasureProbability) ** (length - erased.length);
      if (weight > 0) add(erased, weight);
    }
    return probabilities.map((sum) => Math.min(1, sum)); // rounding may leave a little more
  }
  const uniforms = await drawUniforms(key, samples * length);
  for (let start = 0; start < uniforms.length; start += length) {
    add(
      positions.filter((position) => uniforms[start + position] < erasureProbability),
      1,
    );
  }
  return probabilities.map((count) => count / samples);
}
