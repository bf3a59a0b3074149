import { randomKey } from "cotangent";
import {
  densityEvolution,
  erasureThreshold,
  peelingDecode,
  regularParityCheck,
  simulateStragglers,
} from "cotangent/methods/distributed";
import { numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";

const weights = fc
  .integer({ min: 2, max: 5 })
  .chain((l) => fc.tuple(fc.constant(l), fc.integer({ min: l + 1, max: 10 })));
const chances = numbers({ min: 0, max: 1 });
const last = (list: Float64Array) => list[list.length - 1];

describe("densityEvolution", () => {
  law("never increases, and leaves no more at positions than on edges", weights, chances, ([l, r], q) => {
    const { edges, positions } = densityEvolution({
      erasureProbability: q,
      columnWeight: l,
      rowWeight: r,
      iterations: 20,
    });
    expect([edges[0], positions[0], edges.length, positions.length]).toEqual([q, q, 21, 21]);
    for (let d = 1; d <= 20; d++) {
      expect(edges[d]).toBeLessThanOrEqual(edges[d - 1]);
      expect(positions[d]).toBeLessThanOrEqual(positions[d - 1]);
      expect(positions[d]).toBeLessThanOrEqual(edges[d]);
      const blocked = 1 - (1 - edges[d - 1]) ** (r - 1);
      expect(edges[d]).toBeCloseTo(q * blocked ** (l - 1), 14);
      expect(positions[d]).toBeCloseTo(q * blocked ** l, 14);
    }
  });

  it("goes to 0 below the threshold of (3, 6), and to known limits above", () => {
    const limit = (erasureProbability: number) => {
      const { edges, positions } = densityEvolution({ erasureProbability, iterations: 20_000 });
      return [last(edges), last(positions)];
    };
    expect(limit(0.42)[0]).toBeLessThan(1e-300);
    expect(limit(0.43)[0]).toBeCloseTo(0.275, 3);
    expect(limit(0.43)[1]).toBeCloseTo(0.22, 3);
    expect(limit(0.45)[0]).toBeCloseTo(0.355, 3);
    expect(limit(0.45)[1]).toBeCloseTo(0.316, 3);
  });

  it("is what peeling leaves of codes of length 3000", async () => {
    const limit = last(densityEvolution({ erasureProbability: 0.45, iterations: 2000 }).positions);
    /** What is left of a random set of exactly that share: its own size does not add to the noise. */
    const left = async (share: number, seed: number, iterations?: number) => {
      const key = randomKey(seed);
      const checks = await regularParityCheck({ length: 3000, fullRank: false }, key.at("code"));
      const model = { kind: "count", count: 3000 * share } as const;
      const { stragglers } = await simulateStragglers(3000, model, key.at("erasures"));
      const rows = Array.from({ length: 3000 }, () => [0]);
      const options = iterations === undefined ? {} : { iterations };
      return peelingDecode(checks, rows, stragglers, options).unrecovered.length / 3000;
    };
    for (const seed of [0, 1, 2]) {
      expect(Math.abs((await left(0.45, seed)) - limit)).toBeLessThan(0.04);
      // neighbourhoods of depth 2 are trees but for a few; one standard deviation is below 0.01
      const early = densityEvolution({ erasureProbability: 0.45, iterations: 2 }).positions[2];
      expect(Math.abs((await left(0.45, seed, 2)) - early)).toBeLessThan(0.03);
      expect(await left(0.4, seed)).toBe(0);
    }
    // so near to the threshold, a code of this length fails now and then
    const near = await Promise.all([0, 1, 2, 3, 4].map((seed) => left(0.42, seed)));
    expect(near.filter((share) => share === 0).length).toBeGreaterThanOrEqual(4);
  });

  it("names the argument that is wrong", () => {
    const call = (options: Partial<Parameters<typeof densityEvolution>[0]>) => () =>
      densityEvolution({ erasureProbability: 0.1, iterations: 1, ...options });
    expect(call({ erasureProbability: 1.5 })).toThrow(
      "densityEvolution: erasureProbability is 1.5 but must be in [0, 1]",
    );
    expect(call({ columnWeight: 1 })).toThrow("densityEvolution: columnWeight is 1 but must be a whole number ≥ 2");
    expect(call({ rowWeight: 3 })).toThrow("densityEvolution: rowWeight is 3 but must be above columnWeight, 3");
    expect(call({ rowWeight: 3.5 })).toThrow("densityEvolution: rowWeight is 3.5 but must be a whole number ≥ 1");
    expect(call({ iterations: -1 })).toThrow("densityEvolution: iterations is -1 but must be a whole number ≥ 0");
  });
});

describe("erasureThreshold", () => {
  it("is known for (3, 6) and (2, r)", () => {
    expect(erasureThreshold(3, 6)).toBeCloseTo(0.42944, 5);
    for (const r of [3, 5, 8]) expect(erasureThreshold(2, r)).toBeCloseTo(1 / (r - 1), 6);
  });

  law("divides what is recovered from what is not", weights, ([columnWeight, rowWeight]) => {
    const threshold = erasureThreshold(columnWeight, rowWeight);
    const left = (erasureProbability: number) =>
      last(densityEvolution({ erasureProbability, columnWeight, rowWeight, iterations: 20_000 }).edges);
    expect(left(threshold * 0.99)).toBeLessThan(1e-6);
    expect(left(threshold * 1.01)).toBeGreaterThan(1e-3);
  });

  it("names the argument that is wrong", () => {
    expect(() => erasureThreshold(1, 6)).toThrow("erasureThreshold: columnWeight is 1 but must be a whole number ≥ 2");
    expect(() => erasureThreshold(3, 3)).toThrow("erasureThreshold: rowWeight is 3 but must be above columnWeight, 3");
  });
});
