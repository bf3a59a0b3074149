import { ndcgAt, precisionAt, propensityScoredNdcgAt, propensityScoredPrecisionAt } from "cotangent/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rankings } from "../support/arbitraries.js";
import { bruteScored, orders } from "../support/brute-metrics.js";

const ks = fc.integer({ min: 1, max: 7 });
const propensitiesOf = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 10, maxLength: 10 });
const total = (values: Iterable<number>) => [...values].reduce((sum, value) => sum + value, 0);

describe.each([
  ["propensityScoredPrecisionAt", propensityScoredPrecisionAt, false],
  ["propensityScoredNdcgAt", propensityScoredNdcgAt, true],
] as const)("%s", (name, metric, discounted) => {
  it("is gains over the best that any order of the truth gains, tried one by one", () => {
    fc.assert(
      fc.property(rankings, ks, propensitiesOf, ({ ranked, truth }, k, propensities) => {
        const { mean, values, gains, best } = metric(ranked, truth, { k, propensities });
        truth.forEach((labels, at) => {
          const right = bruteScored(ranked[at]!, labels, k, propensities, discounted);
          expect(gains[at]! / (right || 1)).toBeCloseTo(right === 0 ? 0 : 1, 10);
          const tried = orders(labels).map((order) => bruteScored(order, labels, k, propensities, discounted));
          expect(best[at]! / (Math.max(...tried) || 1)).toBeCloseTo(labels.length === 0 ? 0 : 1, 10);
          expect(gains[at]).toBeLessThanOrEqual(best[at]! * (1 + 1e-12));
        });
        if (total(best) === 0) expect(mean).toBeNaN();
        else {
          expect(mean).toBeCloseTo(total(gains) / total(best), 10);
          expect(total(values) / values.length).toBeCloseTo(mean, 10);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("is 1 where every ranking is the best", () => {
    const propensities = [0.1, 0.5, 0.9, 1];
    const truth = [[0, 2], [1, 3, 2], []];
    expect(metric([[0, 2, 1], [1, 2, 3], [0]], truth, { k: 2, propensities }).mean).toBeCloseTo(1, 14);
  });

  it("leaves out what is skipped, which changes nothing but the values", () => {
    const options = { k: 2, propensities: [0.1, 0.5] };
    const zero = metric([[0, 1], [1]], [[1], []], options);
    const skip = metric([[0, 1], [1]], [[1], []], { ...options, withoutLabels: "skip" });
    expect(skip.mean).toBeCloseTo(zero.mean, 14);
    expect([zero.values[1], zero.best[1], skip.values[1], skip.best[1]]).toEqual([0, 0, Number.NaN, Number.NaN]);
  });

  it("names the argument that is wrong", () => {
    const fail = (problem: string) => new RangeError(`${name}: ${problem}`);
    expect(() => metric([[0]], [[0]], { k: 0, propensities: [1] })).toThrow(
      fail("k is 0 but must be a whole number ≥ 1"),
    );
    expect(() => metric([], [[0]], { k: 1, propensities: [1] })).toThrow(
      fail("ranked has 0 examples but must have as many as truth, 1"),
    );
    for (const [propensities, came] of [
      [[1], "undefined"],
      [[1, 0], "0"],
      [[1, 1.5], "1.5"],
      [[1, Number.NaN], "NaN"],
    ] as const) {
      expect(() => metric([[0]], [[0, 1]], { k: 1, propensities })).toThrow(
        fail(`truth[0][1] is 1, whose propensity is ${came} but must be in (0, 1]`),
      );
    }
  });
});

describe("propensityScoredPrecisionAt", () => {
  it("has the value computed by hand", () => {
    // Example 1 finds the label of 1/p = 2 and misses that of 10: (2/2) of ((10 + 2)/2). Example 2 finds its only one: (4/2) of (4/2).
    const { mean, values } = propensityScoredPrecisionAt(
      [
        [1, 3],
        [2, 0],
      ],
      [[0, 1], [2]],
      { k: 2, propensities: [0.1, 0.5, 0.25, 1] },
    );
    expect(mean).toBeCloseTo(3 / 8, 14);
    expect([...values]).toEqual([1 / 4, 2 / 4]);
  });

  it("is precision over its best where every propensity is 1", () => {
    fc.assert(
      fc.property(rankings, ks, ({ ranked, truth }, k) => {
        const { gains, best } = propensityScoredPrecisionAt(ranked, truth, { k, propensities: Array(10).fill(1) });
        precisionAt(ranked, truth, { k }).values.forEach((value, at) => {
          expect(gains[at]).toBeCloseTo(value, 12);
        });
        precisionAt(truth, truth, { k }).values.forEach((value, at) => {
          expect(best[at]).toBeCloseTo(value, 12);
        });
      }),
    );
  });
});

describe("propensityScoredNdcgAt", () => {
  it("is nDCG where every propensity is 1 and every example has a label", () => {
    fc.assert(
      fc.property(rankings, ks, ({ ranked, truth }, k) => {
        const labelled = truth.map((labels) => (labels.length === 0 ? [0] : labels));
        const { mean } = propensityScoredNdcgAt(ranked, labelled, { k, propensities: Array(10).fill(1) });
        expect(mean).toBeCloseTo(ndcgAt(ranked, labelled, { k }).mean, 12);
      }),
    );
  });
});
