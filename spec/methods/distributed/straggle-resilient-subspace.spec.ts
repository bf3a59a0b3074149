import { randomKey, svd, tensor } from "cotangent";
import {
  recoveryVector,
  type StraggleResilientSubspaceOptions,
  type StragglerModel,
  simulatedWorkers,
  sketchRows,
  straggleResilientSubspace,
  subspaceResidual,
} from "cotangent/methods/distributed";
import { distinctFloats, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { assignments, covers, matrixOf } from "./support/assignments.js";
import { positionsOf, rowsOf, subsetsOf } from "./support/codes.js";
import { dot, extremeEigenvalues, secondMoments } from "./support/least-squares.js";

const pointsOf = distinctFloats([8, 4]);

function find(
  points: readonly ArrayLike<number>[],
  matrix: readonly ArrayLike<number>[],
  missing: readonly number[],
  options: StraggleResilientSubspaceOptions,
) {
  const stragglers: StragglerModel = { kind: "given", stragglers: missing };
  const workers = simulatedWorkers({ count: matrix.length, stragglers }, randomKey(1));
  return straggleResilientSubspace(points, matrix, workers, options);
}

/** All singular values and right singular vectors, by the engine. */
async function singular(points: readonly Float64Array[]) {
  const width = points[0].length;
  const flat = Float64Array.from(points.flatMap((row) => [...row]));
  const parts = svd(tensor(flat, { shape: [points.length, width] }));
  const values = [...(await parts.values.data())];
  const columns = rowsOf(Float64Array.from(await parts.v.data()), values.length);
  return { values, vectors: values.map((_, j) => columns.map((row) => row[j])) };
}

const answering = (matrix: readonly ArrayLike<number>[]) =>
  [...subsetsOf(positionsOf(matrix.length))].filter((set) => covers(matrix, set));
const missingOf = (workers: number, responding: readonly number[]) =>
  positionsOf(workers).filter((worker) => !responding.includes(worker));
const tail = (values: readonly number[], rank: number) => values.slice(rank).reduce((sum, x) => sum + x * x, 0);

describe("straggleResilientSubspace", () => {
  law("has the moments of the answers between MᵀM and (1 + δ)·MᵀM", assignments, pointsOf, async (recipe, p) => {
    const points = rowsOf(p, 4).slice(0, recipe.points);
    const matrix = await matrixOf(recipe);
    const full = secondMoments(points);
    for (const responding of answering(matrix)) {
      const { weights, delta } = recoveryVector(matrix, responding);
      const counted = points.map((_, j) => responding.reduce((sum, i) => sum + weights[i] * matrix[i][j], 0));
      const sum = secondMoments(points.map((point, j) => point.map((x) => Math.sqrt(counted[j]) * x)));
      const [low] = await extremeEigenvalues(sum.map((row, i) => row.map((x, j) => x - full[i][j])));
      const [high] = await extremeEigenvalues(sum.map((row, i) => row.map((x, j) => (1 + delta) * full[i][j] - x)));
      const missing = missingOf(recipe.workers, responding);
      const { values } = await find(points, matrix, missing, { rank: 4 });
      const weighted = await singular(points.map((point, j) => point.map((x) => Math.sqrt(counted[j]) * x)));
      await expectClose(values, weighted.values.slice(0, 4));
      expect(low).toBeGreaterThanOrEqual(-1e-10);
      expect(high).toBeGreaterThanOrEqual(-1e-10);
    }
  });

  law(
    "has a residual within 1 + δ of the best, lossless, and (1 + δ)·(1 + ε) truncated",
    assignments,
    pointsOf,
    numbers({ min: 0.4, max: 3 }),
    async (recipe, p, accuracy) => {
      const points = rowsOf(p, 4).slice(0, recipe.points);
      const matrix = await matrixOf(recipe);
      const { values } = await singular(points);
      for (const responding of answering(matrix)) {
        const missing = missingOf(recipe.workers, responding);
        for (const rank of [1, 2, 3]) {
          const lossless = await find(points, matrix, missing, { rank });
          const best = tail(values, rank);
          expect(lossless.delta).toBe(recoveryVector(matrix, responding).delta);
          expect([lossless.responding, lossless.elapsed]).toEqual([responding, 1]);
          expect(subspaceResidual(points, lossless.basis)).toBeLessThanOrEqual((1 + lossless.delta) * best + 1e-9);
          const rough = await find(points, matrix, missing, { rank, accuracy });
          const bound = (1 + rough.delta) * (1 + accuracy) * best;
          expect(subspaceResidual(points, rough.basis)).toBeLessThanOrEqual(bound + 1e-9);
        }
      }
    },
  );

  law("is the centralised subspace where δ = 0, with its singular values", pointsOf, async (p) => {
    const points = rowsOf(p, 4);
    const groups = [
      [1, 1, 1, 1, 0, 0, 0, 0],
      [1, 1, 1, 1, 0, 0, 0, 0],
      [0, 0, 0, 0, 1, 1, 1, 1],
      [0, 0, 0, 0, 1, 1, 1, 1],
    ];
    const { values, vectors } = await singular(points);
    for (const [matrix, missing] of [
      [[positionsOf(8).map(() => 1)], []],
      [groups, []],
      [groups, [0, 3]],
    ] as const) {
      const found = await find(points, matrix, missing, { rank: 2 });
      await expectClose(found.values, values.slice(0, 2), { tolerance: 1e-10 });
      for (const [i, row] of found.basis.entries()) {
        for (const [j, other] of found.basis.entries()) expect(dot(row, other)).toBeCloseTo(i === j ? 1 : 0, 12);
      }
      // the sine of the largest principal angle is at most the norm of what sticks out
      if (values[1] - values[2] < 1e-3) continue; // the subspace itself is not determined well
      for (const row of found.basis) {
        const rest = row.map((x, i) => x - [0, 1].reduce((sum, j) => sum + dot(row, vectors[j]) * vectors[j][i], 0));
        expect(Math.sqrt(dot(rest, rest))).toBeLessThan(1e-8);
      }
    }
  });

  law("does not depend on how workers are numbered", assignments, pointsOf, async (recipe, p) => {
    const points = rowsOf(p, 4).slice(0, recipe.points);
    const matrix = await matrixOf(recipe);
    const plain = await find(points, matrix, [], { rank: 2 });
    const turned = await find(points, matrix.toReversed(), [], { rank: 2 });
    expect(subspaceResidual(points, turned.basis)).toBeCloseTo(subspaceResidual(points, plain.basis), 9);
    await expectClose(turned.values, plain.values);
  });

  it("sends r + ⌈r/ε⌉ − 1 rows", () => {
    const share = rowsOf(
      Float64Array.from({ length: 24 }, (_, i) => (i * i) % 7),
      4,
    );
    const full = sketchRows(share, { kept: 4, width: 4 });
    const moments = (rows: readonly Float64Array[]) => secondMoments(rows).flatMap((row) => [...row]);
    for (const [i, value] of moments(full).entries()) expect(value).toBeCloseTo(moments(share)[i], 10);
    expect(sketchRows(share, { kept: 2, width: 4 })).toEqual(full.slice(0, 2));
    expect(sketchRows(share.slice(0, 1), { kept: 3, width: 4 }).length).toBe(1);
    expect(sketchRows([], { kept: 3, width: 4 })).toEqual([]);
    const lengths = full.map((row) => dot(row, row));
    expect(lengths).toEqual([...lengths].sort((a, b) => b - a));
  });

  it("loses directions that are not sent", async () => {
    // one worker: rank 1 with ε = 1 keeps a single direction, ε = 0.5 two
    const points = [
      [3, 0, 0],
      [0, 2, 0],
      [0, 0, 1],
    ];
    const run = async (accuracy?: number) => [
      ...(await find(points, [[1, 1, 1]], [], { rank: 3, ...(accuracy === undefined ? {} : { accuracy }) })).values,
    ];
    await expectClose(await run(), [3, 2, 1]);
    const one = await find(points, [[1, 1, 1]], [], { rank: 1, accuracy: 1 });
    await expectClose(one.values, [3]);
    const split = [
      [1, 1, 0],
      [0, 0, 1],
    ];
    const halves = await find(
      [
        [2, 0],
        [0, 1.9],
        [0, 1],
      ],
      split,
      [],
      { rank: 1, accuracy: 1 },
    );
    await expectClose(halves.basis[0].map(Math.abs), [1, 0]);
    const whole = await find(
      [
        [2, 0],
        [0, 1.9],
        [0, 1],
      ],
      split,
      [],
      { rank: 1, accuracy: 0.5 },
    );
    await expectClose(whole.basis[0].map(Math.abs), [0, 1]);
  });

  law("works for one point", floats([3], { min: 1, max: 2 }), async (point) => {
    const found = await find([point], [[1], [1]], [1], { rank: 1 });
    expect(subspaceResidual([point], found.basis)).toBeLessThan(1e-12);
  });

  it("names the argument that is wrong", async () => {
    const call = (points: number[][], matrix: number[][], options: Partial<StraggleResilientSubspaceOptions>) =>
      expect(find(points, matrix, [], { rank: 1, ...options })).rejects;
    const name = "straggleResilientSubspace:";
    await call([[1]], [[1]], { rank: 0 }).toThrow(`${name} rank is 0 but must be a whole number ≥ 1`);
    await call([[1]], [[1]], { rank: 2 }).toThrow(`${name} rank is 2 but must be at most 1, as points have axes`);
    await call([[1]], [[1]], { accuracy: 0 }).toThrow(`${name} accuracy is 0 but must be a finite number > 0`);
    await call([[1]], [[1]], { recovery: "guess" as "uniform" }).toThrow(
      'recoveryVector: method is "guess" but must be one of linear-program, uniform',
    );
    await call([[Number.NaN]], [[1]], {}).toThrow(`${name} points[0] holds NaN at 0 but must hold finite numbers`);
    await call([[1], [2]], [[1, 0]], {}).toThrow(
      `${name} assignment has no worker for point 1 but must have one for every point`,
    );
    await call([[1]], [[1, 1]], {}).toThrow(`${name} assignment has 2 columns but must have 1, one for each point`);
    await expect(
      straggleResilientSubspace([[1]], [[1]], simulatedWorkers({ count: 2 }, randomKey(1)), { rank: 1 }),
    ).rejects.toThrow(`${name} there are 2 workers but must be 1, one for each row of assignment`);
    await expect(find([[1]], [[1]], [0], { rank: 1 })).rejects.toThrow(
      "recoveryVector: responding has no worker for points 0 but must have one for every point",
    );
  });
});
