import { aliasTable } from "cotangent/methods/sampling";
import { simplex } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { NeumaierSum } from "../../../src/testing/neumaier-sum.js";
import { law } from "../../support/law.js";

/** The law that a table draws from, summed so that only the table's own errors are left. */
function lawOf({ keep, alias }: ReturnType<typeof aliasTable>): Float64Array {
  const masses = new NeumaierSum(keep.length);
  keep.forEach((kept, c) => {
    masses.add(c, kept);
    masses.add(alias[c], 1 - kept);
  });
  return keep.map((_, c) => masses.value(c) / keep.length);
}

function expectSameLaw(q: Float64Array): void {
  const table = aliasTable(q);
  expect(table.keep.every((kept) => kept >= 0 && kept <= 1)).toBe(true);
  lawOf(table).forEach((mass, j) => {
    expect(Math.abs(mass - q[j])).toBeLessThanOrEqual(Math.max(1e-15, 1e-13 * q[j]));
  });
}

describe("aliasTable", () => {
  law("draws from the law that it was built for", simplex(9, 0), (q) => expectSameLaw(q));

  it("does so at 100 000 classes, to a relative 1e-13", () => {
    const longTail = Float64Array.from({ length: 100_000 }, (_, j) => 1 / (j + 1));
    // many light columns take from each of two heavy ones, and all round the same way
    const twoHeavy = new Float64Array(100_000).fill(0.5 / 99_998).fill(0.25, 0, 2);
    for (const weights of [longTail, twoHeavy]) {
      const total = new NeumaierSum(1);
      for (const weight of weights) total.add(0, weight);
      const q = weights.map((weight) => weight / total.value(0));
      const off = lawOf(aliasTable(q)).map((mass, j) => Math.abs(mass - q[j]) / q[j]);
      expect(off.reduce((worst, error) => Math.max(worst, error), 0)).toBeLessThan(1e-13);
    }
  });

  it("never gives a class of probability 0", () => {
    expectSameLaw(Float64Array.of(0, 1, 0, 0));
    const { keep, alias } = aliasTable([0, 0.5, 0, 0.5]);
    expect([keep[0], keep[2]]).toEqual([0, 0]);
    expect([...alias].filter((_, c) => keep[c] < 1).every((j) => j === 1 || j === 3)).toBe(true);
  });

  it("keeps every column of a uniform law", () => {
    expect([...aliasTable(Array(8).fill(0.125)).keep]).toEqual(Array(8).fill(1));
  });

  it("names what is wrong", () => {
    expect(() => aliasTable([])).toThrow("aliasTable: probabilities has 0 classes but must have at least 1");
    expect(() => aliasTable([1.5, -0.5])).toThrow(
      "aliasTable: probabilities[1] is -0.5 but must be a finite number ≥ 0",
    );
    expect(() => aliasTable([0.5, Number.NaN])).toThrow(
      "aliasTable: probabilities[1] is NaN but must be a finite number ≥ 0",
    );
    expect(() => aliasTable([0.5, 0.25])).toThrow(
      "aliasTable: probabilities adds up to 0.75 but must add up to 1; divide by the sum",
    );
    expect([...aliasTable([1]).keep]).toEqual([1]);
  });
});
