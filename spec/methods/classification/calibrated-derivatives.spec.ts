import { randomKey, tensor } from "cotangent";
import { isCalibratedDerivative, sampleCalibratedDerivatives } from "cotangent/methods/classification";
import { floats, numbers, seeds } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";

const someMargins = fc.integer({ min: 1, max: 8 }).chain((n) => floats([n], { min: -5, max: 5 }));
const tied = fc
  .array(fc.constantFrom(-2, 0, 1, 3), { minLength: 1, maxLength: 8 })
  .map((list) => Float64Array.from(list));
const powers = numbers({ min: -1, max: 1 });
const draw = (s: Float64Array, seed: number, power = 0) =>
  sampleCalibratedDerivatives(tensor(s), randomKey(seed), { power }).data();

describe("sampleCalibratedDerivatives", () => {
  for (const [name, margins] of [
    ["margins", someMargins],
    ["tied margins", tied],
  ] as const) {
    law(`draws slopes of a calibrated loss, at ${name}`, margins, seeds, powers, async (s, seed, power) => {
      const g = await draw(s, seed, power);
      expect(isCalibratedDerivative(s, g)).toBe(true);
      s.forEach((margin, i) => {
        expect(g[i]).toBeGreaterThanOrEqual(-1 - 1e-6);
        expect(g[i]).toBeLessThanOrEqual(-1e-6);
        if (margin > 1) expect(-g[i]).toBeLessThanOrEqual(1 / margin + 1e-6 + 1e-15);
      });
    });
  }

  law("is the slope of a convex function that falls at 0", someMargins, seeds, async (s, seed) => {
    const g = await draw(s, seed);
    const order = [...s.keys()].sort((i, j) => s[i] - s[j]);
    /** The broken line through the points, ties averaged and constant outside. */
    const slopeAt = (at: number): number => {
      const same = order.filter((i) => s[i] === at);
      if (same.length > 0) return same.reduce((sum, i) => sum + g[i], 0) / same.length;
      const [below, above] = [order.filter((i) => s[i] < at), order.filter((i) => s[i] > at)];
      if (below.length === 0) return slopeAt(s[above[0]]);
      const last = s[below[below.length - 1]];
      if (above.length === 0) return slopeAt(last);
      const first = s[above[0]];
      return slopeAt(last) + ((at - last) / (first - last)) * (slopeAt(first) - slopeAt(last));
    };
    let before = Number.NEGATIVE_INFINITY;
    for (let at = -6; at <= 6; at += 0.25) {
      const slope = slopeAt(at);
      expect(slope).toBeGreaterThanOrEqual(before - 1e-15);
      before = slope;
    }
    expect(slopeAt(0)).toBeLessThan(0);
  });

  law("divides by the margin beyond 1 only, without a jump there", seeds, powers, async (seed, power) => {
    const [at, beyond] = [await draw(Float64Array.of(1), seed, power), await draw(Float64Array.of(4), seed, power)];
    expect(beyond[0] + 1e-6).toBeCloseTo((at[0] + 1e-6) / 4, 14);
    const just = await draw(Float64Array.of(1 + 1e-9), seed, power);
    expect(Math.abs(just[0] - at[0])).toBeLessThan(2e-9);
  });

  it("has means that rise with the rank, those of order statistics", async () => {
    const n = 4;
    // P(r_(j:n) > r) e^r integrated from −∞ to 0, by the distribution function of the normal law on a fine grid.
    const expected = new Float64Array(n);
    const h = 1e-3;
    let cumulative = 0;
    for (let r = -9; r < 0; r += h) {
      cumulative += (h * Math.exp(-((r + h / 2) ** 2) / 2)) / Math.sqrt(2 * Math.PI);
      const f = cumulative;
      for (let k = 1; k <= n; k++) {
        const j = n - k + 1;
        let above = 0;
        for (let i = 0; i < j; i++) above += [1, 4, 6, 4][i] * f ** i * (1 - f) ** (n - i);
        expected[k - 1] -= above * Math.exp(r + h) * h;
      }
    }
    const margins = tensor(Float64Array.of(0.5, -2, 0.9, -1));
    const key = randomKey(11);
    const draws: ArrayLike<number>[] = [];
    for (let i = 0; i < 1500; i++) draws.push(await sampleCalibratedDerivatives(margins, key.at(i)).data());
    [1, 3, 0, 2].forEach((place, k) => {
      const mean = draws.reduce((sum, g) => sum + g[place], 0) / draws.length;
      // A slope has a deviation of 0.4 at most, the mean of 1500 one of 0.0103: a false alarm comes once in 10⁵ draws of the key.
      expect(Math.abs(mean - expected[k])).toBeLessThan(0.045);
    });
    expect(expected[3]).toBeGreaterThan(expected[0] + 0.5);
  });

  it("draws alike from alike keys, one example too, and names what is wrong", async () => {
    const s = Float64Array.of(0.3, -1);
    expect([...(await draw(s, 5))]).toEqual([...(await draw(s, 5))]);
    expect([...(await draw(s, 5))]).not.toEqual([...(await draw(s, 6))]);
    expect(await draw(Float64Array.of(-3), 1)).toHaveLength(1);
    const call =
      (margins: Parameters<typeof sampleCalibratedDerivatives>[0], options = {}) =>
      () =>
        sampleCalibratedDerivatives(margins, randomKey(0), options);
    expect(call(tensor(s), { power: 1.5 })).toThrow("sampleCalibratedDerivatives: power is 1.5 but must be in [-1, 1]");
    expect(call(tensor(s), { power: 1.5, anyPower: true })).not.toThrow();
    expect(call(tensor(s), { power: Number.POSITIVE_INFINITY, anyPower: true })).toThrow(
      "sampleCalibratedDerivatives: power is Infinity but must be in [-1, 1]",
    );
    expect(call(tensor(new Float64Array(0)))).toThrow(
      "sampleCalibratedDerivatives: margins has shape [0] but must have an example",
    );
    expect(call(tensor([[1, 2]]))).toThrow(
      "sampleCalibratedDerivatives: margins has shape [1, 2] but must have 1 axis",
    );
    expect(call(tensor([1, Number.NaN]))).toThrow(
      "sampleCalibratedDerivatives: margins holds NaN at 1 but must hold finite numbers",
    );
  });
});

