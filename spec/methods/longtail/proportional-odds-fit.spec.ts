import { cumulativeLogitNll, proportionalOddsFit } from "cotangent/methods/longtail";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { drawn, ordinalExamples } from "./support/ordinal-examples.js";

describe("proportionalOddsFit", () => {
  law("is at a maximum of the likelihood with one direction", ordinalExamples(24, 2, 4), ({ inputs, labels }) => {
    const fit = proportionalOddsFit(inputs, labels, { classes: 4, tolerance: 1e-9, maxIterations: 50_000 });
    expect(fit.converged).toBe(true);
    const { value, interceptGradient, slopeGradient } = cumulativeLogitNll(fit, inputs, labels);
    expect(Math.abs(value - fit.objective)).toBeLessThan(1e-12);
    for (const slope of interceptGradient) expect(Math.abs(slope)).toBeLessThan(1e-6);
    for (const j of [0, 1]) {
      expect(Math.abs(slopeGradient[j] + slopeGradient[2 + j] + slopeGradient[4 + j])).toBeLessThan(1e-6);
      expect([fit.slopes[2 + j], fit.slopes[4 + j]]).toEqual([fit.slopes[j], fit.slopes[j]]);
    }
  });

  it("finds the direction that examples were drawn with", () => {
    const truth = {
      classes: 3,
      features: 2,
      intercepts: Float64Array.of(-1, 1.5),
      slopes: Float64Array.of(1, -0.5, 1, -0.5),
    };
    const { inputs, labels } = drawn(truth, 20_000, 1);
    const fit = proportionalOddsFit(inputs, labels, { classes: 3 });
    // standard errors are about 0.03
    fit.slopes.forEach((slope, at) => {
      expect(Math.abs(slope - truth.slopes[at])).toBeLessThan(0.12);
    });
    fit.intercepts.forEach((intercept, k) => {
      expect(Math.abs(intercept - truth.intercepts[k])).toBeLessThan(0.1);
    });
  });

  it("takes tens of steps where boundaries are rare, and 10 000 at most unless told otherwise", () => {
    const slopes = Float64Array.from({ length: 10 }, (_, at) => (at % 2 === 0 ? 1 : -0.5));
    const truth = { classes: 6, features: 2, intercepts: Float64Array.of(-4, -3, 0, 3, 4), slopes };
    const { inputs, labels } = drawn(truth, 600, 1);
    const { iterations, converged } = proportionalOddsFit(inputs, labels, { classes: 6, tolerance: 1e-9 });
    expect(converged).toBe(true);
    expect(iterations).toBeLessThan(50);
    const alike = [0, 1.001, 2, 3.001, 4, 5].map((x, i) => [i, x]); // columns that are next to equal
    const slow = proportionalOddsFit(alike, [0, 1, 0, 1, 2, 1], { classes: 3 });
    expect([slow.iterations, slow.converged]).toEqual([10_000, false]);
  });

  it("does not mind a column that is constant, or another unit", async () => {
    const truth = { classes: 3, features: 1, intercepts: Float64Array.of(-1, 1), slopes: Float64Array.of(1, 1) };
    const { inputs, labels } = drawn(truth, 200, 2);
    const options = { classes: 3, tolerance: 1e-9 };
    const plain = proportionalOddsFit(inputs, labels, options);
    const wider = proportionalOddsFit(
      inputs.map(([x]) => [7, 10 * x + 3]),
      labels,
      options,
    );
    await expectClose(wider.slopes, [0, plain.slopes[0] / 10, 0, plain.slopes[1] / 10], { tolerance: 1e-6 });
    await expectClose([wider.objective], [plain.objective], { tolerance: 1e-10 });
  });

  it("names what is wrong", () => {
    const name = "proportionalOddsFit";
    const x = [[1], [2], [3]];
    const call =
      (options: object, y = [0, 1, 2]) =>
      () =>
        proportionalOddsFit(x, y, { classes: 3, ...options });
    expect(call({ classes: 2 })).toThrow(new RangeError(`${name}: classes is 2 but must be a whole number ≥ 3`));
    expect(call({}, [0, 1, 1])).toThrow(new RangeError(`${name}: labels has 0 of class 2 but must have at least 1`));
    expect(call({}, [0, 1, 3])).toThrow(new RangeError(`${name}: labels[2] is 3 but must be a whole number in [0, 3)`));
    expect(call({ tolerance: 0 })).toThrow(new RangeError(`${name}: tolerance is 0 but must be a finite number > 0`));
    expect(call({ maxIterations: 0 })).toThrow(
      new RangeError(`${name}: maxIterations is 0 but must be a whole number ≥ 1`),
    );
  });
});
