import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { logGamma } from "../../src/testing/log-gamma.js";

describe("logGamma", () => {
  it("is the logarithm of a factorial at whole numbers", () => {
    let logFactorial = 0;
    for (let n = 1; n <= 170; n++) {
      expect(Math.abs(logGamma(n) - logFactorial)).toBeLessThanOrEqual(2e-14 * Math.max(1, logFactorial));
      logFactorial += Math.log(n);
    }
  });

  it("obeys the reflection and duplication formulas", () => {
    const inside = fc.double({ min: 1e-6, max: 0.9, noNaN: true });
    fc.assert(
      fc.property(inside, (x) => {
        const reflected = Math.log(Math.PI / Math.sin(Math.PI * x));
        expect(Math.abs(logGamma(x) + logGamma(1 - x) - reflected)).toBeLessThan(1e-13 * Math.max(1, reflected));
      }),
      { seed: 1 },
    );
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e6, noNaN: true }), (x) => {
        const doubled = logGamma(2 * x);
        const sum = logGamma(x) + logGamma(x + 0.5) + (2 * x - 1) * Math.LN2 - 0.5 * Math.log(Math.PI);
        expect(Math.abs(sum - doubled)).toBeLessThan(4e-14 * Math.max(1, Math.abs(doubled)));
      }),
      { seed: 1 },
    );
  });

  it("knows Γ(½), and Γ(x) near 0 and far out", () => {
    expect(logGamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 14);
    expect(logGamma(1e-300)).toBeCloseTo(300 * Math.LN10, 12);
    expect(logGamma(1e15) / (1e15 * (Math.log(1e15) - 1))).toBeCloseTo(1, 14);
  });

  it("is NaN where the logarithm is not defined here", () => {
    for (const x of [0, -1, NaN]) expect(logGamma(x)).toBeNaN();
  });
});
