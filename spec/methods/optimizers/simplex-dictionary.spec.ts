import { describe, expect, it } from "vitest";
import { SimplexDictionary } from "../../../src/methods/optimizers/simplex-dictionary.js";

/** Minimizes `costs · x` where `rows · x ≤ bounds` and x ≥ 0, from x = 0. */
function minimize(rows: readonly (readonly number[])[], bounds: readonly number[], costs: readonly number[]) {
  const [m, n] = [rows.length, costs.length];
  const basic = Int32Array.from({ length: m + 1 }, (_, i) => n + i);
  const nonbasic = Int32Array.from({ length: n }, (_, j) => j);
  const dictionary = new SimplexDictionary(basic, nonbasic, [...Array(n + m).fill("nonnegative"), "free"]);
  rows.forEach((row, i) => {
    for (const [j, entry] of [...row, bounds[i]].entries()) dictionary.set(i, j, entry);
  });
  for (const [j, cost] of costs.entries()) dictionary.set(m, j, -cost);
  const outcome = dictionary.minimize(n + m);
  return { outcome, value: dictionary.constant(m), basic: [...dictionary.basic] };
}

describe("SimplexDictionary", () => {
  // With the steepest cost entering, the pivots come back to where they were.
  const rows = [
    [0.4, 0.2, -1.4, -0.2],
    [-7.8, -1.4, 7.8, 0.4],
  ];
  const costs = [-2.3, -2.15, 13.55, 0.4];

  it("does not go in circles on Hall and McKinnon's program, which has no least value", () => {
    expect(minimize(rows, [0, 0], costs).outcome).toBe("unbounded");
  });

  it("does not go in circles on it within bounds, where it has one", () => {
    const { outcome, value } = minimize([...rows, [1, 1, 1, 1]], [0, 0, 1], costs);
    expect(outcome).toBe("least");
    expect(value).toBeLessThan(-1e-3);
  });

  it("lets the row with the largest entry go where several come to 0 at once", () => {
    // x₀ enters; its slack rows are variables 2, 3 and 4, of which the last two allow 1 each.
    expect(
      minimize(
        [
          [-1, 5],
          [1, 0],
          [2, 0],
        ],
        [1, 1, 2],
        [-1, 1],
      ).basic,
    ).toEqual([2, 3, 0, 5]);
    expect(
      minimize(
        [
          [-1, 0],
          [2, 0],
          [1, 0],
        ],
        [1, 2, 1],
        [-1, 1],
      ).basic,
    ).toEqual([2, 0, 4, 5]);
  });

  it("finds the largest entry of a row among those allowed, and says where all are rounding", () => {
    const ranges = ["nonnegative", "free", "nonnegative", "free"] as const;
    const dictionary = new SimplexDictionary(Int32Array.of(3), Int32Array.of(0, 1, 2), [...ranges]);
    for (const [j, entry] of [2, -5, -3, 7].entries()) dictionary.set(0, j, entry); // the last is the constant
    expect(dictionary.largestIn(0, () => true)).toBe(1);
    expect(dictionary.largestIn(0, (range) => range === "nonnegative")).toBe(2);
    expect(dictionary.largestIn(0, () => false)).toBe(-1);
    for (const j of [0, 1, 2]) dictionary.set(0, j, 1e-10);
    expect(dictionary.largestIn(0, () => true)).toBe(-1);
  });
});
