import { randomKey } from "cotangent";
import { encodeByFrame, type FrameShare, frameEncodedGradient, partialGradient } from "cotangent/methods/distributed";
import { numbers, seeds } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { positionsOf } from "./support/codes.js";
import { distance, dot, gradientOf, secondMoments } from "./support/least-squares.js";
import { problems } from "./support/problems.js";

const answersBut = (shares: readonly FrameShare[], point: Float64Array, missing: readonly number[] = []) =>
  new Map(
    shares.flatMap((share, worker) =>
      missing.includes(worker) ? [] : [[worker, partialGradient(share, point)] as const],
    ),
  );

describe("encodeByFrame", () => {
  law(
    "is a tight frame: X̃ᵀX̃ = XᵀX and X̃ᵀỹ = Xᵀy",
    problems,
    numbers({ min: 1, max: 4 }),
    async (problem, redundancy) => {
      const shares = await encodeByFrame(
        problem.design,
        problem.target,
        { workers: 5, redundancy },
        randomKey(problem.seed),
      );
      const rows = shares.flatMap(({ design }) => [...design]);
      const targets = shares.flatMap(({ target }) => [...target]);
      expect(rows.length).toBe(2 ** Math.ceil(Math.log2(12 * redundancy)));
      const sizes = shares.map(({ design }) => design.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      const flat = (matrix: Float64Array[]) => matrix.flatMap((row) => [...row]);
      await expectClose(flat(secondMoments(rows)), flat(secondMoments(problem.design)), { tolerance: 1e-12 });
      const products = (x: readonly ArrayLike<number>[], y: ArrayLike<number>) =>
        positionsOf(10).map((j) =>
          dot(
            x.map((row) => row[j]),
            y,
          ),
        );
      await expectClose(products(rows, targets), products(problem.design, problem.target), { tolerance: 1e-12 });
    },
  );

  law("spreads every example over all encoded rows", problems, async ({ seed }) => {
    const design = positionsOf(4).map((i) => positionsOf(4).map((j) => (i === j ? 1 : 0)));
    const shares = await encodeByFrame(design, [0, 0, 0, 0], { workers: 2 }, randomKey(seed));
    const entries = shares.flatMap((share) => share.design.flatMap((row) => [...row]));
    for (const entry of entries) expect(Math.abs(entry)).toBeCloseTo(1 / Math.sqrt(8), 14);
    expect(entries.some((entry) => entry < 0)).toBe(true);
  });

  law("turns signs at random: examples alike are not all in one row", seeds, async (seed) => {
    const design = positionsOf(16).map((i) => positionsOf(16).map((j) => (i === j ? 1 : 0)));
    const options = { workers: 1, redundancy: 1 };
    const [share] = await encodeByFrame(design, new Float64Array(16), options, randomKey(seed));
    // the Hadamard matrix has a row of ones; that 16 random signs are one of its rows has a chance of 2e-4
    expect(share.design.some((row) => row.every((entry) => entry > 0))).toBe(false);
  });

  it("names the argument that is wrong", async () => {
    const call = (design: number[][], target: number[], options: Partial<Parameters<typeof encodeByFrame>[2]> = {}) =>
      encodeByFrame(design, target, { workers: 1, ...options }, randomKey(1));
    await expect(call([], [])).rejects.toThrow("encodeByFrame: design has 0 rows but must have at least 1");
    await expect(call([[1]], [])).rejects.toThrow(
      "encodeByFrame: target has 0 numbers but must have 1, as design rows",
    );
    await expect(call([[1]], [Number.NaN])).rejects.toThrow(
      "encodeByFrame: target holds NaN at 0 but must hold finite numbers",
    );
    await expect(call([[1]], [1], { workers: 0 })).rejects.toThrow(
      "encodeByFrame: workers is 0 but must be a whole number ≥ 1",
    );
    await expect(call([[1]], [1], { redundancy: 0.5 })).rejects.toThrow(
      "encodeByFrame: redundancy is 0.5 but must be a finite number ≥ 1",
    );
  });
});

describe("frameEncodedGradient", () => {
  law("is the gradient when all answer, and 0 when nobody does", problems, async (problem) => {
    const shares = await encodeByFrame(problem.design, problem.target, { workers: 5 }, randomKey(problem.seed));
    const all = frameEncodedGradient(answersBut(shares, problem.point), 5, 10);
    await expectClose(all, gradientOf(problem, problem.point), { tolerance: 1e-11 });
    expect(frameEncodedGradient(new Map(), 5, 10)).toEqual(new Float64Array(10));
  });

  law("is the gradient on average over which one is missing", problems, async (problem) => {
    const shares = await encodeByFrame(problem.design, problem.target, { workers: 5 }, randomKey(problem.seed));
    const mean = new Float64Array(10);
    for (const missing of positionsOf(5)) {
      const found = frameEncodedGradient(answersBut(shares, problem.point, [missing]), 5, 10);
      for (const j of positionsOf(10)) mean[j] += found[j] / 5;
      expect(distance(found, gradientOf(problem, problem.point))).toBeGreaterThan(0);
    }
    await expectClose(mean, gradientOf(problem, problem.point), { tolerance: 1e-11 });
  });

  it("names the argument that is wrong", () => {
    expect(() => frameEncodedGradient(new Map([[2, [1]]]), 2, 1)).toThrow(
      "frameEncodedGradient: answers holds 2 but must hold whole numbers in [0, 2)",
    );
    expect(() => frameEncodedGradient(new Map([[1, [1, 2]]]), 2, 1)).toThrow(
      "frameEncodedGradient: answer 1 has 2 numbers but must have 1, the parameters",
    );
  });
});
