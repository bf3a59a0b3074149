import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSampler } from "../../src/testing/check-sampler.js";
import { randomChoiceSource } from "../../src/testing/choice-source.js";
import { sfc32 } from "../../src/testing/sfc32.js";

const always = (u: number) => randomChoiceSource(() => u);

describe("randomChoiceSource", () => {
  it("inverts the cumulative weights, whatever their total", () => {
    const thresholds: readonly (readonly [number, number])[] = [
      [0, 0],
      [0.2499, 0],
      [0.25, 1],
      [0.7499, 1],
      [0.75, 3],
      [1 - 2 ** -53, 3],
    ];
    for (const [u, index] of thresholds) {
      expect(always(u).choose([1, 2, 0, 1])).toBe(index);
      expect(always(u).choose([0.25, 0.5, 0, 0.25])).toBe(index);
    }
  });

  it("takes logarithms of weights", () => {
    for (const [u, index] of [
      [0.2, 0],
      [0.3, 1],
      [0.7, 1],
      [0.8, 3],
    ]) {
      expect(always(u).chooseLog([1000, 1000 + Math.LN2, -Infinity, 1000])).toBe(index);
    }
  });

  it("never picks an entry of weight 0, also at the ends and after rounding", () => {
    const weights = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 1e-300, max: 1e300, noNaN: true })), {
      minLength: 1,
    });
    const uniform = fc.oneof(
      fc.constant(0),
      fc.constant(1 - 2 ** -53),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    );
    fc.assert(
      fc.property(weights, uniform, (w, u) => {
        fc.pre(w.some((weight) => weight > 0));
        expect(w[always(u).choose(w)]).toBeGreaterThan(0);
        expect(w[always(u).chooseLog(w.map(Math.log))]).toBeGreaterThan(0);
      }),
      { seed: 1 },
    );
  });

  it("falls back on the last possible entry when the rounded probabilities add up to less than u", () => {
    for (let n = 2; n < 60; n++) {
      const weights = Array.from({ length: n + 1 }, (_, i) => (i < n ? 1 : 0));
      expect(always(1 - 2 ** -53).choose(weights)).toBe(n - 1);
    }
  });

  it("draws from the stated law", () => {
    const source = randomChoiceSource(sfc32(11));
    const probabilities = [0.5, 0.2, 0, 0.25, 0.05];
    const draws = Array.from({ length: 20_000 }, (_, i) =>
      i % 2 ? source.choose(probabilities) : source.chooseLog(probabilities.map(Math.log)),
    );
    expect(checkSampler({ draws, probabilities }).logFrequency).toBeLessThan(3);
  });

  it("takes weights whose sum overflows and log-weights whose exponentials do", () => {
    expect(always(0.75).choose([1e308, 1e308])).toBe(1);
    expect(always(0.25).choose([1e308, 1e308])).toBe(0);
    expect(always(0.75).chooseLog([-1e6, -1e6])).toBe(1);
    expect(always(0).choose([5e-324])).toBe(0);
  });

  it("names what is wrong with the weights", () => {
    const source = always(0.5);
    expect(() => source.choose([])).toThrow(
      new RangeError("choose: weights is empty but must have at least one entry"),
    );
    expect(() => source.choose([0, 0])).toThrow(
      new RangeError("choose: weights is all zeros but must have a positive entry"),
    );
    expect(() => source.choose([1, -1])).toThrow(
      new RangeError("choose: weights[1] is -1 but must be a finite number ≥ 0"),
    );
    expect(() => source.choose([NaN])).toThrow(
      new RangeError("choose: weights[0] is NaN but must be a finite number ≥ 0"),
    );
    expect(() => source.choose([Infinity])).toThrow(
      new RangeError("choose: weights[0] is Infinity but must be a finite number ≥ 0"),
    );
    expect(() => source.chooseLog([])).toThrow(
      new RangeError("chooseLog: logWeights is empty but must have at least one entry"),
    );
    expect(() => source.chooseLog([-Infinity])).toThrow(
      new RangeError("chooseLog: logWeights is all -Infinity but must have a finite entry"),
    );
    expect(() => source.chooseLog([0, Infinity])).toThrow(
      new RangeError("chooseLog: logWeights[1] is Infinity but must be a number < Infinity"),
    );
    expect(() => source.chooseLog([NaN])).toThrow(
      new RangeError("chooseLog: logWeights[0] is NaN but must be a number < Infinity"),
    );
    expect(() => always(1).choose([1])).toThrow(
      new RangeError("randomChoiceSource: uniform() is 1 but must be in [0, 1)"),
    );
  });
});
