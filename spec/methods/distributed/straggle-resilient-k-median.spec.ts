import { randomKey } from "cotangent";
import {
  assignmentMatrix,
  type ClusterSolver,
  type ClusterTask,
  clusteringCost,
  clusterSummary,
  exhaustiveClustering,
  recoveryVector,
  type StraggleResilientKMedianOptions,
  type StragglerModel,
  simulatedWorkers,
  straggleResilientKMedian,
  type Workers,
} from "cotangent/methods/distributed";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { assignments, coverage, covers, matrixOf } from "./support/assignments.js";
import { positionsOf, rowsOf, subsetsOf } from "./support/codes.js";

const pointsOf = floats([8, 2]);
const missingOf = (workers: number, responding: readonly number[]) =>
  positionsOf(workers).filter((worker) => !responding.includes(worker));

function cluster(
  points: readonly ArrayLike<number>[],
  matrix: readonly ArrayLike<number>[],
  missing: readonly number[],
  options: StraggleResilientKMedianOptions,
  seed = 1,
) {
  const stragglers: StragglerModel = { kind: "given", stragglers: missing };
  const workers = simulatedWorkers({ count: matrix.length, stragglers }, randomKey(seed));
  return straggleResilientKMedian(points, matrix, workers, options, randomKey(seed));
}

/** The sets of workers that hold every point. */
const answering = (matrix: readonly ArrayLike<number>[]) =>
  [...subsetsOf(positionsOf(matrix.length))].filter((set) => covers(matrix, set));

