import { clusteringCost, geometricMedian } from "cotangent/methods/distributed";
import { distinctFloats, floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { rowsOf } from "./support/codes.js";
import { distance } from "./support/least-squares.js";

const positive = floats([5], { min: 0.1, max: 2 });

describe("geometricMedian", () => {
  law(
    "is optimal: the pulls of the points balance, or their sum is no more than the weight at it",
    floats([5, 2]),
    positive,
    (p, weights) => {
      const points = rowsOf(p, 2);
      const centre = geometricMedian(points, { weights, maxIterations: 100_000 });
      let here = 0;
      const pull = [0, 0];
      points.forEach((point, j) => {
        const length = distance(point, centre);
        if (length === 0) here += weights[j];
        else for (const axis of [0, 1]) pull[axis] += (weights[j] * (point[axis] - centre[axis])) / length;
      });
      // where it is nearly a point, the iteration is slow to say so: its cost is within 1e-5 of the least all the same
      expect(Math.hypot(...pull)).toBeLessThan(here + 1e-5);
    },
  );

  law(
    "costs no more than points nearby or the points themselves",
    floats([5, 2]),
    positive,
    floats([8, 2], { min: -1e-3, max: 1e-3 }),
    (p, weights, offsets) => {
      const points = rowsOf(p, 2);
      const centre = geometricMedian(points, { weights });
      const cost = (at: ArrayLike<number>) => clusteringCost(points, [at], { weights });
      for (const [x, y] of rowsOf(offsets, 2)) {
        expect(cost(centre)).toBeLessThanOrEqual(cost([centre[0] + x, centre[1] + y]) + 1e-8);
      }
      for (const point of points) expect(cost(centre)).toBeLessThanOrEqual(cost(point) + 1e-12);
    },
  );

  law("is a median on a line", distinctFloats([5]), async (values) => {
    const centre = geometricMedian(rowsOf(values, 1), { maxIterations: 10_000 });
    await expectClose(centre, [values.toSorted((a, b) => a - b)[2]]);
  });

  law("moves, turns and scales with the points", floats([5, 2]), async (p) => {
    const points = rowsOf(p, 2);
    const [x, y] = geometricMedian(points);
    const moved = geometricMedian(points.map(([a, b]) => [3 - 2 * b, 5 + 2 * a]));
    // how far the iteration came may differ by rounding
    await expectClose(moved, [3 - 2 * y, 5 + 2 * x], { tolerance: 1e-6 });
  });

  it("is known: Fermat's point, the heavy point, the point where the mean is", () => {
    const corner = Math.sqrt(3) / 2;
    const [x, y] = geometricMedian([
      [1, 0],
      [-0.5, corner],
      [-0.5, -corner],
    ]);
    expect(Math.hypot(x, y)).toBeLessThan(1e-12);
    expect([
      ...geometricMedian(
        [
          [0, 0],
          [1, 0],
          [0, 1],
        ],
        { weights: [5, 1, 1] },
      ),
    ]).toEqual([0, 0]);
    expect([
      ...geometricMedian([
        [0, 0],
        [1, 0],
        [-1, 0],
        [0, 1],
        [0, -1],
      ]),
    ]).toEqual([0, 0]);
    const left = geometricMedian(
      [
        [0, 0],
        [3, 0],
        [-1, 0],
        [-2, 1],
        [-2, -1],
      ],
      { maxIterations: 1000 },
    );
    expect(left[0]).toBeLessThan(0);
    expect([...geometricMedian([[2, 3]])]).toEqual([2, 3]);
    expect([
      ...geometricMedian([
        [2, 3],
        [2, 3],
      ]),
    ]).toEqual([2, 3]);
    expect([
      ...geometricMedian(
        [
          [1, 1],
          [2, 3],
        ],
        { weights: [0, 0] },
      ),
    ]).toEqual([1, 1]);
  });

  it("is the first of two points, between which every place is as good", () => {
    expect([...geometricMedian([[2], [4]])]).toEqual([2]);
    expect([...geometricMedian([[4], [2]])]).toEqual([4]);
  });

  it("leaves a point that is not best by as much less as it weighs", () => {
    const points = [
      [0, 0],
      [4, 0],
      [-1, 0],
      [-2, 1],
      [-1, -1],
    ]; // their mean is the first
    const [toward, total] = [[0, 0], points.slice(1).reduce((sum, [x, y]) => sum + 1 / Math.hypot(x, y), 0)];
    for (const [x, y] of points.slice(1)) {
      toward[0] += x / Math.hypot(x, y);
      toward[1] += y / Math.hypot(x, y);
    }
    const left = 1 - 1 / Math.hypot(...toward);
    const [x, y] = geometricMedian(points, { maxIterations: 1 });
    expect(x).toBeCloseTo((left * toward[0]) / total, 14);
    expect(y).toBeCloseTo((left * toward[1]) / total, 14);
  });

  it("names the argument that is wrong", () => {
    expect(() => geometricMedian([])).toThrow("geometricMedian: points has 0 rows but must have at least 1");
    expect(() => geometricMedian([[1]], { weights: [Number.NaN] })).toThrow(
      "geometricMedian: weights[0] is NaN but must be a finite number ≥ 0",
    );
    expect(() => geometricMedian([[1]], { maxIterations: 0 })).toThrow(
      "geometricMedian: maxIterations is 0 but must be a whole number ≥ 1",
    );
  });
});
