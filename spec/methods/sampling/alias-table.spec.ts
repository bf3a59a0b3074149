import { aliasTable } from "cotangent/methods/sampling";
import { simplex } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { NeumaierSum } from "../../../src/testing/neumaier-sum.js";
import { law } from "../../support/law.js";
import { sumOf } from "./support/one-row.js";

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

  it("does so at 100 000 classes with a long tail, to a relative 1e-13", () => {
    const weights = Float64Array.from({ length: 100_000 }, (_, j) => 1 / (j + 1));
    const total = sumOf(weights.slice().reverse());
    const q = weights.map((weight) => weight / total);
    const mass = lawOf(aliasTable(q));
    let worst = 0;
    mass.forEach((value, j) => {
      worst = Math.max(worst, Math.abs(value - q[j]) / q[j]);
    });
    expect(worst).toBeLessThan(1e-13);
  });

  it("does so where many light columns take from one heavy one, each rounding the same way", () => {
    const classes = 100_000;
    const q = new Float64Array(classes).fill(0.5 / (classes - 1));
    q[0] = 0.5;
    expectSameLaw(q);
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
});
