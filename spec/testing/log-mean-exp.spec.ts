import { describe, expect, it } from "vitest";
import { logMeanExp } from "../../src/testing/log-mean-exp.js";

describe("logMeanExp", () => {
  it("is the logarithm of the average", () => {
    expect(logMeanExp([Math.log(1), Math.log(3), Math.log(8)])).toBeCloseTo(Math.log(4), 15);
    expect(logMeanExp([2.5])).toBe(2.5);
  });

  it("neither overflows nor underflows", () => {
    expect(logMeanExp([1e5, 1e5])).toBe(1e5);
    expect(logMeanExp([-1e5, -1e5 - 1e4])).toBeCloseTo(-1e5 - Math.LN2, 9);
  });

  it("takes infinite logarithms", () => {
    expect(logMeanExp([-Infinity, 0])).toBeCloseTo(-Math.LN2, 15);
    expect(logMeanExp([-Infinity, -Infinity])).toBe(-Infinity);
    expect(logMeanExp([Infinity, 3])).toBe(Infinity);
  });
});
