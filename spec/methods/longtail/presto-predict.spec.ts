import { prestoPredict } from "cotangent/methods/longtail";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { orderedModels, probabilitiesOf, sigmoid } from "./support/ordinal-examples.js";

describe("prestoPredict", () => {
  law("gives differences of cumulative probabilities", orderedModels, floats([3]), async (model, x) => {
    const { probabilities, crossed } = prestoPredict(model, [x, [0, 0, 0]]);
    await expectClose(probabilities, [...probabilitiesOf(model, x), ...probabilitiesOf(model, [0, 0, 0])], {
      tolerance: 1e-12,
    });
    expect([...crossed]).toEqual([0, 0]);
    expect(probabilities.every((p) => p > 0)).toBe(true);
    expect(Math.abs(probabilities.subarray(0, 4).reduce((a, b) => a + b) - 1)).toBeLessThan(1e-14);
  });

  it("clips where boundaries cross, and says so", async () => {
    const model = { classes: 3, features: 1, intercepts: Float64Array.of(0, 1), slopes: Float64Array.of(2, 0) };
    const { probabilities, crossed } = prestoPredict(model, [[0], [1]]);
    expect([...crossed]).toEqual([0, 1]);
    const [low, high] = [sigmoid(2), 1 - sigmoid(1)];
    await expectClose(probabilities.subarray(3), [low / (low + high), 0, high / (low + high)], { tolerance: 1e-14 });
  });

  it("has the digits of a class of e⁻⁴⁰", async () => {
    const model = { classes: 3, features: 1, intercepts: Float64Array.of(40, 41), slopes: new Float64Array(2) };
    const { probabilities } = prestoPredict(model, [[0]]);
    expect(probabilities[2] / Math.exp(-41)).toBeCloseTo(1, 12);
    expect(probabilities[1] / (Math.exp(-40) - Math.exp(-41))).toBeCloseTo(1, 12);
  });

  it("names what is wrong", () => {
    const model = { classes: 3, features: 1, intercepts: Float64Array.of(0, 1), slopes: new Float64Array(2) };
    expect(() => prestoPredict({ ...model, classes: 2 }, [[1]])).toThrow(
      new RangeError("prestoPredict: classes is 2 but must be a whole number ≥ 3"),
    );
    expect(() => prestoPredict(model, [])).toThrow(
      new RangeError("prestoPredict: inputs is empty but must have an example"),
    );
    expect(() => prestoPredict(model, [[1, 2]])).toThrow(
      new RangeError("prestoPredict: inputs[0] has 2 features but must have 1, as the model has"),
    );
    expect(() => prestoPredict(model, [[Infinity]])).toThrow(
      new RangeError("prestoPredict: inputs[0][0] is Infinity but must be finite"),
    );
    expect(() => prestoPredict({ ...model, intercepts: new Float64Array(1) }, [[1]])).toThrow(
      new RangeError("prestoPredict: intercepts has length 1 but must have 2"),
    );
  });
});
