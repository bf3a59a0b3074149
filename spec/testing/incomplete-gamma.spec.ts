import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lgamma } from "../../src/backends/reference/special.js";
import { upperIncompleteGamma } from "../../src/testing/incomplete-gamma.js";

const shapes = fc.double({ min: 0.05, max: 200, noNaN: true });
const ratios = fc.double({ min: 0.01, max: 4, noNaN: true });

describe("upperIncompleteGamma", () => {
  it("is a Poisson sum at whole shapes", () => {
    for (const shape of [1, 2, 5, 12, 40]) {
      for (const x of [0.1, 1, 4, 6.5, 13, 39, 41, 90]) {
        let [term, sum] = [Math.exp(-x), 0];
        for (let k = 0; k < shape; k++) {
          sum += term;
          term *= x / (k + 1);
        }
        expect(Math.abs(upperIncompleteGamma(shape, x) / sum - 1)).toBeLessThan(1e-12);
      }
    }
  });

  it("gains one density when the shape grows by 1", () => {
    fc.assert(
      fc.property(shapes, ratios, (shape, ratio) => {
        const x = shape * ratio;
        const density = Math.exp(shape * Math.log(x) - x - lgamma(shape + 1));
        const step = upperIncompleteGamma(shape + 1, x) - upperIncompleteGamma(shape, x);
        expect(Math.abs(step - density)).toBeLessThan(1e-12);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it("keeps small tails, where 1 − P would have lost them", () => {
    expect(upperIncompleteGamma(1, 300) / Math.exp(-300)).toBeCloseTo(1, 12);
    // erfc(5) = Q(½, 25)
    expect(upperIncompleteGamma(0.5, 25) / 1.5374597944280349e-12).toBeCloseTo(1, 11);
  });

  it("falls from 1 to 0", () => {
    expect(upperIncompleteGamma(3, 0)).toBe(1);
    expect(upperIncompleteGamma(3, Infinity)).toBe(0);
    fc.assert(
      fc.property(shapes, ratios, (shape, ratio) => {
        const [near, far] = [
          upperIncompleteGamma(shape, shape * ratio),
          upperIncompleteGamma(shape, shape * ratio * 1.1),
        ];
        expect(near <= 1 && far >= 0 && far <= near + 1e-15).toBe(true);
      }),
      { seed: 1 },
    );
  });

  it("is NaN outside its range", () => {
    for (const [shape, x] of [
      [0, 1],
      [-1, 1],
      [1, -1],
      [NaN, 1],
      [1, NaN],
      [Infinity, 1],
    ]) {
      expect(upperIncompleteGamma(shape, x)).toBeNaN();
    }
  });
});
