import { treeDistances } from "cotangent/methods/metric";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";

/** Random trees: each node hangs on an earlier one; a path back to the root is the simplest. */
const trees = fc
  .array(fc.nat(1000), { minLength: 0, maxLength: 9 })
  .map((list) => [-1, ...list.map((value, i) => value % (i + 1))]);

describe("treeDistances", () => {
  law("is the number of edges of the shortest path", trees, (parents) => {
    const n = parents.length;
    const expected = Array.from({ length: n }, (_, i) =>
      Float64Array.from({ length: n }, (_, j) => (i === j ? 0 : parents[i] === j || parents[j] === i ? 1 : Infinity)),
    );
    for (let k = 0; k < n; k++) {
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) expected[i][j] = Math.min(expected[i][j], expected[i][k] + expected[k][j]);
      }
    }
    expect(treeDistances(parents)).toEqual(expected);
  });

  it("names the argument that is wrong", () => {
    expect(() => treeDistances([])).toThrow("treeDistances: parents is empty but must hold at least the root");
    expect(() => treeDistances([0])).toThrow("treeDistances: parents holds 0 at 0 but must hold -1, for the root");
    for (const parent of [2, 1, -1, 0.5]) {
      expect(() => treeDistances([-1, parent])).toThrow(
        `treeDistances: parents holds ${parent} at 1 but must hold an earlier node, in [0, 1)`,
      );
    }
  });
});
