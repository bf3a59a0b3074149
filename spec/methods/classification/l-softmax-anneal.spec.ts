import { lSoftmaxAnneal } from "cotangent/methods/classification";
import { numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";

const schedules = fc.record({
  initial: numbers({ min: 1, max: 1000 }),
  rate: numbers({ min: 0, max: 2 }),
  power: numbers({ min: 0, max: 3 }),
  minimum: numbers({ min: 0, max: 1 }),
});

describe("lSoftmaxAnneal", () => {
  law("starts at its initial weight and falls to the minimum, never below", schedules, (options) => {
    expect(lSoftmaxAnneal(0, options)).toBe(options.initial);
    let before = options.initial;
    for (const step of [1, 2, 3, 10, 100, 1e4, 1e6]) {
      const weight = lSoftmaxAnneal(step, options);
      expect(weight).toBeLessThanOrEqual(before);
      expect(weight).toBeGreaterThanOrEqual(options.minimum);
      before = weight;
    }
  });

  law("is initial · (1 + rate · t)^−power above it", schedules, fc.integer({ min: 0, max: 1000 }), (options, step) => {
    const { initial, rate, power, minimum } = options;
    const falling = initial / Math.exp(power * Math.log1p(rate * step));
    expect(lSoftmaxAnneal(step, options)).toBeCloseTo(Math.max(falling, minimum), 9);
  });

  it("is 1000 / (1 + t / 10) where nothing is said", () => {
    expect([0, 10, 90].map((step) => lSoftmaxAnneal(step))).toEqual([1000, 500, 100]);
    expect(lSoftmaxAnneal(1e9)).toBeLessThan(1e-4);
    expect(lSoftmaxAnneal(1e9, { minimum: 5 })).toBe(5);
  });

  it("names what is wrong", () => {
    expect(() => lSoftmaxAnneal(-1)).toThrow("lSoftmaxAnneal: step is -1 but must be a whole number ≥ 0");
    expect(() => lSoftmaxAnneal(0.5)).toThrow("lSoftmaxAnneal: step is 0.5 but must be a whole number ≥ 0");
    for (const name of ["initial", "rate", "power"]) {
      expect(() => lSoftmaxAnneal(0, { [name]: -1 })).toThrow(
        `lSoftmaxAnneal: ${name} is -1 but must be a finite number ≥ 0`,
      );
      expect(() => lSoftmaxAnneal(0, { [name]: Infinity })).toThrow(
        `lSoftmaxAnneal: ${name} is Infinity but must be a finite number ≥ 0`,
      );
    }
    expect(() => lSoftmaxAnneal(0, { minimum: -1 })).toThrow("lSoftmaxAnneal: minimum is -1 but must be in [0, 1000]");
    expect(() => lSoftmaxAnneal(0, { initial: 4, minimum: 5 })).toThrow(
      "lSoftmaxAnneal: minimum is 5 but must be in [0, 4]",
    );
  });
});
