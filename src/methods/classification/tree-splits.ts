interface Leaf {
  readonly from: number;
  readonly to: number;
  /** Where to cut it, and how much purer that makes it; no cut has gain 0. */
  readonly cut: number;
  readonly gain: number;
}

/**
 * Where a decision tree on one coordinate cuts it: leaves are cut best first, by the Gini impurity that a cut takes away.
 *
 * @param values - `[n]`
 * @param labels - `[n]`, each in [0, classes)
 * @param leaves - how many at most
 * @returns the cuts, ascending, each half way between two values next to each other
 */
export function treeSplits(
  values: Float64Array,
  labels: ArrayLike<number>,
  classes: number,
  leaves: number,
): Float64Array {
  const order = Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b]);
  const sorted = Float64Array.from(order, (i) => values[i]);
  const sortedLabels = Int32Array.from(order, (i) => labels[i]);
  const open = [bestCut(sorted, sortedLabels, classes, 0, sorted.length)];
  const cuts: number[] = [];
  while (cuts.length < leaves - 1) {
    const at = open.reduce((best, leaf, i) => (leaf.gain > open[best].gain ? i : best), 0);
    const { from, to, cut, gain } = open[at];
    if (gain === 0) break;
    cuts.push(sorted[cut - 1] + (sorted[cut] - sorted[cut - 1]) / 2);
    open.splice(
      at,
      1,
      bestCut(sorted, sortedLabels, classes, from, cut),
      bestCut(sorted, sortedLabels, classes, cut, to),
    );
  }
  return Float64Array.from(cuts).sort();
}

function bestCut(values: Float64Array, labels: Int32Array, classes: number, from: number, to: number): Leaf {
  const [left, right] = [new Float64Array(classes), new Float64Array(classes)];
  for (let i = from; i < to; i++) right[labels[i]]++;
  const sumOfSquares = (counts: Float64Array) => counts.reduce((sum, count) => sum + count * count, 0);
  let [leftSquares, rightSquares] = [0, sumOfSquares(right)];
  const whole = rightSquares / (to - from);
  let [best, most] = [from, whole * (1 + 1e-12)]; // a cut that changes nothing must not win by rounding
  for (let i = from + 1; i < to; i++) {
    const label = labels[i - 1];
    leftSquares += 2 * left[label]++ + 1;
    rightSquares -= 2 * right[label]-- - 1;
    if (values[i] === values[i - 1]) continue;
    const purity = leftSquares / (i - from) + rightSquares / (to - i); // n − this is n·Gini of the two together
    if (purity > most) [best, most] = [i, purity];
  }
  return { from, to, cut: best, gain: best === from ? 0 : most - whole };
}