describe("isCalibratedDerivative", () => {
  const slopes: Readonly<Record<string, (s: number) => number>> = {
    logistic: (s) => -1 / (1 + Math.exp(s)),
    hinge: (s) => (s < 1 ? -1 : 0),
    exponential: (s) => -Math.exp(-s),
    "squared hinge": (s) => -2 * Math.max(0, 1 - s),
  };

  law("holds for known losses, until two slopes are exchanged or one does not fall at 0", someMargins, (s) => {
    for (const slope of Object.values(slopes)) expect(isCalibratedDerivative(s, s.map(slope))).toBe(true);
    const g = s.map(slopes.logistic);
    const [low, high] = [s.indexOf(Math.min(...s)), s.indexOf(Math.max(...s))];
    if (g[high] > g[low]) {
      const exchanged = g.slice();
      [exchanged[low], exchanged[high]] = [g[high], g[low]];
      expect(isCalibratedDerivative(s, exchanged)).toBe(false);
    }
    if (s[low] <= 0)
      expect(
        isCalibratedDerivative(
          s,
          s.map(() => 0),
        ),
      ).toBe(false);
  });

  it("lets ties come in any order but not below what is left of them, and names what is wrong", () => {
    expect(isCalibratedDerivative([1, 1, 2], [-0.2, -0.5, -0.2])).toBe(true);
    expect(isCalibratedDerivative([1, 1, 2], [-0.2, -0.5, -0.3])).toBe(false);
    expect(isCalibratedDerivative([2, 1], [0.5, 0.5])).toBe(true);
    expect(isCalibratedDerivative([], [])).toBe(true);
    expect(() => isCalibratedDerivative([1], [])).toThrow(
      "isCalibratedDerivative: derivatives has length 0 but must have 1",
    );
    expect(() => isCalibratedDerivative([Number.NaN], [0])).toThrow(
      "isCalibratedDerivative: margins[0] is NaN but must be finite",
    );
  });
});
