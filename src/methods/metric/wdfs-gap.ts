/**
 * By how much the least similar positive pair is more similar than the most similar negative pair: above 0 where the
 * feature space is well discriminative.
 *
 *     gap = min S⁺ − max S⁻
 *
 * Reach for it to see whether any one threshold parts all pairs.
 *
 * @param positives - similarities of pairs of one class, at least one, none NaN
 * @param negatives - similarities of pairs of two classes, at least one, none NaN
 * @returns the difference, in [−2, 2] for cosines
 * @throws RangeError if either is empty or holds NaN
 * @source Jung et al., "Unified Negative Pair Generation toward Well-discriminative Feature Space for Face Recognition",
 * BMVC 2022, arXiv:2203.11593, definition 1
 */
export function wdfsGap(positives: ArrayLike<number>, negatives: ArrayLike<number>): number {
  for (const [name, values] of Object.entries({ positives, negatives })) {
    if (values.length === 0) throw new RangeError(`wdfsGap: ${name} is empty but must hold a similarity`);
    const at = Array.prototype.findIndex.call(values, Number.isNaN);
    if (at >= 0) throw new RangeError(`wdfsGap: ${name} is NaN at ${at} but must be a number`);
  }
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < positives.length; i++) least = Math.min(least, positives[i]);
  for (let i = 0; i < negatives.length; i++) most = Math.max(most, negatives[i]);
  return least - most;
}
