import { randomKey } from "cotangent";
import { assignmentMatrix, recoveryVector } from "cotangent/methods/distributed";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { assignments, coverage, covers, matrixOf } from "./support/assignments.js";
import { positionsOf, subsetsOf } from "./support/codes.js";

describe("recoveryVector", () => {
  law("counts every point between 1 and 1 + δ times, with workers that answered", assignments, async (recipe) => {
    const matrix = await matrixOf(recipe);
    for (const responding of subsetsOf(positionsOf(recipe.workers))) {
      if (!covers(matrix, responding)) continue;
      for (const method of ["linear-program", "uniform"] as const) {
        const { weights, delta } = recoveryVector(matrix, responding, { method });
        weights.forEach((weight, worker) => {
          expect(weight).toBeGreaterThanOrEqual(0);
          if (!responding.includes(worker)) expect(weight).toBe(0);
        });
        const counted = coverage(matrix, weights);
        expect(Math.min(...counted)).toBeCloseTo(1, 12);
        expect(Math.max(...counted)).toBeCloseTo(1 + delta, 12);
      }
    }
  });

  law(
    "has the least δ: no other weights have a smaller one",
    assignments,
    floats([5], { min: 0, max: 1 }),
    async (recipe, random) => {
      const matrix = await matrixOf(recipe);
      for (const responding of subsetsOf(positionsOf(recipe.workers))) {
        if (!covers(matrix, responding)) continue;
        const { weights, delta } = recoveryVector(matrix, responding);
        const spreadOf = (b: ArrayLike<number>) => {
          const counted = coverage(matrix, b);
          return Math.max(...counted) / Math.min(...counted) - 1;
        };
        expect(delta).toBeLessThanOrEqual(recoveryVector(matrix, responding, { method: "uniform" }).delta + 1e-12);
        const some = positionsOf(recipe.workers).map((worker) => (responding.includes(worker) ? random[worker] : 0));
        if (Math.min(...coverage(matrix, some)) > 0) expect(delta).toBeLessThanOrEqual(spreadOf(some) + 1e-12);
        for (const worker of responding) {
          const near = weights.with(worker, weights[worker] * 0.9 + 0.01 * random[worker]);
          if (Math.min(...coverage(matrix, near)) > 0) expect(delta).toBeLessThanOrEqual(spreadOf(near) + 1e-12);
        }
      }
    },
  );

  law(
    "does not depend on how workers are numbered",
    assignments,
    fc.shuffledSubarray(positionsOf(5), { minLength: 5, maxLength: 5 }),
    async (recipe, shuffle) => {
      const matrix = await matrixOf({ ...recipe, scheme: recipe.scheme === "cyclic" ? "regular" : recipe.scheme });
      const order = shuffle.filter((worker) => worker < recipe.workers);
      const renumbered = order.map((worker) => matrix[worker]);
      const rows = new Set(matrix.map((row) => row.join()));
      for (const method of ["linear-program", "uniform"] as const) {
        const plain = recoveryVector(matrix, positionsOf(recipe.workers), { method });
        const other = recoveryVector(renumbered, positionsOf(recipe.workers), { method });
        expect(other.delta).toBeCloseTo(plain.delta, 12);
        if (rows.size < recipe.workers) continue; // which of two equal workers gets the weight is open
        await expectClose(
          other.weights,
          order.map((worker) => plain.weights[worker]),
          { tolerance: 1e-12 },
        );
      }
    },
  );

  law(
    "does not depend on the order in which workers answered",
    assignments,
    fc.shuffledSubarray(positionsOf(5), { minLength: 5, maxLength: 5 }),
    async (recipe, shuffle) => {
      const matrix = await matrixOf(recipe);
      const twice = [...matrix, ...matrix]; // each worker has one with the same points
      const order = [...shuffle, ...shuffle.map((i) => i + 5)].filter((worker) => worker < twice.length);
      for (const method of ["linear-program", "uniform"] as const) {
        const plain = recoveryVector(twice, positionsOf(twice.length), { method });
        for (const list of [order, order.toReversed()]) {
          const complete = [...list, ...positionsOf(twice.length).filter((worker) => !list.includes(worker))];
          const { weights, delta } = recoveryVector(twice, complete, { method });
          await expectClose(weights, plain.weights, { tolerance: 1e-12 }); // sums are in another order
          expect(delta).toBeCloseTo(plain.delta, 12);
        }
      }
    },
  );

  it("has δ = 0 for fractional repetition while each group has a survivor", async () => {
    for (const [workers, replication] of [
      [4, 2],
      [6, 3],
      [6, 2],
      [8, 4],
    ]) {
      const options = { workers, points: 9, scheme: "fractional", replication } as const;
      const matrix = await assignmentMatrix(options, randomKey(1));
      for (const responding of subsetsOf(positionsOf(workers))) {
        const groups = new Set(responding.map((worker) => Math.floor(worker / replication)));
        if (groups.size === workers / replication) {
          expect(Math.abs(recoveryVector(matrix, responding).delta)).toBeLessThan(1e-12);
        } else {
          expect(() => recoveryVector(matrix, responding)).toThrow(
            "recoveryVector: responding has no worker for points",
          );
        }
      }
    }
  });

  it("has known values for three workers with two of three blocks each", () => {
    const matrix = [
      [1, 1, 0],
      [0, 1, 1],
      [1, 0, 1],
    ];
    expect([...recoveryVector(matrix, [0, 1, 2]).weights]).toEqual([0.5, 0.5, 0.5]);
    const two = recoveryVector(matrix, [2, 0]);
    expect([[...two.weights], two.delta]).toEqual([[1, 0, 1], 1]);
    expect(recoveryVector([[1], [1]], [1])).toEqual({ weights: Float64Array.of(0, 1), delta: 0 });
    const uneven = recoveryVector(
      [
        [1, 1, 0],
        [0, 1, 1],
        [0, 0, 1],
      ],
      [0, 1, 2],
      { method: "uniform" },
    );
    expect([[...uneven.weights], uneven.delta]).toEqual([[1, 1, 1], 1]);
    expect(
      recoveryVector(
        [
          [1, 1, 0],
          [0, 1, 1],
          [0, 0, 1],
        ],
        [0, 1, 2],
      ).delta,
    ).toBe(0);
  });

  it("names the argument that is wrong, and all points that are lost", () => {
    const alone = positionsOf(25).map((i) => positionsOf(25).map((j) => (i === j ? 1 : 0)));
    expect(() => recoveryVector(alone, positionsOf(23))).toThrow(
      "recoveryVector: responding has no worker for points 23, 24 but must have one for every point",
    );
    expect(() => recoveryVector(alone, [0])).toThrow(
      "recoveryVector: responding has no worker for points 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 and 4 more but must have one for every point",
    );
    expect(() => recoveryVector(alone, [0, 1, 2, 3, 4])).toThrow(
      "recoveryVector: responding has no worker for points 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24 but must have one for every point",
    );
    expect(() => recoveryVector([[1]], [1])).toThrow(
      "recoveryVector: responding holds 1 but must hold whole numbers in [0, 1)",
    );
    expect(() => recoveryVector([[1]], [0, 0])).toThrow(
      "recoveryVector: responding holds 0 twice but must hold each number once",
    );
    expect(() => recoveryVector([], [])).toThrow(
      "recoveryVector: assignment has 0 rows but must have one for each worker",
    );
    expect(() => recoveryVector([[]], [0])).toThrow(
      "recoveryVector: assignment has 0 columns but must have one for each point",
    );
    expect(() => recoveryVector([[1], [1, 0]], [0])).toThrow(
      "recoveryVector: assignment[1] has 2 numbers but must have 1, as assignment[0]",
    );
    for (const wrong of [2, -1, 0.5, Number.NaN]) {
      expect(() => recoveryVector([[1, wrong]], [0])).toThrow(
        `recoveryVector: assignment[0] holds ${wrong} at 1 but must hold 0 or 1`,
      );
    }
    expect(() => recoveryVector([[1, 0]], [0])).toThrow(
      "recoveryVector: assignment has no worker for point 1 but must have one for every point",
    );
    expect(() => recoveryVector([[1]], [0], { method: "guess" as "uniform" })).toThrow(
      'recoveryVector: method is "guess" but must be one of linear-program, uniform',
    );
  });
});
