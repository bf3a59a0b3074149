import { variationOfInformation } from "cotangent/methods/classification";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const groups = (most: number) => fc.array(fc.integer({ min: 0, max: most - 1 }), { minLength: 7, maxLength: 7 });

const entropy = (values: readonly string[]) => {
  const shares = [...new Set(values)].map((value) => values.filter((other) => other === value).length / values.length);
  return -shares.reduce((sum, share) => sum + share * Math.log(share), 0);
};

describe("variationOfInformation", () => {
  law("is twice the joint entropy less those of the two", groups(3), groups(4), async (a, b) => {
    const joint = entropy(a.map((group, i) => `${group},${b[i]}`));
    const expected = 2 * joint - entropy(a.map(String)) - entropy(b.map(String));
    await expectClose([variationOfInformation(a, b)], [expected], { tolerance: 1e-12 });
  });

  law("is a metric: ≥ 0, symmetric, and no longer the direct way", groups(3), groups(3), groups(3), async (a, b, c) => {
    expect(variationOfInformation(a, b)).toBeGreaterThanOrEqual(0);
    await expectClose([variationOfInformation(a, b)], [variationOfInformation(b, a)], { tolerance: 1e-14 });
    const around = variationOfInformation(a, b) + variationOfInformation(b, c);
    expect(variationOfInformation(a, c)).toBeLessThan(around + 1e-12);
  });

  law("is 0 for the same groups under other names, and for no others", groups(3), groups(3), (a, b) => {
    expect(
      variationOfInformation(
        a,
        a.map((group) => 7 - 2 * group),
      ),
    ).toBe(0);
    const isSame = a.every((x, i) => a.every((y, j) => (x === y) === (b[i] === b[j])));
    expect(variationOfInformation(a, b) < 1e-12).toBe(isSame);
  });

  law("is at most 2·log 2 for two groups each", groups(2), groups(2), (a, b) => {
    expect(variationOfInformation(a, b)).toBeLessThan(2 * Math.log(2) + 1e-12);
  });

  it("reaches 2·log 2 where neither says anything of the other", async () => {
    await expectClose([variationOfInformation([0, 0, 1, 1], [0, 1, 0, 1])], [2 * Math.log(2)], { tolerance: 1e-15 });
  });

  it("names the argument that is wrong", () => {
    expect(() => variationOfInformation([], [])).toThrow(
      new RangeError("variationOfInformation: first is empty but must have something to divide"),
    );
    expect(() => variationOfInformation([0, 1], [0])).toThrow(
      new RangeError("variationOfInformation: second has length 1 but must have that of first, 2"),
    );
    for (const [a, b] of [
      [[Number.NaN], [0]],
      [[0], [Number.NaN]],
    ]) {
      expect(() => variationOfInformation(a, b)).toThrow(
        new RangeError("variationOfInformation: thing 0 has group NaN but must have a number"),
      );
    }
  });
});
