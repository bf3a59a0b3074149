/** A point, or a direction: the values of each tensor of a tree. */
export type Point = readonly Float64Array[];

/** The derivative of `value` along a direction by extrapolated central differences, and how far off it may be. */
export async function slopeByDifferences(
  value: (at: Point) => number | Promise<number>,
  origin: Point,
  direction: Point,
): Promise<{ readonly difference: number; readonly allowance: number }> {
  const size = origin.reduce((total, values) => total + values.length, 0);
  const norm = Math.max(1, ...origin.map((values) => values.reduce((most, x) => Math.max(most, Math.abs(x)), 0)));
  const first = 1e-2 * norm;
  const condition = 64 + 4 * Math.sqrt(size);
  let largest = 1;
  const central: number[] = [];
  for (let k = 0; k <= 10; k++) {
    const h = first * 2 ** -k;
    const moved = (sign: number) => origin.map((values, i) => values.map((x, j) => x + sign * h * direction[i][j]));
    const [ahead, behind] = [await value(moved(1)), await value(moved(-1))];
    largest = Math.max(largest, Math.abs(ahead), Math.abs(behind));
    central.push((ahead - behind) / (2 * h));
  }
  const extrapolated = central.slice(1).map((d, k) => (4 * d - central[k]) / 3);
  let best = { difference: Number.NaN, allowance: Number.POSITIVE_INFINITY };
  for (let k = 0; k + 1 < extrapolated.length; k++) {
    const truncation = Math.abs(extrapolated[k] - extrapolated[k + 1]);
    const rounding = (8 * 2 ** -53 * largest * condition) / (first * 2 ** -k);
    if (truncation + rounding < best.allowance)
      best = { difference: extrapolated[k + 1], allowance: truncation + rounding };
  }
  return best;
}
