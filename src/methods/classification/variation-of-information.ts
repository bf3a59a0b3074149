/**
 * Distance between two ways of dividing the same things into groups: the information in either that the other lacks.
 *
 *     VI = −Σ_ab r_ab·(log(r_ab / p_a) + log(r_ab / q_b))      p, q: shares of the groups, r: of their intersections
 *
 * A metric: 0 only for the same groups under any names, and at most 2·log 2 for two groups each. Reach for it to see
 * whether a disentangled label's copies are its meanings.
 *
 * @param first - `[n]`, n ≥ 1: the group of each thing, any numbers
 * @param second - `[n]`: its group in the other division
 * @returns a number ≥ 0, in nats
 * @throws RangeError if there is nothing, `second` is not `[n]`, or a group is NaN
 * @source Meilă, "Comparing Clusterings by the Variation of Information", COLT 2003; Liu et al., "Label Disentanglement in
 * Partition-based Extreme Multilabel Classification", NeurIPS 2021, arXiv:2106.12751, section 4.3
 */
export function variationOfInformation(first: ArrayLike<number>, second: ArrayLike<number>): number {
  const n = first.length;
  if (n === 0) throw new RangeError("variationOfInformation: first is empty but must have something to divide");
  if (second.length !== n) {
    throw new RangeError(
      `variationOfInformation: second has length ${second.length} but must have that of first, ${n}`,
    );
  }
  const [sizes, otherSizes, both] = [
    new Map<number, number>(),
    new Map<number, number>(),
    new Map<number, Map<number, number>>(),
  ];
  const count = (map: Map<number, number>, key: number) => map.set(key, (map.get(key) ?? 0) + 1);
  for (let i = 0; i < n; i++) {
    const [a, b] = [first[i], second[i]];
    if (Number.isNaN(a) || Number.isNaN(b)) {
      throw new RangeError(`variationOfInformation: thing ${i} has group NaN but must have a number`);
    }
    count(sizes, a);
    count(otherSizes, b);
    const row = both.get(a) ?? new Map<number, number>();
    both.set(a, count(row, b));
  }
  let total = 0;
  for (const [a, row] of both) {
    for (const [b, shared] of row)
      total += shared * (Math.log(sizes.get(a)! / shared) + Math.log(otherSizes.get(b)! / shared));
  }
  return total / n;
}
