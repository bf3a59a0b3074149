import { grad, softmax, type Tensor, tensor } from "cotangent";
import { kSubsetMarginals } from "cotangent/methods/generative";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { marginals, subsets, sum } from "./support/structures.js";

describe("kSubsetMarginals", () => {
  law(
    "is the mean of all k-subsets, up to seven elements",
    floats([7]),
    fc.integer({ min: 1, max: 7 }),
    async (z, k) => {
      for (const n of [1, k, 7]) {
        const some = z.slice(0, n);
        const size = Math.min(k, n);
        await expectClose(kSubsetMarginals(tensor(some), size), marginals(subsets(n, size), some), {
          tolerance: 1e-12,
        });
      }
    },
  );

  law("is the softmax for k = 1", floats([6]), async (z) => {
    await expectClose(kSubsetMarginals(tensor(z), 1), softmax(tensor(z)), { tolerance: 1e-14 });
  });

  law("is 1 less that of −z for n − k", floats([6]), fc.integer({ min: 1, max: 5 }), async (z, k) => {
    const mirrored = kSubsetMarginals(tensor(z.map((v) => -v)), 6 - k);
    await expectClose(kSubsetMarginals(tensor(z), k), mirrored.neg().add(1), { tolerance: 1e-13 });
  });

  it("is all ones with no gradient for k = n", async () => {
    const z = tensor(Float64Array.of(3, -1e4, 2));
    await expectClose(kSubsetMarginals(z, 3), [1, 1, 1], { tolerance: 0 });
    const slope = grad((x: Tensor) => kSubsetMarginals(x, 3).mul(x).sum())(z);
    await expectClose(slope, [1, 1, 1], { tolerance: 0 });
  });

  it("sums to k for two hundred elements of any size", async () => {
    const z = Float64Array.from({ length: 200 }, (_, i) => 1e4 * Math.sin(i));
    const mu = await kSubsetMarginals(tensor(z), 17).data();
    expect(Math.abs(sum(mu) - 17)).toBeLessThan(1e-8); // sums of 17 numbers of 10⁴ are known to 10⁻¹¹ each
  });

  it("says what is wrong", () => {
    const z = tensor(new Float64Array(3));
    for (const k of [0, 4, 1.5]) {
      expect(() => kSubsetMarginals(z, k)).toThrow(`kSubsetMarginals: k is ${k} but must be a whole number in [1, 3]`);
    }
    expect(() => kSubsetMarginals(tensor(new Float64Array(0)), 1)).toThrow(
      "kSubsetMarginals: z has shape [0] but must have a last axis of at least one utility",
    );
  });
});
