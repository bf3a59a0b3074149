import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { slopeByDifferences } from "../../src/testing/central-differences.js";

/** The share of random points at which the error stays within the allowance. */
async function shareWithin(
  f: (x: number) => number,
  slope: (x: number) => number,
  low: number,
  high: number,
): Promise<number> {
  const points = fc.sample(fc.double({ min: low, max: high, noNaN: true }), { numRuns: 500, seed: 7 });
  let within = 0;
  for (const x of points) {
    const { difference, allowance } = await slopeByDifferences(
      ([[at]]) => f(at),
      [Float64Array.of(x)],
      [Float64Array.of(1)],
    );
    if (Math.abs(difference - slope(x)) <= allowance) within++;
  }
  return within / points.length;
}

describe("slopeByDifferences", () => {
  it("errs by no more than it allows, for polynomials to degree 6", async () => {
    for (let degree = 1; degree <= 6; degree++) {
      const share = await shareWithin(
        (x) => x ** degree - 2 * x,
        (x) => degree * x ** (degree - 1) - 2,
        -3,
        3,
      );
      expect(share).toBeGreaterThanOrEqual(0.99);
    }
  });

  it("errs by no more than it allows, for exp, log and tanh", async () => {
    expect(await shareWithin(Math.exp, Math.exp, -3, 3)).toBeGreaterThanOrEqual(0.99);
    expect(await shareWithin(Math.log, (x) => 1 / x, 0.1, 10)).toBeGreaterThanOrEqual(0.99);
    expect(await shareWithin(Math.tanh, (x) => 1 - Math.tanh(x) ** 2, -3, 3)).toBeGreaterThanOrEqual(0.99);
  });

  it("looks eleven steps ahead and behind, from a hundredth of the largest coordinate or of 1, each half the last", async () => {
    for (const [origin, largest] of [
      [[0.25, -0.5], 1],
      [[0.25, -100], 100],
      [[300, -200], 300],
    ] as const) {
      const [points, direction]: [number[][], number[]] = [[], [2, -1]];
      const value = ([[x], [y]]: readonly Float64Array[]) => {
        points.push([x, y]);
        return x + y;
      };
      await slopeByDifferences(
        value,
        origin.map((x) => Float64Array.of(x)),
        direction.map((x) => Float64Array.of(x)),
      );
      const steps = Array.from({ length: 11 }, (_, k) => 0.01 * largest * 2 ** -k);
      const wanted = steps.flatMap((h) => [h, -h].map((step) => origin.map((x, i) => x + step * direction[i])));
      expect(points).toEqual(wanted);
    }
  });

  // at 100 the first step is 1, and sums of powers of 2 are exact
  const [spacing, room] = [2 ** -53, (size: number) => 64 + 4 * Math.sqrt(size)];
  const zeros = (size: number) => new Float64Array(size);

  it("allows for rounding alone where a function is linear: eight units of the largest value, by what its conditions may be", async () => {
    for (const offset of [0, 1000, -1000]) {
      const { difference, allowance } = await slopeByDifferences(
        ([[x]]) => x + offset,
        [Float64Array.of(100), zeros(3)],
        [Float64Array.of(1), zeros(3)],
      );
      expect(difference).toBe(1);
      const largest = Math.max(...[99, 101].map((x) => Math.abs(x + offset)));
      expect(allowance).toBe(8 * spacing * largest * room(4));
    }
    const { allowance } = await slopeByDifferences(([[x]]) => x / 1024, [Float64Array.of(100)], [Float64Array.of(1)]);
    expect(allowance).toBe(8 * spacing * room(1)); // a value counts as 1 at least
  });

  it("takes the step at which truncation and rounding together are least", async () => {
    // D(h) = s·h⁴ for s·x⁵ at 0, so that R(h) = −s·h⁴/4 where the slope is 0
    for (const scale of [1, 2 ** -20, 2 ** -35]) {
      const { difference, allowance } = await slopeByDifferences(
        ([[x]]) => scale * x ** 5,
        [Float64Array.of(0, 100)],
        [Float64Array.of(1, 0)],
      );
      const errors = Array.from({ length: 9 }, (_, k) => {
        const truncation = (scale * 15 * 16 ** -k) / 64;
        return truncation + 8 * spacing * room(2) * 2 ** k;
      });
      const best = errors.indexOf(Math.min(...errors));
      expect(difference).toBe(-(scale / 4) * 16 ** -(best + 1));
      expect(allowance).toBeCloseTo(errors[best], 24);
    }
  });

  it("knows nothing where there is nothing to see", async () => {
    const blind = await slopeByDifferences(() => Number.NaN, [Float64Array.of(1)], [Float64Array.of(1)]);
    expect(blind).toEqual({ difference: Number.NaN, allowance: Number.POSITIVE_INFINITY });
  });

  it("allows little where the function is smooth", async () => {
    const { difference, allowance } = await slopeByDifferences(
      ([[x]]) => Math.sin(x),
      [Float64Array.of(1)],
      [Float64Array.of(2)],
    );
    expect(Math.abs(difference - 2 * Math.cos(1))).toBeLessThan(1e-9);
    expect(allowance).toBeLessThan(1e-9);
  });
});
