import { clusteringCost } from "cotangent/methods/distributed";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { rowsOf } from "./support/codes.js";
import { distance } from "./support/least-squares.js";

describe("clusteringCost", () => {
  law(
    "adds up distances to the nearest centre",
    floats([6, 2]),
    floats([3, 2]),
    floats([6], { min: 0, max: 2 }),
    (p, c, weights) => {
      const [points, centres] = [rowsOf(p, 2), rowsOf(c, 2)];
      for (const power of [1, 2] as const) {
        const each = points.map((point) => Math.min(...centres.map((centre) => distance(point, centre))) ** power);
        const plain = each.reduce((sum, cost) => sum + cost, 0);
        expect(clusteringCost(points, centres, { power })).toBeCloseTo(plain, 10);
        const weighted = each.reduce((sum, cost, j) => sum + weights[j] * cost, 0);
        expect(clusteringCost(points, centres, { power, weights })).toBeCloseTo(weighted, 10);
      }
    },
  );

  it("is k-median by default", () => {
    expect(
      clusteringCost(
        [
          [3, 4],
          [10, 0],
        ],
        [
          [0, 0],
          [10, 1],
        ],
      ),
    ).toBe(6);
    expect(
      clusteringCost(
        [
          [3, 4],
          [10, 0],
        ],
        [
          [0, 0],
          [10, 1],
        ],
        { power: 2 },
      ),
    ).toBe(26);
  });

  it("names the argument that is wrong", () => {
    expect(() => clusteringCost([], [[0]])).toThrow("clusteringCost: points has 0 rows but must have at least 1");
    expect(() => clusteringCost([[0]], [])).toThrow("clusteringCost: centres has 0 rows but must have at least 1");
    expect(() => clusteringCost([[0]], [[0, 1]])).toThrow(
      "clusteringCost: centres[0] has 2 numbers but must have 1, as points",
    );
    expect(() => clusteringCost([[Number.NaN]], [[0]])).toThrow(
      "clusteringCost: points[0] holds NaN at 0 but must hold finite numbers",
    );
    expect(() => clusteringCost([[0]], [[0]], { power: 3 as 2 })).toThrow(
      "clusteringCost: power is 3 but must be 1 or 2",
    );
    expect(() => clusteringCost([[0]], [[0]], { weights: [] })).toThrow(
      "clusteringCost: weights has 0 numbers but must have 1, one for each point",
    );
    expect(() => clusteringCost([[0]], [[0]], { weights: [-1] })).toThrow(
      "clusteringCost: weights[0] is -1 but must be a finite number ≥ 0",
    );
  });
});
