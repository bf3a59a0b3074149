import { oneHot, randomKey } from "cotangent";
import { mixedFactBatches } from "cotangent/methods/unlearning";
import { expectation, seeds } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const key = randomKey(3);
const subsets = fc.subarray([0, 1, 2, 3, 4, 5], { minLength: 1 });

describe("mixedFactBatches", () => {
  it("gives every modified fact the same chance, and every other one", async () => {
    const chances = await expectation((from) => {
      const { modified, unmodified } = mixedFactBatches(from, 7, [1, 3, 6], { modifiedCount: 2, unmodifiedCount: 3 })(
        0,
      );
      return { modified: oneHot(modified, 7, "f64").sum(0), unmodified: oneHot(unmodified, 7, "f64").sum(0) };
    }, key);
    const [a, b] = [2 / 3, 3 / 4];
    await expectClose(chances.modified, [0, a, 0, a, 0, 0, a], { tolerance: 1e-12 });
    await expectClose(chances.unmodified, [b, 0, b, 0, b, b, 0], { tolerance: 1e-12 });
  });

  law("names each fact at most once, on its own side", subsets, seeds, async (modified, seed) => {
    const batch = mixedFactBatches(randomKey(seed), 6, modified)(3);
    const [a, b] = [[...(await batch.modified.data())], [...(await batch.unmodified.data())]];
    expect([...a].sort()).toEqual(modified);
    expect(b.length).toBe(Math.min(modified.length, 6 - modified.length));
    expect(new Set(b).size).toBe(b.length);
    for (const fact of b) expect(modified).not.toContain(fact);
  });

  it("is the same at the same step of the same key, and another at others", async () => {
    const at = async (step: number, seed = 1) => [
      ...(await mixedFactBatches(randomKey(seed), 100, [7], { unmodifiedCount: 50 })(step).unmodified.data()),
    ];
    expect(await at(2)).toEqual(await at(2));
    expect(await at(2)).not.toEqual(await at(3));
    expect(await at(2)).not.toEqual(await at(2, 5));
  });

  it("names what is wrong", () => {
    const call =
      (count: number, modified: number[], options = {}) =>
      () =>
        mixedFactBatches(key, count, modified, options);
    expect(call(0, [0])).toThrow("mixedFactBatches: count is 0 but must be a whole number ≥ 1");
    expect(call(2, [])).toThrow("mixedFactBatches: modified is empty but must name at least one fact");
    expect(call(2, [2])).toThrow("mixedFactBatches: modified holds 2 at 0 but must hold whole numbers in [0, 2)");
    expect(call(2, [0], { modifiedCount: 2 })).toThrow(
      "mixedFactBatches: modifiedCount is 2 but must be at most 1, the modified facts",
    );
    expect(call(2, [0], { unmodifiedCount: 2 })).toThrow(
      "mixedFactBatches: unmodifiedCount is 2 but must be at most 1, the other facts",
    );
    expect(call(2, [0], { modifiedCount: 0 })).toThrow(
      "mixedFactBatches: modifiedCount is 0 but must be a whole number ≥ 1",
    );
    expect(call(2, [0], { unmodifiedCount: -1 })).toThrow(
      "mixedFactBatches: unmodifiedCount is -1 but must be a whole number ≥ 0",
    );
    expect(() => mixedFactBatches(key, 2, [0])(-1)).toThrow(
      "mixedFactBatches: step is -1 but must be a whole number ≥ 0",
    );
  });
});
