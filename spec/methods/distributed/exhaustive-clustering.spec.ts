import { clusteringCost, exhaustiveClustering, geometricMedian } from "cotangent/methods/distributed";
import { floats, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { rowsOf } from "./support/codes.js";

const powers = fc.constantFrom<(1 | 2)[]>(1, 2);

describe("exhaustiveClustering", () => {
  law(
    "beats every choice of centres",
    floats([6, 2]),
    floats([6], { min: 0, max: 2 }),
    floats([3, 2]),
    powers,
    (p, weights, c, power) => {
      const points = rowsOf(p, 2);
      const { centres, cost } = exhaustiveClustering(points, { clusters: 3, power, weights });
      expect(clusteringCost(points, centres, { power, weights })).toBeCloseTo(cost, 9);
      const others = [rowsOf(c, 2), points.slice(0, 3), points.slice(3)];
      for (const other of others)
        expect(cost).toBeLessThanOrEqual(clusteringCost(points, other, { power, weights }) + 1e-9);
      const two = exhaustiveClustering(points, { clusters: 2, power, weights });
      expect(cost).toBeLessThanOrEqual(two.cost + 1e-12);
    },
  );

  law("is the best pair of candidates", floats([6, 1]), floats([5, 1]), powers, (p, c, power) => {
    const [points, candidates] = [rowsOf(p, 1), rowsOf(c, 1)];
    const { centres, cost } = exhaustiveClustering(points, { clusters: 2, power, candidates });
    const pairs = candidates.flatMap((a, i) => candidates.slice(i + 1).map((b) => [a, b]));
    const least = Math.min(...pairs.map((pair) => clusteringCost(points, pair, { power })));
    expect(cost).toBeCloseTo(least, 10);
    expect(clusteringCost(points, centres, { power })).toBeCloseTo(least, 10);
    for (const centre of centres) expect(candidates.map(([x]) => x)).toContain(centre[0]);
  });

  law("is the median or the mean for one cluster", floats([40, 2]), (p) => {
    const points = rowsOf(p, 2);
    const median = exhaustiveClustering(points, { clusters: 1 });
    expect(median.cost).toBeLessThanOrEqual(clusteringCost(points, [geometricMedian(points)]) + 1e-9);
    const mean = exhaustiveClustering(points, { clusters: 1, power: 2 }).centres[0];
    for (const axis of [0, 1]) {
      expect(mean[axis]).toBeCloseTo(
        points.reduce((sum, point) => sum + point[axis] / 40, 0),
        12,
      );
    }
  });

  law("splits a line in two where it should", fc.uniqueArray(numbers(), { minLength: 6, maxLength: 6 }), (values) => {
    const sorted = values.toSorted((a, b) => a - b);
    const spread = (list: number[]) => {
      const middle = list.reduce((sum, x) => sum + x, 0) / list.length;
      return list.reduce((sum, x) => sum + (x - middle) ** 2, 0);
    };
    const least = Math.min(...[1, 2, 3, 4, 5].map((cut) => spread(sorted.slice(0, cut)) + spread(sorted.slice(cut))));
    const { cost } = exhaustiveClustering(
      values.map((x) => [x]),
      { clusters: 2, power: 2 },
    );
    expect(cost).toBeCloseTo(least, 10);
  });

  it("returns the points where there are no more than clusters, and few candidates as they are", () => {
    const points = [[1], [1], [2]];
    expect(exhaustiveClustering(points, { clusters: 2 })).toEqual({
      centres: [Float64Array.of(1), Float64Array.of(2)],
      cost: 0,
    });
    const { centres, cost } = exhaustiveClustering(points, { clusters: 3, candidates: [[0], [0]] });
    expect([centres.length, cost]).toEqual([1, 4]);
  });

  it("names the argument that is wrong", () => {
    const many = Array.from({ length: 30 }, (_, i) => [i]);
    expect(() => exhaustiveClustering(many, { clusters: 2 })).toThrow(
      "exhaustiveClustering: there are 536870912 partitions but must be at most 1000000; use weightedClustering",
    );
    expect(() => exhaustiveClustering(many, { clusters: 10, candidates: many })).toThrow(
      "exhaustiveClustering: there are 30045015 sets of candidates but must be at most 1000000; use weightedClustering",
    );
    expect(() => exhaustiveClustering([], { clusters: 1 })).toThrow(
      "exhaustiveClustering: points has 0 rows but must have at least 1",
    );
    expect(() => exhaustiveClustering([[1]], { clusters: 0 })).toThrow(
      "exhaustiveClustering: clusters is 0 but must be a whole number ≥ 1",
    );
    expect(() => exhaustiveClustering([[1]], { clusters: 1, power: 0 as 1 })).toThrow(
      "exhaustiveClustering: power is 0 but must be 1 or 2",
    );
    expect(() => exhaustiveClustering([[1]], { clusters: 1, weights: [-1] })).toThrow(
      "exhaustiveClustering: weights[0] is -1 but must be a finite number ≥ 0",
    );
    expect(() => exhaustiveClustering([[1]], { clusters: 1, candidates: [[1, 2]] })).toThrow(
      "exhaustiveClustering: candidates[0] has 2 numbers but must have 1, as points",
    );
  });
});
