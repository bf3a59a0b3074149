import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BettingOptions, BettingTest } from "../../src/testing/betting.js";
import { exactExpectation } from "../../src/testing/exact-expectation.js";
import { sfc32 } from "../../src/testing/sfc32.js";

const rules: readonly BettingOptions[] = (["kelly", "mixture"] as const).flatMap((bets) =>
  (["both", "above", "below"] as const).map((side) => ({ bets, side, alpha: 0.05 })),
);
const long = process.env.COTANGENT_LONG === "1";

function capitalAfter(observations: readonly number[], mean: number, options: BettingOptions): number {
  const test = new BettingTest(mean, options);
  for (const x of observations) test.observe(x);
  return Math.exp(test.logCapital);
}

/** E[K_t] over all paths of t draws that are `high` with the given chance and `low` else. */
function expectedCapital(
  t: number,
  low: number,
  high: number,
  chance: number,
  mean: number,
  options: BettingOptions,
): number {
  return exactExpectation((source) => {
    const path = Array.from({ length: t }, () => (source.choose([1 - chance, chance]) === 1 ? high : low));
    return capitalAfter(path, mean, options);
  });
}

describe("BettingTest", () => {
  it("keeps E[K_t] = 1 under a two-point null, over all 2^t paths, for every rule and side", () => {
    for (const options of rules) {
      expect(Math.abs(expectedCapital(12, 0, 1, 0.5, 0.5, options) - 1)).toBeLessThan(1e-12);
      expect(Math.abs(expectedCapital(10, 0.1, 0.9, 0.25, 0.3, options) - 1)).toBeLessThan(1e-12);
      expect(Math.abs(expectedCapital(8, 0, 1, 0.02, 0.02, options) - 1)).toBeLessThan(1e-12);
    }
  });

  it("gains in expectation when the mean is wrong, and only on the side that is bet on", () => {
    for (const options of rules) {
      const above = expectedCapital(10, 0, 1, 0.8, 0.5, options);
      const below = expectedCapital(10, 0, 1, 0.2, 0.5, options);
      expect(Math.abs(above - below) < 1e-12).toBe(options.side === "both");
      if (options.side !== "below") expect(above).toBeGreaterThan(1.5);
      else expect(above).toBeLessThanOrEqual(1);
      if (options.side !== "above") expect(below).toBeGreaterThan(1.5);
      else expect(below).toBeLessThanOrEqual(1);
    }
  });

  it("never goes into debt: K_t ≥ 0 on every path in [0, 1]^t", () => {
    const unit = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 60 }), unit, fc.constantFrom(...rules), (path, mean, options) => {
        const test = new BettingTest(mean, options);
        for (const [i, x] of path.entries()) {
          test.observe(x);
          expect(test.logCapital).toBeGreaterThanOrEqual((i + 1) * Math.log(0.5) - 1e-12);
        }
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it("places the bets of the two rules", () => {
    // before any draw: mean ½, variance ¼; after x = 1: mean ¾, variance (¼ + 1/16)/2 = 5/32
    const [m, c] = [0.4, 0.5];
    const first = (0.5 - m) / (0.25 + 0.01);
    const second = Math.min((0.75 - m) / (5 / 32 + 0.35 ** 2), c / m);
    expect(capitalAfter([1, 0.7], m, {})).toBeCloseTo((1 + first * 0.6) * (1 + second * 0.3), 14);

    const alpha = 0.9; // large, so that the second bet is not clipped
    const bet = (variance: number, i: number) =>
      Math.sqrt((2 * Math.log(2 / alpha)) / (variance * i * Math.log(1 + i)));
    const up = (1 + Math.min(bet(0.25, 1), c / m) * 0.6) * (1 + Math.min(bet(5 / 32, 2), c / m) * 0.3);
    const down = (1 - Math.min(bet(0.25, 1), c / 0.6) * 0.6) * (1 - Math.min(bet(5 / 32, 2), c / 0.6) * 0.3);
    expect(capitalAfter([1, 0.7], m, { bets: "mixture", alpha })).toBeCloseTo((up + down) / 2, 14);
    expect(capitalAfter([1, 0.7], m, { bets: "mixture", alpha, side: "above" })).toBeCloseTo(up, 14);
    expect(capitalAfter([1, 0.7], m, { bets: "mixture", alpha, side: "below" })).toBeCloseTo(down, 14);
  });

  it("bets less by the mixture rule the longer it goes on", () => {
    const [alpha, mean] = [0.5, 0.5];
    const path = Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? 1 : 0));
    let [up, down, total, squares, below] = [1, 1, 0.5, 0.25, 0];
    for (const [i, x] of path.entries()) {
      const wanted = Math.sqrt((2 * Math.log(2 / alpha)) / ((squares / (i + 1)) * (i + 1) * Math.log(2 + i)));
      const bet = Math.min(wanted, 1); // c / m
      if (wanted < 1) below++;
      up *= 1 + bet * (x - mean);
      down *= 1 - bet * (x - mean);
      total += x;
      squares += (x - total / (i + 2)) ** 2;
    }
    expect(below).toBeGreaterThan(30);
    expect(capitalAfter(path, mean, { bets: "mixture", alpha })).toBeCloseTo((up + down) / 2, 12);
  });

  it("rejects a true null in fewer than α of all runs although it looks after every draw", () => {
    // 3·10⁴ paths of 500 draws; with COTANGENT_LONG=1 10⁵ of 2000. "Fewer than" is itself proved at 1e-9.
    const [paths, length] = long ? [100_000, 2000] : [30_000, 500];
    for (const bets of ["kelly", "mixture"] as const) {
      const uniform = sfc32(2);
      const fraction = new BettingTest(0.05, { alpha: 1e-9, side: "below" });
      for (let path = 0; path < paths; path++) {
        const test = new BettingTest(0.5, { alpha: 0.05, bets });
        for (let t = 0; t < length && !test.rejected; t++) test.observe(uniform() < 0.5 ? 0 : 1);
        fraction.observe(test.rejected ? 1 : 0);
      }
      expect(fraction.rejected).toBe(true);
    }
  }, 600_000);

  it("finds a planted bias ε of a coin within 4σ² log(1/α)/ε² draws in at least 95% of runs", () => {
    // σ² is the larger of the variances of truth and null; "at least" is itself proved at 1e-3
    for (const [mean, bias] of [
      [0.5, 0.1],
      [0.5, -0.03],
      [0.2, 0.05],
      [0.2, -0.05],
    ]) {
      const chance = mean + bias;
      const variance = Math.max(chance * (1 - chance), mean * (1 - mean));
      const budget = (4 * variance * Math.log(1e9)) / bias ** 2;
      const uniform = sfc32(3);
      const misses = new BettingTest(0.05, { alpha: 1e-3, side: "below" });
      for (let run = 0; run < 3000 && !misses.rejected; run++) {
        const test = new BettingTest(mean);
        for (let t = 0; t < budget && !test.rejected; t++) test.observe(uniform() < chance ? 1 : 0);
        misses.observe(test.rejected ? 0 : 1);
      }
      expect(misses.rejected).toBe(true);
    }
  });

  it("holds its level where the 3-standard-error gate, looked at as often, does not", () => {
    // Beta(2, 3), mean 0.4: the second smallest of four uniform numbers. 600 runs of 10⁴ draws; 4000 with COTANGENT_LONG=1.
    const uniform = sfc32(4);
    const naive = new BettingTest(0.02, { alpha: 0.01, side: "above" });
    let [naiveAlarms, bettingAlarms] = [0, 0];
    const runs = long ? 4000 : 600;
    for (let run = 0; run < runs; run++) {
      const test = new BettingTest(0.4, { alpha: 0.01 });
      let [sum, squares, alarm] = [0, 0, false];
      for (let t = 1; t <= 10_000; t++) {
        const [a, b, c, d] = [uniform(), uniform(), uniform(), uniform()];
        const x = Math.min(Math.max(Math.min(a, b), Math.min(c, d)), Math.min(Math.max(a, b), Math.max(c, d)));
        test.observe(x);
        sum += x;
        squares += x * x;
        if (t % 100 === 0) {
          const mean = sum / t;
          alarm ||= Math.abs(mean - 0.4) > 3 * Math.sqrt((squares / t - mean * mean) / (t - 1));
        }
      }
      naive.observe(alarm ? 1 : 0);
      naiveAlarms += alarm ? 1 : 0;
      bettingAlarms += test.rejected ? 1 : 0;
    }
    expect(naiveAlarms / runs).toBeGreaterThan(0.02);
    if (long) expect(naive.rejected).toBe(true); // the rate, not only this sample of it, is above 2%
    expect(bettingAlarms / runs).toBeLessThanOrEqual(0.01);
  }, 600_000);

  it("tests a mean at an end of the range from the one side that is left", () => {
    for (const bets of ["kelly", "mixture"] as const) {
      for (const end of [0, 1]) {
        const right = new BettingTest(end, { bets });
        for (let t = 0; t < 10_000; t++) right.observe(end);
        expect(right.logCapital).toBeLessThanOrEqual(0);
        const wrong = new BettingTest(end, { bets });
        for (let t = 0; t < 200; t++) wrong.observe(0.5);
        expect(wrong.rejected).toBe(true);
      }
    }
  });

  it("remembers a rejection, and counts its draws", () => {
    const test = new BettingTest(0.5, { alpha: 0.1 });
    for (let t = 0; t < 50; t++) test.observe(1);
    expect(test.rejected).toBe(true);
    for (let t = 0; t < 200; t++) test.observe(t % 4 ? 0 : 1);
    expect([test.observe(0.5), test.draws]).toEqual([true, 251]);
  });

  it("rejects at exactly 1/α", () => {
    const test = new BettingTest(0, { alpha: 0.5 }); // a stake of 1 on what cannot be: doubled by the first draw of 1
    expect(test.observe(1)).toBe(true);
    expect(test.logCapital).toBe(Math.LN2);
  });

  it("stays with a rejection while one sign's capital is above 1/α and the average is below again", () => {
    const test = new BettingTest(0.5, { alpha: 0.1, bets: "mixture" });
    while (!test.observe(1)) {}
    while (test.logCapital >= Math.log(10)) expect(test.observe(0.45)).toBe(true);
    expect(test.rejected).toBe(true);
    expect(test.logCapital).toBeGreaterThan(Math.log(9)); // half of what the sign that won has: that is above 10
  });

  it("names the argument that is wrong", () => {
    expect(() => new BettingTest(1.5)).toThrow(new RangeError("BettingTest: mean is 1.5 but must be in [0, 1]"));
    for (const alpha of [0, 1, -1, NaN]) {
      expect(() => new BettingTest(0.5, { alpha })).toThrow(
        new RangeError(`BettingTest: alpha is ${alpha} but must be in (0, 1)`),
      );
    }
    expect(() => new BettingTest(0.5, { bets: "all" as "kelly" })).toThrow(
      new TypeError('BettingTest: bets is "all" but must be one of kelly, mixture'),
    );
    expect(() => new BettingTest(0.5, { side: "left" as "both" })).toThrow(
      new TypeError('BettingTest: side is "left" but must be one of above, below, both'),
    );
    for (const x of [-0.1, 1.1, NaN]) {
      expect(() => new BettingTest(0.5).observe(x)).toThrow(
        new RangeError(`BettingTest.observe: x is ${x} but must be in [0, 1]; map it by its known bounds`),
      );
    }
  });
});
