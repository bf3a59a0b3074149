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
  return { outcome, value: dictionary.constant(m) };
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
});
