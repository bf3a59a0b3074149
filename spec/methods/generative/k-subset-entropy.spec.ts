import { grad, softmax, type Tensor, tensor } from "cotangent";
import { kSubsetEntropy } from "cotangent/methods/generative";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { sum } from "./support/structures.js";

describe("kSubsetEntropy", () => {
  law(
    "solves the optimality conditions: log x is z less a constant, and held at 0",
    floats([6]),
    fc.integer({ min: 1, max: 5 }),
    async (z, k) => {
      const x = await kSubsetEntropy(tensor(z), k).data();
      expect(Math.abs(sum(x) - k)).toBeLessThan(1e-12);
      expect(Math.max(...x)).toBeLessThanOrEqual(1 + 1e-15);
      const free = [...z.keys()].filter((i) => x[i] < 1);
      const lambda = z[free[0]] - Math.log(x[free[0]]);
      await expectClose(
        x,
        z.map((v) => Math.min(1, Math.exp(v - lambda))),
        { tolerance: 1e-12 },
      );
    },
  );

  law("is k times the softmax where no cap binds", floats([6], { min: 0, max: 0.3 }), async (z) => {
    await expectClose(kSubsetEntropy(tensor(z), 2), softmax(tensor(z)).mul(2), { tolerance: 1e-14 });
  });

  it("holds what would exceed 1", async () => {
    const x = await kSubsetEntropy(tensor(Float64Array.of(9, 0, 0, 8)), 3).data();
    await expectClose(x, [1, 0.5, 0.5, 1], { tolerance: 1e-15 });
    await expectClose(kSubsetEntropy(tensor(Float64Array.of(5, -5)), 2), [1, 1], { tolerance: 0 });
  });

  it("has no gradient for k = n, ties and all", async () => {
    const weighted = (z: Tensor) =>
      kSubsetEntropy(z, 3)
        .mul(tensor(Float64Array.of(1, -2, 4)))
        .sum();
    for (const z of [Float64Array.of(0, 0, 0), Float64Array.of(3, -1, 3)]) {
      await expectClose(kSubsetEntropy(tensor(z), 3), [1, 1, 1], { tolerance: 0 });
      await expectClose(grad(weighted)(tensor(z)), [0, 0, 0], { tolerance: 0 });
    }
  });

  it("says what is wrong", () => {
    const z = tensor(new Float64Array(3));
    for (const k of [0, 4, 2.5]) {
      expect(() => kSubsetEntropy(z, k)).toThrow(`kSubsetEntropy: k is ${k} but must be a whole number in [1, 3]`);
    }
    expect(() => kSubsetEntropy(tensor(Float64Array.of(0, -Infinity)), 1)).toThrow(
      "kSubsetEntropy: z holds -Infinity at 1 but must hold finite numbers",
    );
  });
});