describe("straggleResilientKMedian", () => {
  law(
    "costs at most 3·(1 + δ) times the best with exact solvers, centres anywhere",
    assignments,
    pointsOf,
    async (recipe, p) => {
      const points = rowsOf(p, 2).slice(0, recipe.points);
      const matrix = await matrixOf(recipe);
      const best = exhaustiveClustering(points, { clusters: 2 }).cost;
      for (const responding of answering(matrix)) {
        const missing = missingOf(recipe.workers, responding);
        const found = await cluster(points, matrix, missing, { clusters: 2, solver: { kind: "exhaustive" } });
        expect(clusteringCost(points, found.centres)).toBeLessThanOrEqual(3 * (1 + found.delta) * best + 1e-9);
      }
    },
  );

  law(
    "costs at most (α + β·(1 + α))·(1 + δ) times the best, centres among candidates",
    assignments,
    pointsOf,
    async (recipe, p) => {
      const points = rowsOf(p, 2).slice(0, recipe.points);
      const candidates = rowsOf(p, 2).map(([x, y]) => [Math.round(x), Math.round(y)]);
      const solver: ClusterSolver = { kind: "exhaustive", candidates };
      const matrix = await matrixOf(recipe);
      const best = exhaustiveClustering(points, { clusters: 2, candidates }).cost; // α = β = 1 among the same candidates
      for (const responding of answering(matrix)) {
        const found = await cluster(points, matrix, missingOf(recipe.workers, responding), { clusters: 2, solver });
        expect(clusteringCost(points, found.centres)).toBeLessThanOrEqual(3 * (1 + found.delta) * best + 1e-9);
        for (const centre of found.centres) expect(candidates).toContainEqual([...centre]);
      }
    },
  );

  law(
    "costs at most 5·(1 + δ) times the best as k-means, 10·(1 + δ) with any summaries",
    assignments,
    pointsOf,
    async (recipe, p) => {
      const points = rowsOf(p, 2).slice(0, recipe.points);
      const candidates = [
        [0, 0],
        [2, 2],
        [-2, 2],
        [2, -2],
        [-2, -2],
      ];
      const matrix = await matrixOf(recipe);
      const options = { clusters: 2, power: 2 } as const;
      const [free, bound] = [
        exhaustiveClustering(points, options),
        exhaustiveClustering(points, { ...options, candidates }),
      ];
      for (const responding of answering(matrix)) {
        const missing = missingOf(recipe.workers, responding);
        const exact = await cluster(points, matrix, missing, { ...options, solver: { kind: "exhaustive" } });
        const cost = (centres: readonly Float64Array[]) => clusteringCost(points, centres, { power: 2 });
        expect(cost(exact.centres)).toBeLessThanOrEqual(5 * (1 + exact.delta) * free.cost + 1e-9);
        const limited = await cluster(points, matrix, missing, {
          ...options,
          solver: { kind: "exhaustive", candidates },
        });
        expect(cost(limited.centres)).toBeLessThanOrEqual(10 * (1 + limited.delta) * bound.cost + 1e-9);
      }
    },
  );

  law(
    "has the cost of the answers between cost(P, X) and 1 + δ times that, for every X",
    assignments,
    pointsOf,
    floats([3, 2]),
    async (recipe, p, x) => {
      const points = rowsOf(p, 2).slice(0, recipe.points);
      const centres = rowsOf(x, 2);
      const matrix = await matrixOf(recipe);
      const full = clusteringCost(points, centres);
      for (const responding of answering(matrix)) {
        const { weights, delta } = recoveryVector(matrix, responding);
        const mine = (worker: number) => points.filter((_, j) => matrix[worker][j] === 1);
        const parts = responding.map((worker) =>
          mine(worker).length === 0 ? 0 : weights[worker] * clusteringCost(mine(worker), centres),
        );
        const sum = parts.reduce((total, cost) => total + cost, 0);
        expect(sum).toBeGreaterThanOrEqual(full * (1 - 1e-12));
        expect(sum).toBeLessThanOrEqual((1 + delta) * full * (1 + 1e-12));
      }
    },
  );

  law("weighs answers so that the total is between n and (1 + δ)·n", assignments, pointsOf, async (recipe, p) => {
    const points = rowsOf(p, 2).slice(0, recipe.points);
    const matrix = await matrixOf(recipe);
    for (const recovery of ["linear-program", "uniform"] as const) {
      for (const responding of answering(matrix)) {
        const found = await cluster(points, matrix, missingOf(recipe.workers, responding), { clusters: 2, recovery });
        const expected = recoveryVector(matrix, responding, { method: recovery });
        expect([found.weights, found.delta]).toEqual([expected.weights, expected.delta]);
        expect([found.responding, found.elapsed]).toEqual([responding, 1]);
        const counted = coverage(matrix, found.weights).reduce((sum, x) => sum + x, 0);
        expect(found.totalWeight).toBeCloseTo(counted, 10);
        expect(found.totalWeight).toBeGreaterThanOrEqual(points.length - 1e-9);
        expect(found.totalWeight).toBeLessThanOrEqual((1 + found.delta) * points.length + 1e-9);
      }
    }
  });

  law(
    "is the same for the same seed, and however workers are numbered",
    assignments,
    pointsOf,
    fc.shuffledSubarray(positionsOf(5), { minLength: 5, maxLength: 5 }),
    async (recipe, p, shuffle) => {
      const points = rowsOf(p, 2).slice(0, recipe.points);
      const matrix = await matrixOf(recipe);
      const order = shuffle.filter((worker) => worker < recipe.workers);
      const renumbered = order.map((worker) => matrix[worker]);
      for (const responding of answering(matrix).slice(-3)) {
        const missing = missingOf(recipe.workers, responding);
        const plain = await cluster(points, matrix, missing, { clusters: 2 });
        expect(await cluster(points, matrix, missing, { clusters: 2 })).toEqual(plain);
        const places = missing.map((worker) => order.indexOf(worker));
        const other = await cluster(points, renumbered, places, { clusters: 2 });
        expect(other.delta).toBeCloseTo(plain.delta, 12);
        await expectClose(
          other.centres.flatMap((row) => [...row]),
          plain.centres.flatMap((row) => [...row]),
        );
      }
    },
  );

  it("loses without bound what only one worker had, and says so", async () => {
    const alone = [
      [1, 1, 0],
      [0, 0, 1],
    ];
    for (const far of [10, 1e6]) {
      const points = [[0], [1], [far]];
      await expect(cluster(points, alone, [1], { clusters: 2 })).rejects.toThrow(
        "recoveryVector: responding has no worker for points 2 but must have one for every point",
      );
      const dropped = exhaustiveClustering(points.slice(0, 2), { clusters: 2 });
      expect(clusteringCost(points, dropped.centres)).toBe(far - 1); // the best is 1
      const twice = [
        [1, 1, 0],
        [0, 0, 1],
        [1, 1, 1],
      ];
      const found = await cluster(points, twice, [1], { clusters: 2 });
      expect(clusteringCost(points, found.centres)).toBe(1);
    }
  });

  it("works with one worker, one point, equal points, and returns what there is", async () => {
    const one = await cluster([[3, 4]], [[1]], [], { clusters: 1 });
    expect([one.centres, one.totalWeight, one.delta, one.warning]).toEqual([[Float64Array.of(3, 4)], 1, 0, undefined]);
    const equal = await cluster(
      [[2], [2], [2]],
      [
        [1, 1, 1],
        [0, 1, 1],
      ],
      [],
      { clusters: 1 },
    );
    expect(equal.centres).toEqual([Float64Array.of(2)]);
    const few = await cluster(
      [[2], [2], [5]],
      [
        [1, 1, 1],
        [1, 1, 1],
      ],
      [0],
      { clusters: 3 },
    );
    expect(few.centres).toEqual([Float64Array.of(2), Float64Array.of(5)]);
    expect(few.warning).toBe(
      "straggleResilientKMedian: clusters is 3 but only 2 different centres came; all are returned",
    );
    const empty = await cluster(
      [[1], [4]],
      [
        [1, 1],
        [0, 0],
      ],
      [],
      { clusters: 2 },
    );
    expect(empty.centres).toEqual([Float64Array.of(1), Float64Array.of(4)]);
    expect(empty.warning).toBeUndefined();
  });

  it("counts equal centres as one, and none that is nearest to no point", async () => {
    const both = [
      [1, 1],
      [1, 1],
    ];
    const equal = await cluster([[2], [2]], both, [], { clusters: 2, recovery: "uniform" });
    expect([equal.centres, equal.totalWeight]).toEqual([[Float64Array.of(2)], 2]);
    expect(equal.warning).toBe(
      "straggleResilientKMedian: clusters is 2 but only 1 different centres came; all are returned",
    );
    const solver: ClusterSolver = { kind: "exhaustive", candidates: [[0], [9]] };
    const unused = await cluster([[0], [1]], [[1, 1]], [], { clusters: 2, solver });
    expect([unused.centres, unused.totalWeight]).toEqual([[Float64Array.of(0)], 2]);
    expect(unused.warning).toBe(
      "straggleResilientKMedian: clusters is 2 but only 1 different centres came; all are returned",
    );
  });

  it("asks for k-median from 5 starts of 100 iterations by default, all workers with the same numbers", async () => {
    const asked: ClusterTask[] = [];
    const inner = simulatedWorkers({ count: 2 }, randomKey(1));
    const workers: Workers = {
      count: 2,
      assign: (program, shares) =>
        inner.assign((share, task: Parameters<typeof program>[1]) => {
          asked.push(task as ClusterTask);
          return program(share, task);
        }, shares),
    };
    const matrix = [
      [1, 1, 0],
      [0, 1, 1],
    ];
    const points = [[1], [2], [5]];
    await straggleResilientKMedian(points, matrix, workers, { clusters: 3 }, randomKey(1));
    expect(asked.map(({ uniforms, ...task }) => [uniforms.length, task])).toEqual(
      Array(2).fill([15, { clusters: 3, power: 1, solver: { kind: "seeds", starts: 5, maxIterations: 100 } }]),
    );
    expect(asked[0].uniforms).toEqual(asked[1].uniforms);
    const solver = { kind: "seeds", starts: 2, maxIterations: 7 } as const;
    await straggleResilientKMedian(points, matrix, workers, { clusters: 1, power: 2, solver }, randomKey(1));
    expect([asked[2].uniforms.length, asked[2].power, asked[2].solver]).toEqual([2, 2, solver]);
    await straggleResilientKMedian(
      points,
      matrix,
      workers,
      { clusters: 1, solver: { kind: "exhaustive" } },
      randomKey(1),
    );
    expect([asked[4].uniforms.length, asked[4].solver]).toEqual([0, { kind: "exhaustive" }]);
  });

  it("names the argument that is wrong", async () => {
    const call = (
      points: number[][],
      matrix: number[][],
      options: Partial<StraggleResilientKMedianOptions> = {},
      missing: number[] = [],
    ) => expect(cluster(points, matrix, missing, { clusters: 1, ...options })).rejects;
    const name = "straggleResilientKMedian:";
    await call([[Number.NaN]], [[1]]).toThrow(`${name} points[0] holds NaN at 0 but must hold finite numbers`);
    await call([[1]], [[1, 1]]).toThrow(`${name} assignment has 2 columns but must have 1, one for each point`);
    await call([[1], [2]], [[1, 0]]).toThrow(
      `${name} assignment has no worker for point 1 but must have one for every point`,
    );
    await call([[1]], [[1]], { clusters: 0 }).toThrow(`${name} clusters is 0 but must be a whole number ≥ 1`);
    await call([[1]], [[1]], { power: 4 as 1 }).toThrow(`${name} power is 4 but must be 1 or 2`);
    await call([[1]], [[1]], { solver: { kind: "seeds", starts: 0 } }).toThrow(
      `${name} starts is 0 but must be a whole number ≥ 1`,
    );
    await call([[1]], [[1]], { solver: { kind: "seeds", maxIterations: 0 } }).toThrow(
      `${name} maxIterations is 0 but must be a whole number ≥ 1`,
    );
    await call([[1]], [[1]], { solver: { kind: "exhaustive", candidates: [[1, 2]] } }).toThrow(
      `${name} candidates[0] has 2 numbers but must have 1, as points`,
    );
    await call([[1]], [[1]], { recovery: "guess" as "uniform" }).toThrow(
      'recoveryVector: method is "guess" but must be one of linear-program, uniform',
    );
    await call([[1]], [[1], [1]], {}, [0, 1]).toThrow(
      "recoveryVector: responding has no worker for points 0 but must have one for every point",
    );
    const workers = simulatedWorkers({ count: 2 }, randomKey(1));
    await expect(straggleResilientKMedian([[1]], [[1]], workers, { clusters: 1 }, randomKey(1))).rejects.toThrow(
      `${name} there are 2 workers but must be 1, one for each row of assignment`,
    );
  });
});

describe("clusterSummary", () => {
  it("counts the points of each centre", async () => {
    const task = { clusters: 2, power: 2, solver: { kind: "seeds" }, uniforms: Float64Array.of(0.1, 0.9) } as const;
    const share = [0, 1, 2, 50, 51].map((x) => Float64Array.of(x));
    const { centres, counts } = clusterSummary(share, task);
    const pairs = centres.map(([x], i) => [x, counts[i]]).sort(([a], [b]) => a - b);
    expect(pairs).toEqual([
      [1, 3],
      [50.5, 2],
    ]);
    expect(clusterSummary([], task)).toEqual({ centres: [], counts: new Float64Array() });
    const matrix = await assignmentMatrix({ workers: 2, points: 5, scheme: "cyclic", replication: 1 }, randomKey(1));
    expect(matrix.map((row) => row.join(""))).toEqual(["11100", "00011"]);
  });
});
