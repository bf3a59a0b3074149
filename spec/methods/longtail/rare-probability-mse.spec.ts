import { rareProbabilityMse } from "cotangent/methods/longtail";
import { expect, it } from "vitest";

it("rareProbabilityMse is the mean squared difference", () => {
  expect(rareProbabilityMse([0.1, 0.5, 0], [0.2, 0.1, 0])).toBeCloseTo((0.01 + 0.16) / 3, 15);
  expect(rareProbabilityMse([0.3], [0.3])).toBe(0);
  expect(rareProbabilityMse([1, 0], [0, 1])).toBe(1);
});

it("rareProbabilityMse names what is wrong", () => {
  expect(() => rareProbabilityMse([], [])).toThrow(
    new RangeError("rareProbabilityMse: estimates is empty but must have a probability"),
  );
  expect(() => rareProbabilityMse([0.5], [0.5, 0.5])).toThrow(
    new RangeError("rareProbabilityMse: truths has length 2 but must have 1, one an estimate"),
  );
  expect(() => rareProbabilityMse([0.5], [1.5])).toThrow(
    new RangeError("rareProbabilityMse: truths[0] is 1.5 but must be in [0, 1]"),
  );
  expect(() => rareProbabilityMse([0.5, -0.1], [0.5, 0.5])).toThrow(
    new RangeError("rareProbabilityMse: estimates[1] is -0.1 but must be in [0, 1]"),
  );
  expect(() => rareProbabilityMse([Number.NaN], [0.5])).toThrow(
    new RangeError("rareProbabilityMse: estimates[0] is NaN but must be in [0, 1]"),
  );
});
