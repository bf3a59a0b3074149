import { describe, expect, it } from "vitest";
import { BettingTest } from "../../src/testing/betting.js";
import { CatoniTest } from "../../src/testing/catoni.js";
import { exactExpectation } from "../../src/testing/exact-expectation.js";
import { sfc32 } from "../../src/testing/sfc32.js";

/** Mean 0, variance 1, no fourth moment: a Student t with 3 degrees of freedom over √3. */
function heavyTailed(uniform: () => number): number {
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const [a, b, c, d] = [normal(), normal(), normal(), normal()];
  return a / Math.sqrt(b * b + c * c + d * d);
}

describe("CatoniTest", () => {
  it("has E[M_t] ≤ 1 on every two-point null of the stated variance, and close to it", () => {
    for (const chance of [0.5, 0.1, 0.01]) {
      // values ±: mean 0, variance 1
      const [low, high] = [-Math.sqrt(chance / (1 - chance)), Math.sqrt((1 - chance) / chance)];
      const expected = exactExpectation((source) => {
        const test = new CatoniTest(3, 1, { alpha: 0.5 });
        for (let t = 0; t < 10; t++) test.observe(3 + (source.choose([1 - chance, chance]) === 1 ? high : low));
        return Math.exp(test.logCapital);
      });
      expect(expected).toBeLessThanOrEqual(1);
      expect(expected).toBeGreaterThan(0.005);
    }
  });

  it("averages the two signs' processes of the definition", () => {
    const [mean, variance, alpha] = [1, 2, 0.3];
    const test = new CatoniTest(mean, variance, { alpha });
    const phi = (z: number) => (z >= 0 ? Math.log(1 + z + z ** 2 / 2) : -Math.log(1 - z + z ** 2 / 2));
    let [up, down] = [0, 0];
    // the bets of the first seven draws are at their limit, the later ones below it
    for (const [i, x] of [2, -1, 0.5, 9, 0, 1, 3, -2, 1.5, 4].entries()) {
      const bet = Math.min(
        0.5 / Math.sqrt(variance),
        Math.sqrt((2 * Math.log(2 / alpha)) / (variance * (i + 1) * Math.log(2 + i))),
      );
      up += phi(bet * (x - mean)) - (bet ** 2 * variance) / 2;
      down += phi(-bet * (x - mean)) - (bet ** 2 * variance) / 2;
      test.observe(x);
      expect(test.logCapital).toBeCloseTo(Math.log((Math.exp(up) + Math.exp(down)) / 2), 13);
    }
    expect(test.draws).toBe(10);
  });

  it("rejects a true null in fewer than α of all runs on heavy tails", () => {
    // 400 runs of 500 draws; "fewer than" is itself proved at 1e-3
    const uniform = sfc32(8);
    const fraction = new BettingTest(0.1, { alpha: 1e-3, side: "below" });
    for (let run = 0; run < 400; run++) {
      const test = new CatoniTest(0, 1, { alpha: 0.1 });
      for (let t = 0; t < 500 && !test.rejected; t++) test.observe(heavyTailed(uniform));
      fraction.observe(test.rejected ? 1 : 0);
    }
    expect(fraction.rejected).toBe(true);
  });

  it("finds a planted bias of half a standard deviation, in either direction", () => {
    for (const bias of [0.5, -0.5]) {
      const uniform = sfc32(9);
      const test = new CatoniTest(0, 1);
      while (test.draws < 2000 && !test.observe(heavyTailed(uniform) + bias)) {}
      expect(test.rejected).toBe(true);
    }
  });

  it("is moved little by a single wild draw, however large", () => {
    for (const wild of [1e6, 1e180, -1e300]) {
      const test = new CatoniTest(0, 1);
      for (let t = 0; t < 200; t++) test.observe(0);
      const before = test.logCapital;
      test.observe(wild);
      const expected =
        2 * (Math.log(Math.abs(wild)) + Math.log(Math.sqrt((2 * Math.log(2e9)) / (201 * Math.log(202)))));
      expect(Math.abs(test.logCapital - before - (expected - 2 * Math.LN2))).toBeLessThan(0.2);
    }
  });

  it("names the argument that is wrong", () => {
    expect(() => new CatoniTest(NaN, 1)).toThrow(new RangeError("CatoniTest: mean is NaN but must be a finite number"));
    expect(() => new CatoniTest(0, 0)).toThrow(
      new RangeError("CatoniTest: variance is 0 but must be a finite number > 0"),
    );
    expect(() => new CatoniTest(0, 1, { alpha: 2 })).toThrow(
      new RangeError("CatoniTest: alpha is 2 but must be in (0, 1)"),
    );
    expect(() => new CatoniTest(0, 1).observe(Infinity)).toThrow(
      new RangeError("CatoniTest.observe: x is Infinity but must be a finite number"),
    );
  });
});
