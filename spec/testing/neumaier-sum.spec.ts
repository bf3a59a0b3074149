import { describe, expect, it } from "vitest";
import { NeumaierSum } from "../../src/testing/neumaier-sum.js";

describe("NeumaierSum", () => {
  it("keeps what plain addition loses, whichever operand is larger", () => {
    for (const terms of [
      [1, 1e100, 1, -1e100],
      [1e100, 1, -1e100, 1],
      [1e16, 1, 1, -1e16],
    ]) {
      const sum = new NeumaierSum(1);
      for (const term of terms) sum.add(0, term);
      expect(sum.value(0)).toBe(2);
    }
  });

  it("adds a million tenths to within one rounding", () => {
    const sum = new NeumaierSum(1);
    for (let i = 0; i < 1_000_000; i++) sum.add(0, 0.1);
    expect(sum.value(0)).toBe(100_000);
  });

  it("keeps its components apart, from 0 on", () => {
    const sum = new NeumaierSum(3);
    sum.add(0, 1);
    sum.add(2, -2);
    expect([0, 1, 2].map((i) => sum.value(i))).toEqual([1, 0, -2]);
  });
});
