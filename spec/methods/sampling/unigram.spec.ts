import { subsampleKeepProbability, unigramPower } from "cotangent/methods/sampling";
import { longTailCounts, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const powers = numbers({ min: 0, max: 1 });

describe("unigramPower", () => {
  law("is in proportion to count^α and sums to 1", longTailCounts(6), powers, async (counts, power) => {
    const probabilities = unigramPower(counts, { power });
    const total = [...counts].reduce((sum, count) => sum + count ** power, 0);
    await expectClose(
      probabilities,
      Float64Array.from(counts, (count) => count ** power / total),
      { tolerance: 1e-14 },
    );
    await expectClose([probabilities.reduce((a, b) => a + b, 0)], 1, { tolerance: 1e-14 });
  });

  law("is uniform at α = 0 and the unigram at α = 1", longTailCounts(6), async (counts) => {
    const total = counts.reduce((a, b) => a + b, 0);
    await expectClose(unigramPower(counts, { power: 0 }), new Float64Array(6).fill(1 / 6), { tolerance: 1e-15 });
    await expectClose(
      unigramPower(counts, { power: 1 }),
      Float64Array.from(counts, (count) => count / total),
      { tolerance: 1e-15 },
    );
  });

  law("does not change when all counts are multiplied", longTailCounts(6), powers, async (counts, power) => {
    const many = Float64Array.from(counts, (count) => count * 1e300);
    await expectClose(unigramPower(many, { power }), unigramPower(counts, { power }), { tolerance: 1e-13 });
  });

  it("has α = 3/4 unless told otherwise, and 0 for what never occurs", async () => {
    await expectClose(unigramPower([16, 1, 0]), [8 / 9, 1 / 9, 0]);
    await expectClose(unigramPower([2, 1], { power: 2, allowSharpening: true }), [4 / 5, 1 / 5]);
    await expectClose(unigramPower([2e200, 1e200], { power: 2, allowSharpening: true }), [4 / 5, 1 / 5]); // no overflow
  });

  it("names the argument that is wrong", () => {
    const wrong = (call: () => unknown, message: string) => expect(call).toThrow(`unigramPower: ${message}`);
    wrong(() => unigramPower([1], { power: -1 }), "power is -1 but must be a finite number ≥ 0");
    wrong(
      () => unigramPower([1], { power: 2 }),
      "power is 2 but must be in [0, 1]; set allowSharpening if it is meant",
    );
    wrong(() => unigramPower([1, -2]), "counts[1] is -2 but must be a finite number ≥ 0");
    wrong(() => unigramPower([Number.NaN]), "counts[0] is NaN but must be a finite number ≥ 0");
    wrong(() => unigramPower([0, 0]), "counts has no count above 0 but must have one");
    wrong(() => unigramPower([]), "counts has no count above 0 but must have one");
  });
});

describe("subsampleKeepProbability", () => {
  law(
    "is √(t/f), in (0, 1], and 1 up to the threshold",
    numbers({ min: 0, max: 1 }),
    numbers({ min: 1e-6, max: 0.1 }),
    async (f, threshold) => {
      const [keep] = subsampleKeepProbability([f], { threshold });
      expect(keep > 0 && keep <= 1).toBe(true);
      await expectClose([keep], f <= threshold ? 1 : Math.sqrt(threshold / f), { tolerance: 1e-15 });
    },
  );

  law("is √(t/f) + t/f as released, never below the paper's", numbers({ min: 0.2, max: 1 }), async (f) => {
    const [keep] = subsampleKeepProbability([f], { threshold: 0.01, formula: "released" });
    await expectClose([keep], Math.sqrt(0.01 / f) + 0.01 / f, { tolerance: 1e-15 });
    expect(keep).toBeGreaterThanOrEqual(subsampleKeepProbability([f], { threshold: 0.01 })[0]);
  });

  it("has t = 1e-5 unless told otherwise, and keeps what never occurs", async () => {
    await expectClose(subsampleKeepProbability([0, 1e-5, 1e-3]), [1, 1, 0.1]);
    expect(subsampleKeepProbability([1.5e-5], { formula: "released" })[0]).toBe(1);
  });

  it("names the argument that is wrong", () => {
    const wrong = (call: () => unknown, message: string) =>
      expect(call).toThrow(`subsampleKeepProbability: ${message}`);
    wrong(() => subsampleKeepProbability([0.5], { threshold: 0 }), "threshold is 0 but must be a finite number > 0");
    wrong(() => subsampleKeepProbability([0, 1.5]), "frequencies[1] is 1.5 but must be in [0, 1]");
    wrong(
      () => subsampleKeepProbability([0.5], { formula: "other" as "paper" }),
      'formula is "other" but must be one of paper, released',
    );
  });
});
