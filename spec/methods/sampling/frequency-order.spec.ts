import { frequencyOrder } from "cotangent/methods/sampling";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";

const counts = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 12 });

describe("frequencyOrder", () => {
  law("sorts, ties by class, and is a permutation with its inverse", counts, (list) => {
    const { rankOf, classAt, counts: sorted } = frequencyOrder(list);
    list.forEach((count, c) => {
      expect(classAt[rankOf[c]]).toBe(c);
      expect(sorted[rankOf[c]]).toBe(count);
    });
    for (let rank = 1; rank < list.length; rank++) {
      const isSorted = sorted[rank] < sorted[rank - 1] || classAt[rank] > classAt[rank - 1];
      expect(isSorted && sorted[rank] <= sorted[rank - 1]).toBe(true);
    }
  });

  it("names what is wrong", () => {
    expect(() => frequencyOrder([1, -2])).toThrow("frequencyOrder: counts[1] is -2 but must be a finite number ≥ 0");
    expect(() => frequencyOrder([Number.NaN])).toThrow(
      "frequencyOrder: counts[0] is NaN but must be a finite number ≥ 0",
    );
  });
});
