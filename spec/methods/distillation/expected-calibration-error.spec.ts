import { expectedCalibrationError } from "cotangent/methods/distillation";
import { seeds, sfc32 } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";

const predictions = fc.array(fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.boolean()), {
  minLength: 1,
  maxLength: 30,
});
const binCounts = fc.integer({ min: 1, max: 20 });

describe("expectedCalibrationError", () => {
  law("is Σ (n_b / n) |accuracy − confidence| over bins (lo, hi]", predictions, binCounts, (list, bins) => {
    let expected = 0;
    for (let b = 0; b < bins; b++) {
      // in thousandths, so that edges are exact
      const inside = list.filter(([c]) => (c * bins > b * 1000 || (b === 0 && c === 0)) && c * bins <= (b + 1) * 1000);
      if (inside.length === 0) continue;
      const accuracy = inside.filter(([, right]) => right).length / inside.length;
      const confidence = inside.reduce((total, [c]) => total + c / 1000, 0) / inside.length;
      expected += (inside.length / list.length) * Math.abs(accuracy - confidence);
    }
    const edges = list.some(([c]) => c % 1000 !== 0 && (c * bins) % 1000 === 0 && ((c / 1000) * bins) % 1 !== 0);
    if (edges) return; // an edge that thousandths hit and doubles miss
    const confidences = list.map(([c]) => c / 1000);
    const isCorrect = list.map(([, right]) => right);
    const error = expectedCalibrationError(confidences, isCorrect, { bins });
    expect(Math.abs(error - expected)).toBeLessThan(1e-12);
    expect(error).toBeGreaterThanOrEqual(0);
    expect(error).toBeLessThanOrEqual(1);
    expect(expectedCalibrationError(confidences, isCorrect.map(Number), { bins })).toBe(error);
  });

  law("is 0 where each bin's confidence is its accuracy", binCounts, fc.integer({ min: 1, max: 5 }), (bins, copies) => {
    const confidences: number[] = [];
    const isCorrect: boolean[] = [];
    for (let right = 1; right <= 4; right++) {
      for (let i = 0; i < 4 * copies; i++) {
        confidences.push(right / 4);
        isCorrect.push(i % 4 < right);
      }
    }
    expect(expectedCalibrationError(confidences, isCorrect, { bins })).toBeLessThan(1e-12);
  });

  law("does not depend on the order", predictions, seeds, (list, seed) => {
    const random = sfc32(seed);
    const shuffled = list.map((one) => ({ one, at: random() })).toSorted((a, b) => a.at - b.at);
    const of = (some: typeof list) =>
      expectedCalibrationError(
        some.map(([c]) => c / 1000),
        some.map(([, right]) => right),
      );
    expect(of(shuffled.map(({ one }) => one))).toBeCloseTo(of(list), 12);
  });

  it("puts an upper edge into the bin below it, and 0 into the first", () => {
    expect(expectedCalibrationError([0.5, 0.4], [1, 0], { bins: 2 })).toBeCloseTo(0.05, 12);
    expect(expectedCalibrationError([0, 0.5, 0.6], [0, 1, 1], { bins: 2 })).toBeCloseTo(0.3, 12);
    expect(expectedCalibrationError([1], [1])).toBe(0);
    expect(expectedCalibrationError([1], [0])).toBe(1);
  });

  it("has 15 bins unless told otherwise", () => {
    const [confidences, isCorrect] = [
      [0.5, 0.55],
      [1, 0],
    ];
    expect(expectedCalibrationError(confidences, isCorrect)).toBe(
      expectedCalibrationError(confidences, isCorrect, { bins: 15 }),
    );
    expect(expectedCalibrationError(confidences, isCorrect)).not.toBe(
      expectedCalibrationError(confidences, isCorrect, { bins: 5 }),
    );
  });

  it("names what is wrong", () => {
    const call = (...args: Parameters<typeof expectedCalibrationError>) =>
      expect(() => expectedCalibrationError(...args));
    const name = "expectedCalibrationError";
    call([], []).toThrow(`${name}: confidences is empty but must have an example`);
    call([1], [1, 0]).toThrow(`${name}: isCorrect has length 2 but must have 1, like confidences`);
    call([1.5], [1]).toThrow(`${name}: confidences[0] is 1.5 but must be in [0, 1]`);
    call([NaN], [1]).toThrow(`${name}: confidences[0] is NaN but must be in [0, 1]`);
    call([0.5], [2]).toThrow(`${name}: isCorrect[0] is 2 but must be true, false, 1 or 0`);
    call([0.5], [1], { bins: 0 }).toThrow(`${name}: bins is 0 but must be a whole number ≥ 1`);
  });
});
