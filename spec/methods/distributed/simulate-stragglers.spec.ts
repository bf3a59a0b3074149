import { randomKey } from "cotangent";
import { type StragglerModel, simulateStragglers } from "cotangent/methods/distributed";
import { seeds } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { riggedBackend } from "../../support/rigged.js";
import { positionsOf } from "./support/codes.js";

const models = fc.oneof(
  fc.subarray(positionsOf(7)).map((stragglers): StragglerModel => ({ kind: "given", stragglers })),
  fc.integer({ min: 0, max: 7 }).map((count): StragglerModel => ({ kind: "count", count })),
  fc.constantFrom(0, 0.3, 1).map((probability): StragglerModel => ({ kind: "independent", probability })),
  fc.integer({ min: 0, max: 7 }).map((count): StragglerModel => ({ kind: "worst", count, damage: ([s]) => s ?? 0 })),
  fc.integer({ min: 0, max: 6 }).map((drop): StragglerModel => ({ kind: "latency", drop, mean: 3 })),
);
const run = (model: StragglerModel, seed = 1, workers = 7) => simulateStragglers(workers, model, randomKey(seed));

describe("simulateStragglers", () => {
  law("parts the workers into those that answer and those that do not", models, seeds, async (model, seed) => {
    const { responding, stragglers, elapsed } = await run(model, seed);
    expect([...responding, ...stragglers].sort((a, b) => a - b)).toEqual(positionsOf(7));
    expect([...stragglers]).toEqual([...stragglers].sort((a, b) => a - b));
    expect(elapsed).toBeGreaterThan(0);
    if (model.kind !== "latency") expect(elapsed).toBe(1);
    if (model.kind === "given") expect([...stragglers]).toEqual(model.stragglers);
    if (model.kind === "count" || model.kind === "worst") expect(stragglers.length).toBe(model.count);
    if (model.kind === "independent" && model.probability === 0) expect(stragglers.length).toBe(0);
    if (model.kind === "independent" && model.probability === 1) expect(stragglers.length).toBe(7);
    expect(await run(model, seed)).toEqual({ responding, stragglers, elapsed });
  });

  law("keeps the first answers of the same latencies, whatever it drops", seeds, async (seed) => {
    const all = await run({ kind: "latency", drop: 0 }, seed);
    let before = all.elapsed;
    for (let drop = 1; drop < 7; drop++) {
      const { responding, elapsed } = await run({ kind: "latency", drop }, seed);
      expect(responding).toEqual(all.responding.slice(0, 7 - drop));
      expect(elapsed).toBeLessThanOrEqual(before);
      before = elapsed;
    }
    const slow = await run({ kind: "latency", drop: 2, mean: 10 }, seed);
    expect(slow.elapsed).toBeCloseTo(10 * (await run({ kind: "latency", drop: 2 }, seed)).elapsed, 10);
  });

  it("draws sets, single workers and latencies fairly", async () => {
    const rounds = 4000;
    const sets = new Map<string, number>();
    let [alone, waited] = [0, 0];
    for (let seed = 0; seed < rounds; seed++) {
      const name = (await run({ kind: "count", count: 2 }, seed, 4)).stragglers.join();
      sets.set(name, (sets.get(name) ?? 0) + 1);
      alone += (await run({ kind: "independent", probability: 0.3 }, seed, 4)).stragglers.length;
      waited += (await run({ kind: "latency", drop: 1 }, seed, 4)).elapsed;
    }
    // all bounds are five standard deviations: a false alarm once in 10⁵ runs
    expect(sets.size).toBe(6);
    for (const count of sets.values()) expect(Math.abs(count / rounds - 1 / 6)).toBeLessThan(0.03);
    expect(Math.abs(alone / rounds / 4 - 0.3)).toBeLessThan(0.019);
    // the third of four: H_4 − H_1, variance 1/4² + 1/3² + 1/2²
    expect(Math.abs(waited / rounds - 13 / 12)).toBeLessThan(0.052);
  });

  it("has no straggler with probability 0, whatever is drawn", async () => {
    const model = { kind: "independent", probability: 0 } as const;
    const { stragglers } = await simulateStragglers(3, model, randomKey(1, { backend: riggedBackend([0]) }));
    expect(stragglers).toEqual([]);
  });

  law("has latencies of mean 1 by default", seeds, async (seed) => {
    expect(await run({ kind: "latency", drop: 2 }, seed)).toEqual(
      await run({ kind: "latency", drop: 2, mean: 1 }, seed),
    );
  });

  it("finds the set that does most damage, the first of equal ones", async () => {
    const damage = (set: readonly number[]) => (set.includes(4) && set.includes(2) ? 3 : set.includes(1) ? 3 : -1);
    expect((await run({ kind: "worst", count: 2, damage })).stragglers).toEqual([0, 1]);
    const only = (set: readonly number[]) => (set.join() === "2,4,6" ? 1 : Number.NEGATIVE_INFINITY);
    expect((await run({ kind: "worst", count: 3, damage: only })).stragglers).toEqual([2, 4, 6]);
    const none = () => Number.NEGATIVE_INFINITY;
    expect((await run({ kind: "worst", count: 2, damage: none })).stragglers).toEqual([0, 1]);
    let tried = 0;
    await run({ kind: "worst", count: 3, damage: () => tried++ });
    expect(tried).toBe(35);
  });

  it("names the argument that is wrong", async () => {
    const cases: [StragglerModel, string][] = [
      [
        { kind: "given", stragglers: [7] },
        "simulateStragglers: stragglers holds 7 but must hold whole numbers in [0, 7)",
      ],
      [
        { kind: "given", stragglers: [2, 2] },
        "simulateStragglers: stragglers holds 2 twice but must hold each number once",
      ],
      [{ kind: "count", count: 8 }, "simulateStragglers: count is 8 but must be at most workers, 7"],
      [{ kind: "count", count: -1 }, "simulateStragglers: count is -1 but must be a whole number ≥ 0"],
      [{ kind: "independent", probability: 2 }, "simulateStragglers: probability is 2 but must be in [0, 1]"],
      [{ kind: "latency", drop: 7 }, "simulateStragglers: drop is 7 but must be below workers, 7"],
      [{ kind: "latency", drop: 0.5 }, "simulateStragglers: drop is 0.5 but must be a whole number ≥ 0"],
      [{ kind: "latency", drop: 1, mean: 0 }, "simulateStragglers: mean is 0 but must be a finite number > 0"],
      [
        { kind: "worst", count: 1, damage: () => Number.NaN },
        "simulateStragglers: damage is NaN for [0] but must be a number",
      ],
    ];
    for (const [model, message] of cases) await expect(run(model)).rejects.toThrow(message);
    for (const wrong of [-1, 0.5, Number.NaN]) {
      await expect(run({ kind: "given", stragglers: [0, wrong] })).rejects.toThrow(
        `simulateStragglers: stragglers holds ${wrong} but must hold whole numbers in [0, 7)`,
      );
    }
    await expect(run({ kind: "worst", count: 20, damage: () => 0 }, 1, 40)).rejects.toThrow(
      "simulateStragglers: count is 20, which makes 137846528820 sets of 40 workers, but must make at most 1000000",
    );
    await expect(run({ kind: "count", count: 0 }, 1, 0)).rejects.toThrow(
      "simulateStragglers: workers is 0 but must be a whole number ≥ 1",
    );
  });
});
