import { tensor } from "cotangent";
import {
  hyperbolicAdversary,
  hyperbolicLogisticLoss,
  hyperbolicMargin,
  lorentzInner,
  robustLogisticLoss,
} from "cotangent/methods/metric";
import { numbers, seeds } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { lorentzPoints, matrix, normals, signs } from "./support/lorentz-points.js";
import { separablePlane } from "./support/separable-plane.js";

const labels = fc.array(fc.constantFrom(-1, 1), { minLength: 4, maxLength: 4 });
const radii = numbers({ min: 0, max: 1 });

describe("robustLogisticLoss", () => {
  law(
    "is the mean logistic loss at the adversaries, for a normal of any length",
    lorentzPoints(4),
    labels,
    normals,
    radii,
    numbers({ min: 0.2, max: 4 }),
    async (points, y, unit, radius, scale) => {
      const w = unit.map((value) => scale * value);
      const x = hyperbolicAdversary(matrix(points), signs(y), tensor(w), radius);
      const expected = await hyperbolicLogisticLoss(lorentzInner(x, tensor(w)), signs(y), { reduction: "mean" }).item();
      await expectClose([robustLogisticLoss(w, { points, labels: y }, radius)], [expected], { tolerance: 1e-10 });
    },
  );

  law(
    "is no less than the plain loss, and grows with the radius",
    lorentzPoints(4),
    labels,
    normals,
    radii,
    radii,
    (points, y, w, a, b) => {
      const at = (radius: number) => robustLogisticLoss(w, { points, labels: y }, radius);
      expect(at(0)).toBeLessThanOrEqual(at(Math.min(a, b)) + 1e-13);
      expect(at(Math.min(a, b))).toBeLessThanOrEqual(at(Math.max(a, b)) + 1e-13);
    },
  );

  law(
    "certifies a margin above the radius where it is below log(2)/n",
    seeds,
    radii,
    numbers({ min: 1, max: 200 }),
    (seed, radius, scale) => {
      const data = separablePlane(seed, { count: 10, margin: 0.2 });
      const w = data.normal.map((value) => scale * value);
      const certified = robustLogisticLoss(w, data, radius) < Math.log(2) / 10;
      if (certified) expect(hyperbolicMargin(w, data)).toBeGreaterThan(radius);
      expect(
        robustLogisticLoss(
          data.normal.map((value) => 1e4 * value),
          data,
          0.19,
        ) <
          Math.log(2) / 10,
      ).toBe(true);
    },
  );

  it("is finite where scores are large", () => {
    const far = { points: [[Math.cosh(15), Math.sinh(15)]], labels: [1] };
    expect(robustLogisticLoss([0, 10], far, 1)).toBeCloseTo(10 * Math.sinh(16), -1);
    expect(robustLogisticLoss([0, -10], far, 1)).toBe(0);
  });

  it("names the argument that is wrong", () => {
    const data = { points: [[1, 0]], labels: [1] };
    expect(() => robustLogisticLoss([0, 1], data, -1)).toThrow(
      "robustLogisticLoss: radius is -1 but must be a finite number ≥ 0",
    );
    expect(() => robustLogisticLoss([1, 0], data, 1)).toThrow(
      "robustLogisticLoss: normal has w * w = 1 but must be space-like, w * w < 0",
    );
    expect(() => robustLogisticLoss([0, 1, 0], data, 1)).toThrow(
      "robustLogisticLoss: normal has 3 coordinates but must have 2, as points do",
    );
    expect(() => robustLogisticLoss([0, 1], { ...data, labels: [0] }, 1)).toThrow(
      "robustLogisticLoss: labels holds 0 at 0 but must hold -1 and 1",
    );
  });
});
