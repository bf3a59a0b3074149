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
