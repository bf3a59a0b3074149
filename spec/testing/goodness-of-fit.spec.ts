import { describe, expect, it } from "vitest";
import { ShapeError } from "../../src/autodiff/check.js";
import { randomChoiceSource } from "../../src/testing/choice-source.js";
import { exactExpectation } from "../../src/testing/exact-expectation.js";
import { chiSquareP, logMultinomialEValue, multinomialEValue } from "../../src/testing/goodness-of-fit.js";
import { sfc32 } from "../../src/testing/sfc32.js";

function count(draws: readonly number[], cells: number): number[] {
  const counts = new Array<number>(cells).fill(0);
  for (const id of draws) counts[id]++;
  return counts;
}

describe("multinomialEValue", () => {
  it("averages to 1 under the null, over all sequences of up to 8 draws from 3 classes", () => {
    for (const probabilities of [
      [0.5, 0.3, 0.2],
      [0.9, 0.0999, 0.0001], // the last takes the least pseudo-count
      [0.6, 0, 0.4], // an impossible class
    ]) {
      for (const t of [1, 2, 5, 8]) {
        const mean = exactExpectation((source) => {
          const draws = Array.from({ length: t }, () => source.choose(probabilities));
          return multinomialEValue(count(draws, 3), probabilities);
        });
        expect(Math.abs(mean - 1)).toBeLessThan(1e-11);
      }
    }
  });

  it("is the product of predictive ratios", () => {
    // a = (1.5, 0.9, 0.6), draws 0, 0, 2
    const expected = (1.5 / 3 / 0.5) * (2.5 / 4 / 0.5) * (0.6 / 5 / 0.2);
    expect(multinomialEValue([2, 0, 1], [0.5, 0.3, 0.2])).toBeCloseTo(expected, 13);
    // a rare cell weighs no less than 1e-3: a = (1.9998, 0.001)
    expect(multinomialEValue([0, 1], [0.9999, 0.0001])).toBeCloseTo(0.001 / 2.0008 / 0.0001, 12);
  });

  it("grows at 0.8 KL(p‖q) a draw or faster against another law p", () => {
    const [p, q] = [
      [0.4, 0.3, 0.2, 0.1],
      [0.3, 0.3, 0.2, 0.2],
    ];
    const divergence = p.reduce((sum, pj, j) => sum + pj * Math.log(pj / q[j]), 0);
    const t = 10_000;
    const source = randomChoiceSource(sfc32(1));
    const sampled = count(
      Array.from({ length: t }, () => source.choose(p)),
      4,
    );
    expect(logMultinomialEValue(sampled, q) / t).toBeGreaterThan(0.8 * divergence);
    const exact =
      logMultinomialEValue(
        p.map((pj) => Math.round(pj * t)),
        q,
      ) / t;
    expect(exact).toBeGreaterThan(0.95 * divergence);
    expect(exact).toBeLessThan(divergence);
  });

  it("is infinite once an impossible class is drawn, and 1 for a single class", () => {
    expect(multinomialEValue([3, 1], [1, 0])).toBe(Infinity);
    expect(multinomialEValue([3, 0], [1, 0])).toBe(1);
    expect(multinomialEValue([1000], [1])).toBe(1);
    expect(multinomialEValue([1e6, 0], [0.5, 0.5])).toBe(Infinity);
    expect(logMultinomialEValue([1e6, 0], [0.5, 0.5])).toBeCloseTo(1e6 * Math.LN2 - Math.log(1e6 + 1), 4);
  });
});

describe("chiSquareP", () => {
  it("agrees with tabulated quantiles", () => {
    const three = chiSquareP([50, 50], [0.5, 0.5]);
    expect([three.statistic, three.degreesOfFreedom, three.p]).toEqual([0, 1, 1]);
    // 3.841459 is the 95% quantile for 1 degree of freedom: (n − 5000)²/2500 = 3.84 at n = 5098
    const one = chiSquareP([5098, 4902], [0.5, 0.5]);
    expect(one.statistic).toBeCloseTo(3.8416, 10);
    expect(one.p).toBeCloseTo(0.0499957902964, 10);
    const four = chiSquareP([30, 14, 34, 45, 57, 20], [0.2, 0.1, 0.15, 0.15, 0.3, 0.1]);
    expect(four.statistic).toBeCloseTo(2.5 + 1.8 + 16 / 30 + 7.5 + 0.15, 12);
    expect(four.degreesOfFreedom).toBe(5);
  });

  it("leaves impossible cells out, unless they were drawn", () => {
    expect(chiSquareP([60, 0, 40], [0.5, 0, 0.5])).toEqual(chiSquareP([60, 40], [0.5, 0.5]));
    expect(chiSquareP([60, 1, 40], [0.5, 0, 0.5]).p).toBe(0);
    expect(chiSquareP([100], [1])).toEqual({ statistic: 0, degreesOfFreedom: 0, p: 1 });
  });

  it("has uniform p under the null, roughly", () => {
    const source = randomChoiceSource(sfc32(5));
    const q = [0.4, 0.3, 0.2, 0.1];
    const ps = Array.from(
      { length: 1000 },
      () =>
        chiSquareP(
          count(
            Array.from({ length: 200 }, () => source.choose(q)),
            4,
          ),
          q,
        ).p,
    );
    const tenths = count(
      ps.map((p) => Math.min(9, Math.floor(10 * p))),
      10,
    );
    expect(logMultinomialEValue(tenths, new Array(10).fill(0.1))).toBeLessThan(Math.log(100));
  });

  it("names the argument that is wrong", () => {
    expect(() => chiSquareP([9, 10], [0.5, 0.5])).toThrow(
      new RangeError(
        "chiSquareP: the expected count of cell 0 is 9.5 but must be at least 10; draw more or merge cells",
      ),
    );
    expect(() => chiSquareP([1], [0.5, 0.5])).toThrow(
      new ShapeError("chiSquareP: counts has 1 cells but must have 2, as probabilities has"),
    );
    expect(() => multinomialEValue([1.5], [1])).toThrow(
      new RangeError("multinomialEValue: counts[0] is 1.5 but must be a whole number ≥ 0"),
    );
    expect(() => multinomialEValue([], [])).toThrow(
      new RangeError("multinomialEValue: probabilities is empty but must have at least one entry"),
    );
    expect(() => multinomialEValue([1, 1], [0.5, 0.6])).toThrow(
      new RangeError("multinomialEValue: the sum of probabilities is 1.1 but must be 1 within 1e-12"),
    );
    expect(() => multinomialEValue([1, 1], [1.5, -0.5])).toThrow(
      new RangeError("multinomialEValue: probabilities[0] is 1.5 but must be in [0, 1]"),
    );
    expect(() => multinomialEValue([1], [NaN])).toThrow(
      new RangeError("multinomialEValue: probabilities[0] is NaN but must be in [0, 1]"),
    );
  });
});
