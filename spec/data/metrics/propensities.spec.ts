import { labelPropensities, type PropensityOptions } from "cotangent/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

describe("labelPropensities", () => {
  it("is the paper's formula", () => {
    const constants = fc.record({
      a: fc.double({ min: 0, max: 2, noNaN: true }),
      b: fc.double({ min: 0.1, max: 5, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(fc.nat(1000)), constants, (counts, { a, b }) => {
        const c = (Math.log(1000) - 1) * (b + 1) ** a;
        labelPropensities(counts, { examples: 1000, a, b }).forEach((propensity, label) => {
          expect(propensity).toBeCloseTo(1 / (1 + c * Math.exp(-a * Math.log(counts[label]! + b))), 12);
        });
      }),
    );
  });

  it("has the values computed by hand", () => {
    // Of a label seen once C·(1 + B)^−A is log N − 1, whatever A and B are: p = 1/log N.
    const [once] = labelPropensities([1], { examples: 1000 });
    expect(once).toBeCloseTo(1 / Math.log(1000), 14);
    // C = (log 1000 − 1) · 2.5^0.55 = 9.7789; p = 1 / (1 + C · 101.5^−0.55)
    const [often] = labelPropensities([100], { examples: 1000 });
    expect(often).toBeCloseTo(0.56483, 5);
  });

  it("grows with the count and stays inside (0, 1)", () => {
    const values = labelPropensities([0, 1, 2, 10, 1000], { examples: 1000 });
    values.forEach((value, at) => {
      expect(value).toBeGreaterThan(at === 0 ? 0 : values[at - 1]!);
      expect(value).toBeLessThan(1);
    });
    expect(labelPropensities([0], { examples: 10, b: 0 })[0]).toBe(0);
  });

  it.each<[number[], PropensityOptions, string]>([
    [[1], { examples: 2 }, "examples is 2 but must be a whole number ≥ 3"],
    [[1], { examples: 5, a: -1 }, "a is -1 but must be a finite number ≥ 0"],
    [[1], { examples: 5, b: Number.NaN }, "b is NaN but must be a finite number ≥ 0"],
    [[1, 6], { examples: 5 }, "counts[1] is 6 but must be a whole number in [0, 5]"],
    [[0.5], { examples: 5 }, "counts[0] is 0.5 but must be a whole number in [0, 5]"],
  ])("names the argument that is wrong: %j, %j", (counts, options, problem) => {
    expect(() => labelPropensities(counts, options)).toThrow(new RangeError(`labelPropensities: ${problem}`));
  });
});
