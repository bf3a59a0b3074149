import { describe, expect, it } from "vitest";
import { constant, productOf, scaled, sumOf } from "../../src/testing/random-program-claims.js";
import { contraction } from "../../src/testing/random-program-contractions.js";
import type { Fact } from "../../src/testing/random-program-line.js";
import { joined } from "../../src/testing/random-program-operands.js";
import { sumError } from "../../src/testing/random-program-reductions.js";

const fact = (low: number, high: number, error: number, grid?: number): Fact => {
  return { shape: [2], dtype: "f64", low, high, error, grid, smooth: true };
};
const [x, y, rounded] = [fact(-3, 2, 5, 3), fact(1, 4, 7, 2), fact(-1, 0.5, 11)];

describe("what is claimed of results", () => {
  it("is all of a plain number", () => {
    expect(constant(-0.25, 2)).toEqual({ ...fact(-0.25, -0.25, 0, 2), shape: [] });
  });

  it("is scaled with what is multiplied, the ends in their order and the error without a sign", () => {
    expect(scaled(x, 2, 0)).toEqual({ low: -6, high: 4, grid: 3, error: 10 });
    expect(scaled(x, -0.5, 1)).toEqual({ low: -1, high: 1.5, grid: 4, error: 2.5 });
    expect(scaled(rounded, 0.25, 2)).toEqual({ low: -0.25, high: 0.125, grid: undefined, error: 2.75 });
  });

  it("adds ranges and errors of a sum, and one rounding of the largest", () => {
    expect(sumOf(x, y)).toEqual({ low: -2, high: 6, grid: 3, error: 5 + 7 + 6 });
    expect(sumOf(y, x)).toEqual(sumOf(x, y));
    expect(sumOf(x, rounded)).toEqual({ low: -4, high: 2.5, grid: undefined, error: 5 + 11 + 4 });
    expect(sumOf(rounded, x).grid).toBe(undefined);
  });

  it("multiplies each error of a product with the other's bound, and adds one rounding", () => {
    expect(productOf(x, y)).toEqual({ low: -12, high: 8, grid: 5, error: 5 * 4 + 7 * 3 + 12 });
    const ends = [fact(-1, 2, 0), fact(-5, 3, 0), fact(-4, -3, 0), fact(0.5, 1, 0)];
    for (const a of ends) {
      for (const b of ends) {
        const all = [a.low, a.high].flatMap((s) => [b.low * s, b.high * s]);
        expect(productOf(a, b)).toMatchObject({ low: Math.min(...all), high: Math.max(...all), grid: undefined });
      }
    }
    expect(productOf(x, rounded)).toMatchObject({ grid: undefined, error: 5 * 1 + 11 * 3 + 3 });
    expect(productOf(rounded, x).grid).toBe(undefined);
  });

  it("is the union of what elements are taken from", () => {
    expect(joined([x, y])).toEqual({ low: -3, high: 4, grid: 3, error: 7 });
    expect(joined([y, x])).toEqual(joined([x, y]));
    expect(joined([x, rounded, y])).toEqual({ low: -3, high: 4, grid: undefined, error: 11 });
    expect(joined([y])).toEqual({ low: 1, high: 4, grid: 2, error: 7 });
  });

  it("takes the errors of what is added up, and roundings of partial sums that grow like √count", () => {
    expect(sumError({ error: 3 }, 2, 1)).toBe(3 + 2);
    expect(sumError({ error: 3 }, 2, 16)).toBe(16 * 3 + 4 * 16 * 2);
    expect(sumError({ error: 0 }, 0.5, 9)).toBe(13.5);
  });

  it("bounds sums of products of one, two or three factors, of none at all as of one", () => {
    expect(contraction([x, y], 4)).toEqual({
      ...{ low: -48, high: 48, grid: 5 },
      error: sumError({ error: 5 * 4 + 7 * 3 + 2 * 12 }, 12, 4),
    });
    expect(contraction([x, y, rounded], 1)).toEqual({
      ...{ low: -12, high: 12, grid: undefined },
      error: sumError({ error: 5 * 4 * 1 + 7 * 3 * 1 + 11 * 12 + 3 * 12 }, 12, 1),
    });
    expect(contraction([y], 0)).toEqual({ low: -4, high: 4, grid: 2, error: sumError({ error: 7 + 4 }, 4, 1) });
    expect(contraction([x], 2).low).toBe(-6);
  });
});
