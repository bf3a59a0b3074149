import { describe, expect, it } from "vitest";
import { BettingTest } from "../../src/testing/betting.js";
import { empiricalBernsteinSequence } from "../../src/testing/empirical-bernstein.js";
import { exactExpectation } from "../../src/testing/exact-expectation.js";
import { sfc32 } from "../../src/testing/sfc32.js";

describe("empiricalBernsteinSequence", () => {
  // the bets on draws near each other are all at their limit, those on draws far apart below it
  it.each([[[0.9, 0.4, 1, 0.7, 0.8, 0.9, 0.6, 0.8]], [[1, 0, 1, 1, 1, 1, 0, 1]]])(
    "is the closed form of its definition, intersected over time, for %j",
    (some) => {
      const alpha = 0.9;
      const draws = some.flatMap((x) => [x, x, x, x, x]);
      const { lower, upper } = empiricalBernsteinSequence(draws, { alpha });
      let [low, high] = [0, 1];
      for (const t of draws.keys()) {
        let [bets, weighted, penalty] = [0, 0, 0];
        for (let i = 1; i <= t + 1; i++) {
          const mean = (n: number) => (0.5 + draws.slice(0, n).reduce((sum, x) => sum + x, 0)) / (n + 1);
          const squares = draws.slice(0, i - 1).reduce((sum, x, j) => sum + (x - mean(j + 1)) ** 2, 0.25);
          const bet = Math.min(0.5, Math.sqrt((2 * Math.log(2 / alpha)) / ((squares / i) * i * Math.log(1 + i))));
          bets += bet;
          weighted += bet * draws[i - 1];
          penalty += (-Math.log(1 - bet) - bet) * (draws[i - 1] - mean(i - 1)) ** 2;
        }
        const radius = (Math.log(2 / alpha) + penalty) / bets;
        low = Math.max(low, weighted / bets - radius);
        high = Math.min(high, weighted / bets + radius);
        expect(lower[t]).toBeCloseTo(low, 13);
        expect(upper[t]).toBeCloseTo(high, 13);
      }
      expect(lower.at(-1)).toBeGreaterThan(0.5);
      expect(upper.at(-1)).toBeLessThan(1);
    },
  );

  it("misses the mean of a coin within 10 draws with exactly computed chance below α", () => {
    for (const [alpha, chance] of [
      [0.6, 0.5],
      [0.9, 0.1],
    ]) {
      const miss = exactExpectation((source) => {
        const path = Array.from({ length: 10 }, () => source.choose([1 - chance, chance]));
        const { lower, upper } = empiricalBernsteinSequence(path, { alpha });
        return lower[9] > chance || upper[9] < chance ? 1 : 0;
      });
      expect(miss).toBeLessThan(alpha);
    }
  });

  it("contains the truth at all times in more than 1 − α of runs", () => {
    // 2000 runs of 500 draws; "more than" is itself proved at 1e-6
    const uniform = sfc32(6);
    const misses = new BettingTest(0.2, { alpha: 1e-6, side: "below" });
    for (let run = 0; run < 2000; run++) {
      const draws = Float64Array.from({ length: 500 }, () => (uniform() < 0.3 ? 1 : 0));
      const { lower, upper } = empiricalBernsteinSequence(draws, { alpha: 0.2 });
      misses.observe(lower[499] > 0.3 || upper[499] < 0.3 ? 1 : 0);
    }
    expect(misses.rejected).toBe(true);
  });

  it("narrows with the variance of the draws", () => {
    const uniform = sfc32(7);
    const draws = Float64Array.from({ length: 5000 }, () => 0.4 + 0.02 * (uniform() - 0.5));
    const { lower, upper } = empiricalBernsteinSequence(draws, { alpha: 0.05 });
    expect([lower[4999] < 0.4, upper[4999] > 0.4]).toEqual([true, true]);
    expect(upper[4999] - lower[4999]).toBeLessThan(0.01);
  });

  it("names the argument that is wrong", () => {
    expect(() => empiricalBernsteinSequence([NaN])).toThrow(
      new RangeError("empiricalBernsteinSequence: x is NaN but must be in [0, 1]; map it by its known bounds"),
    );
    expect(() => empiricalBernsteinSequence([], { alpha: 1 })).toThrow(
      new RangeError("empiricalBernsteinSequence: alpha is 1 but must be in (0, 1)"),
    );
  });
});
