import { randomKey } from "cotangent";
import { type AssignmentOptions, assignmentMatrix } from "cotangent/methods/distributed";
import { seeds } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { riggedBackend } from "../../support/rigged.js";
import { positionsOf } from "./support/codes.js";

const sizes = fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 30 }));
const draw = (options: AssignmentOptions, seed = 1) => assignmentMatrix(options, randomKey(seed));
const columnSums = (matrix: Uint8Array[]) =>
  Array.from(matrix[0], (_, j) => matrix.reduce((sum, row) => sum + row[j], 0));
const loads = (matrix: Uint8Array[]) => matrix.map((row) => row.reduce((sum, x) => sum + x, 0));

describe("assignmentMatrix", () => {
  law("puts each point on exactly r workers, unless Bernoulli", sizes, seeds, async ([workers, points], seed) => {
    for (let replication = 1; replication <= workers; replication++) {
      for (const scheme of ["fractional", "cyclic", "regular"] as const) {
        if (scheme === "fractional" && workers % replication !== 0) continue;
        const matrix = await draw({ workers, points, scheme, replication }, seed);
        expect([matrix.length, matrix[0].length]).toEqual([workers, points]);
        expect(columnSums(matrix)).toEqual(Array(points).fill(replication));
      }
    }
  });

  law("gives contiguous blocks, equal to within a point", sizes, async ([workers, points]) => {
    const blocks = positionsOf(workers).map((block) =>
      positionsOf(points).filter((point) => Math.floor((point * workers) / points) === block),
    );
    const lengths = blocks.map((block) => block.length);
    expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
    for (let replication = 1; replication <= workers; replication++) {
      const matrix = await draw({ workers, points, scheme: "cyclic", replication });
      for (const worker of positionsOf(workers)) {
        const expected = positionsOf(replication).flatMap((i) => blocks[(worker + i) % workers]);
        const held = positionsOf(points).filter((point) => matrix[worker][point] === 1);
        expect(held).toEqual(expected.sort((a, b) => a - b));
      }
    }
  });

  it("repeats blocks in groups of workers", async () => {
    const matrix = await draw({ workers: 4, points: 5, scheme: "fractional", replication: 2 });
    expect(matrix.map((row) => row.join(""))).toEqual(["11100", "11100", "00011", "00011"]);
    const alone = await draw({ workers: 3, points: 3, scheme: "fractional", replication: 1 });
    expect(alone.map((row) => row.join(""))).toEqual(["100", "010", "001"]);
  });

  law("leaves no point out with Bernoulli, however few copies", sizes, seeds, async ([workers, points], seed) => {
    const matrix = await draw({ workers, points, scheme: "bernoulli", replication: 0.3 }, seed);
    expect(Math.min(...columnSums(matrix))).toBeGreaterThanOrEqual(1);
    const full = await draw({ workers, points, scheme: "bernoulli", replication: workers }, seed);
    expect(columnSums(full)).toEqual(Array(points).fill(workers));
    expect(await draw({ workers, points, scheme: "bernoulli", replication: 0.3 }, seed)).toEqual(matrix);
  });

  it("holds each point twice by default", async () => {
    expect(columnSums(await draw({ workers: 3, points: 4, scheme: "cyclic" }))).toEqual([2, 2, 2, 2]);
  });

  it("gives a worker a point with chance r / m to the last bit: below it, not at it", async () => {
    const key = randomKey(1, { backend: riggedBackend([2 ** 31, 0, 0, 0]) }); // numbers 0.5 and 0
    const matrix = await assignmentMatrix({ workers: 2, points: 1, scheme: "bernoulli", replication: 1 }, key);
    expect(matrix.map(([held]) => held)).toEqual([0, 1]);
  });

  it("draws fairly", async () => {
    const bernoulli = await draw({ workers: 5, points: 20_000, scheme: "bernoulli", replication: 2 });
    const regular = await draw({ workers: 5, points: 20_000, scheme: "regular", replication: 2 });
    // conditional on at least one worker: 0.4 / (1 − 0.6⁵); all bounds are five standard deviations
    for (const load of loads(bernoulli)) expect(Math.abs(load / 20_000 - 0.4 / (1 - 0.6 ** 5))).toBeLessThan(0.018);
    for (const load of loads(regular)) expect(Math.abs(load / 20_000 - 0.4)).toBeLessThan(0.018);
    const both = positionsOf(20_000).filter((point) => bernoulli[0][point] + bernoulli[1][point] === 2).length;
    expect(Math.abs(both / 20_000 - 0.16 / (1 - 0.6 ** 5))).toBeLessThan(0.014);
  });

  it("covers evenly under random stragglers when there are many copies", async () => {
    // each of 60 workers fails with chance 0.25: coverage is (1 − p)·r = 30, give or take √(30·0.25·…) ≈ 3.5
    const matrix = await draw({ workers: 60, points: 200, scheme: "regular", replication: 40 });
    const left = matrix.filter((_, worker) => worker % 4 !== 0);
    const coverage = columnSums(left);
    expect(Math.max(...coverage) / Math.min(...coverage) - 1).toBeLessThan(0.8);
  });

  it("names the argument that is wrong", async () => {
    const cases: [Partial<AssignmentOptions>, string][] = [
      [{ workers: 0 }, "assignmentMatrix: workers is 0 but must be a whole number ≥ 1"],
      [{ points: 0 }, "assignmentMatrix: points is 0 but must be a whole number ≥ 1"],
      [
        { scheme: "all" as "cyclic" },
        'assignmentMatrix: scheme is "all" but must be one of fractional, cyclic, regular, bernoulli',
      ],
      [{ replication: 1.5 }, "assignmentMatrix: replication is 1.5 but must be a whole number ≥ 1"],
      [{ replication: 7 }, "assignmentMatrix: replication is 7 but must be at most workers, 6"],
      [
        { scheme: "fractional", replication: 4 },
        'assignmentMatrix: replication is 4 but must divide workers, 6, with scheme "fractional"',
      ],
      [{ scheme: "bernoulli", replication: 0 }, "assignmentMatrix: replication is 0 but must be a finite number > 0"],
    ];
    for (const [options, message] of cases) {
      await expect(draw({ workers: 6, points: 6, scheme: "cyclic", ...options })).rejects.toThrow(message);
    }
  });
});
