import { cast, exp, less, randomKey } from "cotangent";
import { inclusionProbabilities, poissonSampler } from "cotangent/methods/sampling";
import { expectation, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { ids, sumOf } from "./support/one-row.js";

describe("poissonSampler", () => {
  law("includes each class with its probability", simplex(5), fc.integer({ min: 1, max: 4 }), async (weights, m) => {
    const sampler = poissonSampler({ weights });
    const included = await expectation((key) => {
      const { logExpectedCount } = sampler.candidates(key, [m], { dtype: "f64" });
      return cast(less(logExpectedCount, Number.POSITIVE_INFINITY), "f64");
    }, randomKey(0));
    await expectClose(included, inclusionProbabilities(weights, m), { tolerance: 1e-12 });
    const { logExpectedCountOf } = sampler.candidates(randomKey(0), [m], { dtype: "f64" });
    await expectClose(exp(logExpectedCountOf!(ids(3, 0))), [included[3], included[0]], { tolerance: 1e-12 });
  });

  it("names what is wrong", () => {
    expect(() => poissonSampler({ weights: [1] })).toThrow(
      "poissonSampler: weights has 1 classes but must have at least 2",
    );
    const draw = (count: number) => () =>
      poissonSampler({ weights: [1, 1, 0, 0] }).candidates(randomKey(0), [count], { dtype: "f64" });
    expect(draw(4)).toThrow("poissonSampler: count is 4 but must be in [1, 3], the classes without the label");
    expect(draw(3)).toThrow("poissonSampler: count is 3 but must be in [1, 2], the classes of weight above 0");
    expect(draw(0)).toThrow("poissonSampler: count is 0 but must be a whole number ≥ 1");
  });
});

describe("inclusionProbabilities", () => {
  law(
    "are in proportion to weights, cut at 1, and add up to the count",
    simplex(7, 0.001),
    fc.integer({ min: 1, max: 6 }),
    (weights, m) => {
      const chances = inclusionProbabilities(weights, m);
      expect(sumOf(chances)).toBeCloseTo(m, 12);
      const scale = Math.max(...chances.map((chance, j) => (chance < 1 ? chance / weights[j] : 0)));
      chances.forEach((chance, j) => {
        expect(chance).toBeCloseTo(Math.min(1, scale * weights[j]), 12);
      });
    },
  );

  it("are 0 for weights of 0, and 1 where all others are needed", () => {
    expect([...inclusionProbabilities([2, 0, 3, 1], 3)]).toEqual([1, 0, 1, 1]);
    expect([...inclusionProbabilities([1, 1, 1, 1], 3)]).toEqual([0.75, 0.75, 0.75, 0.75]);
    expect([...inclusionProbabilities([100, 1, 1], 2)]).toEqual([1, 0.5, 0.5]);
  });

  it("name what is wrong", () => {
    expect(() => inclusionProbabilities([1, 2, 0], 3)).toThrow(
      "inclusionProbabilities: count is 3 but must be in [1, 2], as many weights are above 0",
    );
    expect(() => inclusionProbabilities([1, 2], 0)).toThrow(
      "inclusionProbabilities: count is 0 but must be a whole number ≥ 1",
    );
    expect(() => inclusionProbabilities([1, -2], 1)).toThrow(
      "inclusionProbabilities: weights[1] is -2 but must be a finite number ≥ 0",
    );
  });
});
