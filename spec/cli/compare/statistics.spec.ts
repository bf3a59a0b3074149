import { describe, expect, it } from "vitest";
import { estimate, showEstimate } from "../../../cli/src/compare/report/statistics.js";

describe("estimate", () => {
  it("is the mean with Student's 95 % interval", () => {
    const { mean, margin } = estimate([1, 2, 6]);
    expect(mean).toBe(3);
    expect(margin).toBeCloseTo(4.30265 * Math.sqrt(7 / 3), 4); // t(0.975, 2), as tables have it
    expect(estimate([0.5, 0.5])).toEqual({ mean: 0.5, margin: 0 });
  });

  it("has no interval for one value, and nothing for none", () => {
    expect(estimate([0.25])).toEqual({ mean: 0.25 });
    expect(showEstimate([0.25])).toBe("0.250");
    expect(showEstimate([0.2, 0.4], 1)).toBe("0.3 ± 1.3");
    expect(showEstimate([])).toBe("–");
  });
});
