import { hyperbolicMargin, hyperbolicPerceptron } from "cotangent/methods/metric";
import { describe, expect, it } from "vitest";
import { product } from "./support/lorentz-points.js";
import { separablePlane } from "./support/separable-plane.js";

const squared = (x: Float64Array) => x.reduce((sum, value) => sum + value * value, 0);

describe("hyperbolicPerceptron on 200 points of the plane up to radius 2", () => {
  it.each([0.3, 0.1, 0.03])("stops, within its bound, where the Lorentz update never does (margin %d)", (margin) => {
    for (let seed = 0; seed < 10; seed++) {
      const data = separablePlane(seed, { margin });
      const found = hyperbolicPerceptron(data);
      expect(found.separates).toBe(true);
      expect(found.mistakes).toBeLessThan(1000);
      const gamma = hyperbolicMargin(data.normal, data);
      expect(gamma).toBeGreaterThanOrEqual(margin - 1e-12);
      const length = squared(data.normal) / -product(data.normal, data.normal);
      const bound = (Math.max(...data.points.map(squared)) * length) / Math.sinh(gamma) ** 2;
      expect(found.mistakes).toBeLessThanOrEqual(bound);
      const lorentz = hyperbolicPerceptron(data, { form: "lorentz", maxPasses: 2000 });
      expect(lorentz.separates).toBe(false);
    }
  });
});
