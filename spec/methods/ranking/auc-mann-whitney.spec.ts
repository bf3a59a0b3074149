import { areaOverCurve, aucMannWhitney } from "cotangent/methods/ranking";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";

// few values, so that ties come up
const list = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 8 });
const mean = (positives: readonly number[], negatives: readonly number[], of: (p: number, n: number) => number) =>
  positives.reduce((total, p) => total + negatives.reduce((sofar, n) => sofar + of(p, n), 0), 0) /
  (positives.length * negatives.length);

describe("aucMannWhitney", () => {
  law("is the double sum, ties by half", list, list, async (p, n) => {
    expect(aucMannWhitney(p, n)).toBeCloseTo(
      mean(p, n, (a, b) => (a > b ? 1 : a === b ? 0.5 : 0)),
      12,
    );
  });

  law("does not change under increasing maps, and adds up to 1 with roles exchanged", list, list, async (p, n) => {
    const grown = (values: readonly number[]) => values.map((v) => Math.exp(v) - 7);
    expect(aucMannWhitney(grown(p), grown(n))).toBe(aucMannWhitney(p, n));
    expect(aucMannWhitney(p, n) + aucMannWhitney(n, p)).toBeCloseTo(1, 12);
  });
});

describe("areaOverCurve", () => {
  law("counts ties as errors", list, list, async (p, n) => {
    expect(areaOverCurve(p, n)).toBeCloseTo(
      mean(p, n, (a, b) => Number(a <= b)),
      12,
    );
  });
});

it.each([
  ["aucMannWhitney", aucMannWhitney],
  ["areaOverCurve", areaOverCurve],
] as const)("%s says what is wrong with its input", (name, f) => {
  expect(() => f([], [1])).toThrow(`${name}: positives is empty but must hold a score`);
  expect(() => f([1], [])).toThrow(`${name}: negatives is empty but must hold a score`);
  expect(() => f([Number.NaN], [1])).toThrow(`${name}: positives is NaN at 0 but must be a number`);
  expect(() => f([1], Float64Array.of(2, Number.NaN))).toThrow(`${name}: negatives is NaN at 1 but must be a number`);
});
