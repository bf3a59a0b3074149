import { classPriors } from "cotangent/methods/longtail";
import { longTailCounts, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

describe("classPriors", () => {
  law("is the share of each class", longTailCounts(6), async (counts) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    await expectClose(
      classPriors(counts),
      Array.from(counts, (count) => count / total),
      { tolerance: 1e-15 },
    );
  });

  law(
    "does not depend on the scale of the counts",
    longTailCounts(5),
    numbers({ min: 0.01, max: 100 }),
    async (counts, by) => {
      const scaled = Float64Array.from(counts, (count) => count * by);
      await expectClose(classPriors(scaled), classPriors(counts), { tolerance: 1e-15 });
    },
  );

  it("takes counts near the largest number there is", () => {
    expect([...classPriors([Number.MAX_VALUE, Number.MAX_VALUE])]).toEqual([0.5, 0.5]);
  });

  it("raises what is below 1e-12 to it, and says so once", () => {
    const said: string[] = [];
    const onWarning = (message: string) => said.push(message);
    expect([...classPriors([3, 0, 1, 0], { onWarning })]).toEqual([0.75, 1e-12, 0.25, 1e-12]);
    expect(said).toEqual(["classPriors: counts[1] is 0, a prior of 0; it was raised to 1e-12"]);
    expect(classPriors([1e-13, 1], { onWarning })[0]).toBe(1e-12);
    expect(said).toHaveLength(2);
    classPriors([1, 1e-11], { onWarning });
    expect(said).toHaveLength(2);
    expect([...classPriors([7])]).toEqual([1]);
  });

  it("counts a class that never occurs as if it had come once, if asked to", () => {
    expect([...classPriors([4, 0, 2, 0], { least: 1 })]).toEqual([0.5, 0.125, 0.25, 0.125]);
    expect([...classPriors([0, 0.5], { least: 1 })]).toEqual([0.5, 0.5]);
    const said: string[] = [];
    classPriors([5, 0], { least: 1, onWarning: (message) => said.push(message) });
    expect(said).toEqual([]);
  });

  it("names what is wrong", () => {
    expect(() => classPriors([1], { least: -1 })).toThrow("classPriors: least is -1 but must be a finite number ≥ 0");
    expect(() => classPriors([1, -2])).toThrow("classPriors: counts[1] is -2 but must be a finite number ≥ 0");
    expect(() => classPriors([Number.NaN])).toThrow("classPriors: counts[0] is NaN but must be a finite number ≥ 0");
    expect(() => classPriors([0, 0])).toThrow("classPriors: counts has no count above 0 but must have one");
    expect(() => classPriors([])).toThrow("classPriors: counts has no count above 0 but must have one");
  });
});
