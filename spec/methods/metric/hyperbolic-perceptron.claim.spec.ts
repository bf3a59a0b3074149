import { hyperbolicMargin, hyperbolicPerceptron } from "cotangent/methods/metric";
import { describe, expect, it } from "vitest";
import { tellClaim } from "../../support/claims.js";
import { product } from "./support/lorentz-points.js";
import { separablePlane } from "./support/separable-plane.js";

const squared = (x: Float64Array) => x.reduce((sum, value) => sum + value * value, 0);

describe("hyperbolicPerceptron on 200 points of the plane up to radius 2", () => {
  it.each([0.3, 0.1, 0.03])("stops, within its bound, where the Lorentz update never does (margin %d)", (margin) => {
    const runs = Array.from({ length: 10 }, (_, seed) => {
      const data = separablePlane(seed, { margin });
      const gamma = hyperbolicMargin(data.normal, data);
      const length = squared(data.normal) / -product(data.normal, data.normal);
      return {
        found: hyperbolicPerceptron(data),
        lorentz: hyperbolicPerceptron(data, { form: "lorentz", maxPasses: 2000 }),
        gamma,
        bound: (Math.max(...data.points.map(squared)) * length) / Math.sinh(gamma) ** 2,
      };
    });
    const mistakes = runs.map(({ found }) => found.mistakes);
    const about = {
      method: "hyperbolicPerceptron",
      run: `200 points of the plane up to radius 2, margin ${margin}, ${runs.length} seeds`,
    };
    tellClaim({
      ...about,
      claim: "The ambient form stops, in fewer than 1000 mistakes and within its bound.",
      figure: `${Math.min(...mistakes)} to ${Math.max(...mistakes)} mistakes, bounds from ${Math.min(...runs.map(({ bound }) => bound)).toFixed(0)}`,
      seen: runs.every(({ found, bound }) => found.separates && found.mistakes < 1000 && found.mistakes <= bound),
    });
    tellClaim({
      ...about,
      claim: "The Lorentz form does not converge in 2000 passes.",
      figure: `${runs.filter(({ lorentz }) => lorentz.separates).length} of ${runs.length} separated`,
      seen: runs.every(({ lorentz }) => !lorentz.separates),
    });
    for (const { found, lorentz, gamma, bound } of runs) {
      expect(found.separates).toBe(true);
      expect(found.mistakes).toBeLessThan(1000);
      expect(gamma).toBeGreaterThanOrEqual(margin - 1e-12);
      expect(found.mistakes).toBeLessThanOrEqual(bound);
      expect(lorentz.separates).toBe(false);
    }
  });
});
