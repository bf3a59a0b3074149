import { describe, expect, it } from "vitest";
import { BettingTest } from "../../src/testing/betting.js";
import { bettingConfidenceSequence } from "../../src/testing/betting-confidence-sequence.js";
import { empiricalBernsteinSequence } from "../../src/testing/empirical-bernstein.js";
import { sfc32 } from "../../src/testing/sfc32.js";

const coin = (seed: number, length: number, chance: number) => {
  const uniform = sfc32(seed);
  return Array.from({ length }, () => (uniform() < chance ? 1 : 0));
};

describe("bettingConfidenceSequence", () => {
  it("ends at the last candidate whose one-sided test has rejected", () => {
    const [alpha, cells] = [0.1, 50];
    const draws = coin(1, 120, 0.35).map((x, t) => (t % 3 ? x : 0.3));
    const { lower, upper } = bettingConfidenceSequence(draws, { alpha, cells });
    const crossed = (side: "above" | "below") =>
      Array.from({ length: cells - 1 }, (_, i) => {
        const test = new BettingTest((i + 1) / cells, { alpha, bets: "mixture", side });
        let first = Infinity; // the draw at which the capital reaches 2/α
        for (const [t, x] of draws.entries()) {
          test.observe(x);
          if (first === Infinity && test.logCapital >= Math.log(2 / alpha)) first = t;
        }
        return first;
      });
    const [up, down] = [crossed("above"), crossed("below")];
    for (const t of draws.keys()) {
      expect(lower[t]).toBe(up.reduce((end, first, i) => (first <= t ? Math.max(end, (i + 1) / cells) : end), 0));
      expect(upper[t]).toBe(down.reduce((end, first, i) => (first <= t ? Math.min(end, (i + 1) / cells) : end), 1));
    }
    expect(lower.at(-1)).toBeGreaterThan(0);
    expect(upper.at(-1)).toBeLessThan(1);
  });

  it("contains the truth at all times in more than 1 − α of runs, and the ends only move inwards", () => {
    // 3000 runs of 200 draws; "more than" is itself proved at 1e-6
    const alpha = 0.2;
    const misses = new BettingTest(alpha, { alpha: 1e-6, side: "below" });
    for (let run = 0; run < 3000; run++) {
      const { lower, upper } = bettingConfidenceSequence(coin(run, 200, 0.3), { alpha, cells: 20 });
      misses.observe(lower.some((end, t) => end >= 0.3 || upper[t] <= 0.3) ? 1 : 0);
      if (run < 20) {
        for (let t = 1; t < 200; t++) expect(lower[t] >= lower[t - 1] && upper[t] <= upper[t - 1]).toBe(true);
      }
    }
    expect(misses.rejected).toBe(true);
  });

  it("closes in on the mean", () => {
    const { lower, upper } = bettingConfidenceSequence(coin(5, 20_000, 0.3), { alpha: 0.05 });
    expect([lower[19_999] < 0.3, upper[19_999] > 0.3]).toEqual([true, true]);
    expect(upper[19_999] - lower[19_999]).toBeLessThan(0.04);
  });

  it("is narrower than the empirical Bernstein sequence on few draws of small variance", () => {
    const uniform = sfc32(6);
    const draws = Array.from({ length: 100 }, () => 0.4 + 0.1 * (uniform() - 0.5));
    const betting = bettingConfidenceSequence(draws, { alpha: 0.05 });
    const bernstein = empiricalBernsteinSequence(draws, { alpha: 0.05 });
    expect(betting.upper[99] - betting.lower[99]).toBeLessThan(0.7 * (bernstein.upper[99] - bernstein.lower[99]));
  });

  it("closes on a single cell when the draws contradict every mean", () => {
    const draws = Array.from({ length: 2000 }, (_, t) => (t < 1000 ? 0 : 1));
    const { lower, upper } = bettingConfidenceSequence(draws, { alpha: 0.05 });
    expect([lower[1999], upper[1999]]).toEqual([0.007, 0.008]);
  });

  it("judges a single candidate, ½, where there are two cells", () => {
    for (const x of [0, 1]) {
      const { lower, upper } = bettingConfidenceSequence(new Array(50).fill(x), { alpha: 0.05, cells: 2 });
      expect([lower[49], upper[49]]).toEqual([x / 2, (x + 1) / 2]);
    }
  });

  it("is of level 1e-9 and looks at a thousand means, where nothing else is said", () => {
    const draws = coin(9, 300, 0.5);
    expect(bettingConfidenceSequence(draws)).toEqual(bettingConfidenceSequence(draws, { alpha: 1e-9, cells: 1000 }));
    expect(bettingConfidenceSequence(draws).lower[299]).toBeGreaterThan(0);
  });

  it("names the argument that is wrong", () => {
    expect(() => bettingConfidenceSequence([0.5, 2])).toThrow(
      new RangeError("bettingConfidenceSequence: x is 2 but must be in [0, 1]; map it by its known bounds"),
    );
    expect(() => bettingConfidenceSequence([], { alpha: 0 })).toThrow(
      new RangeError("bettingConfidenceSequence: alpha is 0 but must be in (0, 1)"),
    );
    expect(() => bettingConfidenceSequence([], { cells: 1 })).toThrow(
      new RangeError("bettingConfidenceSequence: cells is 1 but must be a whole number ≥ 2"),
    );
  });
});
