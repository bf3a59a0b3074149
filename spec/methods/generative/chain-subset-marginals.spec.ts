import { tensor } from "cotangent";
import { chainSubsetLogPartition, chainSubsetMarginals, kSubsetMarginals } from "cotangent/methods/generative";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { chainSubsets, gibbs, marginals, sum } from "./support/structures.js";

describe("chainSubsetMarginals", () => {
  law("is the mean of all k-subsets of a chain", floats([13]), fc.integer({ min: 1, max: 7 }), async (z, k) => {
    for (const n of [k, 7]) {
      const some = [...z.slice(0, n), ...z.slice(7, 7 + n - 1)];
      const objects = chainSubsets(n, k);
      await expectClose(chainSubsetMarginals(tensor(Float64Array.from(some)), k), marginals(objects, some), {
        tolerance: 1e-12,
      });
      await expectClose(chainSubsetLogPartition(tensor(Float64Array.from(some)), k), [gibbs(objects, some).logZ], {
        tolerance: 1e-12,
      });
    }
  });

  law(
    "is kSubsetMarginals where neighbours do not matter",
    floats([6]),
    fc.integer({ min: 1, max: 5 }),
    async (z, k) => {
      const chain = tensor(Float64Array.of(...z, 0, 0, 0, 0, 0));
      const elements = (await chainSubsetMarginals(chain, k).data()).slice(0, 6);
      await expectClose(elements, kSubsetMarginals(tensor(z), k), { tolerance: 1e-12 });
    },
  );

  law("does not change when all elements' utilities grow alike", floats([9]), floats([1]), async (z, [c]) => {
    const shifted = z.map((v, i) => (i < 5 ? v + 20 * c : v));
    await expectClose(chainSubsetMarginals(tensor(shifted), 3), chainSubsetMarginals(tensor(z), 3), {
      tolerance: 1e-12,
    });
  });

  it("sums to k on a chain of three hundred", async () => {
    const z = Float64Array.from({ length: 599 }, (_, i) => 3 * Math.sin(i));
    const mu = await chainSubsetMarginals(tensor(z), 10).data();
    expect(Math.abs(sum(mu.slice(0, 300)) - 10)).toBeLessThan(1e-10);
  });

  it("says what is wrong", () => {
    expect(() => chainSubsetMarginals(tensor(new Float64Array(4)), 1)).toThrow(
      "chainSubsetMarginals: z has shape [4] but must end in an odd size, n elements and n − 1 pairs of neighbours",
    );
    expect(() => chainSubsetLogPartition(tensor(new Float64Array(5)), 4)).toThrow(
      "chainSubsetLogPartition: k is 4 but must be a whole number in [1, 3]",
    );
  });
});
