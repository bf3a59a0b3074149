import { fusedOrdinalPenalty } from "cotangent/methods/longtail";
import { numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { orderedModels } from "./support/ordinal-examples.js";

describe("fusedOrdinalPenalty", () => {
  law(
    "charges magnitudes and half squares of differences",
    orderedModels,
    numbers({ min: 0, max: 1 }),
    fc.boolean(),
    async (model, mix, penalizeFirst) => {
      const { slopes } = model;
      const differences = Array.from(slopes, (v, at) => (at < 3 ? v : v - slopes[at - 3])).slice(penalizeFirst ? 0 : 3);
      const expected = differences.reduce((sum, v) => sum + mix * Math.abs(v) + ((1 - mix) * v * v) / 2, 0);
      await expectClose([fusedOrdinalPenalty(model, { mix, penalizeFirst })], [expected], { tolerance: 1e-13 });
    },
  );

  it("charges magnitudes of all by default, and nothing for equal slopes but the first", () => {
    const model = { classes: 3, features: 2, intercepts: Float64Array.of(0, 1), slopes: Float64Array.of(1, -2, 1, -2) };
    expect(fusedOrdinalPenalty(model)).toBe(3);
    expect(fusedOrdinalPenalty(model, { penalizeFirst: false })).toBe(0);
  });

  it("names what is wrong", () => {
    const model = { classes: 3, features: 1, intercepts: Float64Array.of(0, 1), slopes: new Float64Array(2) };
    expect(() => fusedOrdinalPenalty({ ...model, classes: 1 })).toThrow(
      new RangeError("fusedOrdinalPenalty: classes is 1 but must be a whole number ≥ 3"),
    );
    expect(() => fusedOrdinalPenalty({ ...model, slopes: new Float64Array(1) })).toThrow(
      new RangeError("fusedOrdinalPenalty: slopes has length 1 but must have 2"),
    );
    expect(() => fusedOrdinalPenalty(model, { mix: 2 })).toThrow(
      new RangeError("fusedOrdinalPenalty: mix is 2 but must be in [0, 1]"),
    );
  });
});
