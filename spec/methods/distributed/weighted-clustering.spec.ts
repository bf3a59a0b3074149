import { randomKey } from "cotangent";
import { clusteringCost, exhaustiveClustering, weightedClustering } from "cotangent/methods/distributed";
import { floats, seeds } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clusterBySeeds } from "../../../src/methods/distributed/weighted-clustering.js";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { rowsOf } from "./support/codes.js";
import { gaussianRows } from "./support/least-squares.js";

const powers = fc.constantFrom<(1 | 2)[]>(1, 2);
const weightsOf = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 8, maxLength: 8 });

describe("weightedClustering", () => {
  law(
    "has the cost that it says, no less than the best",
    floats([8, 2]),
    weightsOf,
    powers,
    seeds,
    async (p, weights, power, seed) => {
      const points = rowsOf(p, 2);
      const found = await weightedClustering(points, { clusters: 2, power, weights }, randomKey(seed));
      const best = exhaustiveClustering(points, { clusters: 2, power, weights });
      if (found.centres.length === 0) expect(weights.every((weight) => weight === 0)).toBe(true);
      else expect(clusteringCost(points, found.centres, { power, weights })).toBeCloseTo(found.cost, 9);
      expect(found.cost).toBeGreaterThanOrEqual(best.cost - 1e-9);
      const same = await weightedClustering(points, { clusters: 2, power, weights }, randomKey(seed));
      expect(same).toEqual(found);
    },
  );

  law("is as good as the best when it starts often", floats([8, 2]), powers, async (p, power) => {
    const points = rowsOf(p, 2);
    const options = { clusters: 2, power, starts: 40, maxIterations: 300 };
    const { cost } = await weightedClustering(points, options, randomKey(1));
    const best = exhaustiveClustering(points, { clusters: 2, power });
    expect(cost).toBeLessThan(1.05 * best.cost + 1e-9); // local optima near the best one are left
  });

  law("counts a weight as that many points", floats([8, 2]), weightsOf, async (p, weights) => {
    const points = rowsOf(p, 2);
    const repeated = points.flatMap((point, j) => Array.from({ length: weights[j] }, () => point));
    if (repeated.length === 0) return;
    const options = { clusters: 2, power: 2, starts: 20 } as const;
    const a = await weightedClustering(points, { ...options, weights }, randomKey(1));
    const b = await weightedClustering(repeated, options, randomKey(1));
    expect(a.cost).toBeCloseTo(b.cost, 9);
  });

  law("needs no second start to part clusters that are far apart", seeds, async (seed) => {
    const noise = await gaussianRows(randomKey(seed), 60, 2);
    const points = noise.map(([x, y], i) => [x + 1000 * (i % 4), y + 1000 * Math.floor((i % 4) / 2)]);
    for (const power of [1, 2] as const) {
      const { cost, centres } = await weightedClustering(points, { clusters: 4, power, starts: 1 }, randomKey(seed));
      expect(cost).toBeLessThan(power === 1 ? 120 : 250);
      expect(centres.length).toBe(4);
    }
  });

  it("returns the different points where there are no more than clusters", async () => {
    const { centres, cost } = await weightedClustering(
      [
        [1, 2],
        [3, 4],
        [1, 2],
      ],
      { clusters: 3 },
      randomKey(1),
    );
    expect([centres, cost]).toEqual([[Float64Array.of(1, 2), Float64Array.of(3, 4)], 0]);
    const weighted = await weightedClustering([[1], [3], [5]], { clusters: 2, weights: [1, 0, 1] }, randomKey(1));
    await expectClose(
      weighted.centres.flatMap((row) => [...row]),
      [1, 5],
    );
  });

  law("takes no seed of weight 0", seeds, async (seed) => {
    const options = { clusters: 2, starts: 1, weights: [1, 0, 1, 1] };
    const { centres } = await weightedClustering([[0], [1000], [10], [20]], options, randomKey(seed));
    for (const [x] of centres) expect(x).toBeLessThanOrEqual(20);
  });

  law(
    "draws seeds with chances w_j · min_{x ∈ X} ‖p_j − x‖^power",
    floats([6, 2]),
    floats([6], { min: 0, max: 2 }),
    floats([3], { min: 0, max: 1 - 2 ** -53 }),
    powers,
    (p, weights, uniforms, power) => {
      const points = rowsOf(p, 2);
      if (weights.filter((weight) => weight > 0).length <= 3) return;
      const { centres } = clusterBySeeds(points, weights, { clusters: 3, power, maxIterations: 0, uniforms });
      expect(centres.length).toBe(3);
      uniforms.forEach((uniform, i) => {
        const chances = points.map(([x, y], j) => {
          const away = centres.slice(0, i).map(([a, b]) => Math.hypot(x - a, y - b) ** power);
          return weights[j] * (i === 0 ? 1 : Math.min(...away));
        });
        const sums = chances.map((_, j) => chances.slice(0, j + 1).reduce((sum, chance) => sum + chance, 0));
        const [total, rounding] = [sums[5], 1e-12 * sums[5]];
        const isRight = points.map(
          ([x, y], j) =>
            x === centres[i][0] &&
            y === centres[i][1] &&
            uniform * total >= sums[j] - chances[j] - rounding &&
            uniform * total <= sums[j] + rounding,
        );
        expect(isRight).toContain(true);
      });
    },
  );

  it("draws the last seed that can be where rounding leaves the number above all sums", () => {
    const weights = [0.6, 0.5, 0.6, 0]; // less 0.6, 0.5 and 0.6, the largest number times their sum is 1e-16
    const uniforms = Float64Array.of(1 - 2 ** -53);
    const { centres } = clusterBySeeds([[1], [2], [3], [4]], weights, {
      clusters: 1,
      power: 1,
      maxIterations: 0,
      uniforms,
    });
    expect(centres).toEqual([Float64Array.of(3)]);
  });

  it("names the argument that is wrong", async () => {
    const call = (points: number[][], options: Partial<Parameters<typeof weightedClustering>[1]>) =>
      expect(weightedClustering(points, { clusters: 1, ...options }, randomKey(1))).rejects;
    await call([], {}).toThrow("weightedClustering: points has 0 rows but must have at least 1");
    await call([[Number.NaN]], {}).toThrow("weightedClustering: points[0] holds NaN at 0 but must hold finite numbers");
    await call([[1]], { clusters: 0 }).toThrow("weightedClustering: clusters is 0 but must be a whole number ≥ 1");
    await call([[1]], { starts: 0 }).toThrow("weightedClustering: starts is 0 but must be a whole number ≥ 1");
    await call([[1]], { maxIterations: 0 }).toThrow(
      "weightedClustering: maxIterations is 0 but must be a whole number ≥ 1",
    );
    await call([[1]], { power: 3 as 1 }).toThrow("weightedClustering: power is 3 but must be 1 or 2");
    await call([[1]], { weights: [-2] }).toThrow(
      "weightedClustering: weights[0] is -2 but must be a finite number ≥ 0",
    );
  });
});
