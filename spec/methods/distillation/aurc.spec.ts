import { aurc, eAurc } from "cotangent/methods/distillation";
import { distinctFloats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";

const predictions = fc
  .integer({ min: 1, max: 12 })
  .chain((n) => fc.tuple(distinctFloats([n]), fc.array(fc.boolean(), { minLength: n, maxLength: n })));

/** By trying every coverage. */
function areaOf(confidences: ArrayLike<number>, isCorrect: readonly boolean[]): number {
  const order = isCorrect.map((_, i) => i).sort((a, b) => confidences[b] - confidences[a] || a - b);
  let total = 0;
  for (let k = 1; k <= order.length; k++) total += order.slice(0, k).filter((i) => !isCorrect[i]).length / k;
  return total / order.length;
}

describe("aurc", () => {
  law("is the mean of risks over coverages", predictions, ([confidences, isCorrect]) => {
    expect(aurc(confidences, isCorrect)).toBeCloseTo(areaOf(confidences, isCorrect), 13);
    expect(aurc(confidences, isCorrect.map(Number))).toBe(aurc(confidences, isCorrect));
  });

  it("takes equals in their order, and is 0 without errors, 1 without anything right", () => {
    expect(aurc([0.5, 0.5], [false, true])).toBe(0.75);
    expect(aurc([0.5, 0.5], [true, false])).toBe(0.25);
    expect(aurc([0.1, 0.9, 0.5], [true, true, true])).toBe(0);
    expect(aurc([0.1, 0.9, 0.5], [false, false, false])).toBe(1);
  });
});

describe("eAurc", () => {
  law("is the area less the least with as many errors", predictions, ([confidences, isCorrect]) => {
    const best = areaOf(isCorrect.map(Number), isCorrect); // every error last
    expect(eAurc(confidences, isCorrect)).toBeCloseTo(areaOf(confidences, isCorrect) - best, 13);
  });

  law(
    "is ≥ 0, and 0 exactly where every error is less confident than all that is right",
    predictions,
    ([confidences, isCorrect]) => {
      const excess = eAurc(confidences, isCorrect);
      expect(excess).toBeGreaterThanOrEqual(-1e-15);
      const [wrong, right] = [false, true].map((which) =>
        Array.from(confidences).filter((_, i) => isCorrect[i] === which),
      );
      expect(Math.abs(excess) < 1e-13).toBe(Math.max(-Infinity, ...wrong) < Math.min(Infinity, ...right));
    },
  );

  it("is 0 without errors and without anything right", () => {
    expect(eAurc([0.1, 0.9], [true, true])).toBe(0);
    expect(eAurc([0.1, 0.9, 3], [false, false, false])).toBeCloseTo(0, 15);
  });
});

describe.each([
  ["aurc", aurc],
  ["eAurc", eAurc],
] as const)("%s", (name, area) => {
  it("names what is wrong", () => {
    expect(() => area([], [])).toThrow(`${name}: confidences is empty but must have an example`);
    expect(() => area([1, 2], [true])).toThrow(`${name}: isCorrect has length 1 but must have 2, like confidences`);
    expect(() => area([NaN], [true])).toThrow(`${name}: confidences[0] is NaN but must be finite`);
    expect(() => area([1], [3])).toThrow(`${name}: isCorrect[0] is 3 but must be true, false, 1 or 0`);
  });
});
