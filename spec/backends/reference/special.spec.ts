import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { erf, lgamma, polygamma } from "../../../src/backends/reference/special.js";

describe("lgamma", () => {
  it("is the logarithm of a factorial at whole numbers", () => {
    let logFactorial = 0;
    for (let n = 1; n <= 170; n++) {
      expect(Math.abs(lgamma(n) - logFactorial)).toBeLessThanOrEqual(2e-14 * Math.max(1, logFactorial));
      logFactorial += Math.log(n);
    }
  });

  it("obeys the reflection and duplication formulas", () => {
    const inside = fc.double({ min: 1e-6, max: 0.9, noNaN: true });
    fc.assert(
      fc.property(inside, (x) => {
        const reflected = Math.log(Math.PI / Math.sin(Math.PI * x));
        expect(Math.abs(lgamma(x) + lgamma(1 - x) - reflected)).toBeLessThan(1e-13 * Math.max(1, reflected));
      }),
      { seed: 1 },
    );
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e6, noNaN: true }), (x) => {
        const doubled = lgamma(2 * x);
        const sum = lgamma(x) + lgamma(x + 0.5) + (2 * x - 1) * Math.LN2 - 0.5 * Math.log(Math.PI);
        expect(Math.abs(sum - doubled)).toBeLessThan(4e-14 * Math.max(1, Math.abs(doubled)));
      }),
      { seed: 1 },
    );
  });

  it("knows Γ(½), and Γ(x) near 0 and far out", () => {
    expect(lgamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 14);
    expect(lgamma(1e-300)).toBeCloseTo(300 * Math.LN10, 12);
    expect(lgamma(1e15) / (1e15 * (Math.log(1e15) - 1))).toBeCloseTo(1, 14);
  });

  it("is +∞ at its poles and knows negative arguments", () => {
    for (const x of [0, -1, -7]) expect(lgamma(x)).toBe(Number.POSITIVE_INFINITY);
    expect(lgamma(Number.NaN)).toBeNaN();
    expect(lgamma(-0.5)).toBeCloseTo(Math.log(2 * Math.sqrt(Math.PI)), 14);
    expect(lgamma(-2000.5)).toBeCloseTo(Math.log(Math.PI) - lgamma(2001.5), 8);
  });
});

describe("erf", () => {
  it("is odd, rises from −1 to 1, and has the known values", () => {
    expect(erf(0)).toBe(0);
    expect(erf(0.1)).toBeCloseTo(0.1124629160182849, 15);
    expect(erf(2)).toBeCloseTo(0.9953222650189527, 15);
    expect(erf(3.5)).toBeCloseTo(0.9999992569016276, 15);
    expect(erf(7)).toBe(1);
    expect(erf(Number.NEGATIVE_INFINITY)).toBe(-1);
    expect(erf(Number.NaN)).toBeNaN();
    for (let x = -6; x < 6; x += 0.01) {
      expect(erf(-x)).toBe(-erf(x));
      expect(erf(x + 0.01)).toBeGreaterThanOrEqual(erf(x));
    }
  });

  it("has no seam where its two forms meet", () => {
    const step = erf(2 + 1e-12) - erf(2) - 1e-12 * (2 / Math.sqrt(Math.PI)) * Math.exp(-4);
    expect(Math.abs(step)).toBeLessThan(1e-15); // below 2 a sum of thirty terms is rounded
  });
});

describe("polygamma", () => {
  it("obeys the recurrence ψ⁽ⁿ⁾(x+1) = ψ⁽ⁿ⁾(x) + (−1)ⁿ n! / xⁿ⁺¹, also below 0", () => {
    let factorial = 1;
    for (let n = 0; n <= 6; n++, factorial *= n) {
      for (const x of [-2.7, -0.3, 0.1, 1, 3.3, 20, 1e4]) {
        const step = ((n % 2 === 0 ? 1 : -1) * factorial) / x ** (n + 1);
        const scale = Math.abs(polygamma(n, x)) + Math.abs(step);
        expect(Math.abs(polygamma(n, x + 1) - polygamma(n, x) - step)).toBeLessThan(4e-14 * scale);
      }
    }
  });

  it("has the known values at 1", () => {
    expect(polygamma(0, 1)).toBeCloseTo(-0.5772156649015329, 14);
    expect(polygamma(1, 1)).toBeCloseTo(Math.PI ** 2 / 6, 14);
    expect(polygamma(3, 1)).toBeCloseTo(Math.PI ** 4 / 15, 12);
    expect(polygamma(0, 0)).toBeNaN();
    expect(polygamma(1, Number.POSITIVE_INFINITY)).toBe(0);
  });
});
