import { logisticHConsistencyBound } from "cotangent/methods/classification";
import { floats, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";

const [points, classes] = [4, 3];
const conditionals = fc.array(simplex(classes), { minLength: points, maxLength: points });

describe("logisticHConsistencyBound", () => {
  law(
    "holds for any scores on any distribution of finitely many inputs",
    simplex(points),
    conditionals,
    floats([points * classes]),
    (weights, laws, scores) => {
      let [errors, losses, mass] = [0, 0, 0];
      laws.forEach((p, x) => {
        const s = scores.subarray(x * classes, (x + 1) * classes);
        const logSum = Math.log(s.reduce((sum, v) => sum + Math.exp(v), 0));
        const chosen = s.indexOf(Math.max(...s));
        const loss = p.reduce((sum, chance, k) => sum + chance * (logSum - s[k] + Math.log(chance)), 0);
        errors += weights[x] * (Math.max(...p) - p[chosen]);
        losses += weights[x] * loss;
        mass += weights[x];
      });
      expect(errors / mass).toBeLessThanOrEqual(logisticHConsistencyBound(Math.max(0, losses / mass)) + 1e-12);
    },
  );

  it("is the root of twice the excess and the gap", () => {
    expect(logisticHConsistencyBound(0.08)).toBeCloseTo(0.4, 14);
    expect(logisticHConsistencyBound(0.03, { minimizabilityGap: 0.05 })).toBeCloseTo(0.4, 14);
    expect(logisticHConsistencyBound(0)).toBe(0);
  });

  it("is near to what two classes of nearly the same chance attain", () => {
    const gap = 0.01; // p = ½ ± gap, and scores that prefer the wrong one by nothing
    const excess = Math.LN2 + (0.5 + gap) * Math.log(0.5 + gap) + (0.5 - gap) * Math.log(0.5 - gap);
    expect(logisticHConsistencyBound(excess) / (2 * gap)).toBeCloseTo(1, 3);
  });

  it("names what is wrong", () => {
    expect(() => logisticHConsistencyBound(-1)).toThrow(
      new RangeError("logisticHConsistencyBound: excess is -1 but must be a finite number ≥ 0"),
    );
    expect(() => logisticHConsistencyBound(1, { minimizabilityGap: -1 })).toThrow(
      new RangeError("logisticHConsistencyBound: minimizabilityGap is -1 but must be a finite number ≥ 0"),
    );
  });
});
