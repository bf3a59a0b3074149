import { grad, jvp, type Tensor, tensor } from "cotangent";
import { kSubsetBinaryEntropy } from "cotangent/methods/generative";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { dot, sum } from "./support/structures.js";

describe("kSubsetBinaryEntropy", () => {
  law(
    "solves the optimality conditions: logits of x are z less a constant",
    floats([6]),
    fc.integer({ min: 1, max: 5 }),
    async (z, k) => {
      const x = await kSubsetBinaryEntropy(tensor(z), k).data();
      expect(Math.abs(sum(x) - k)).toBeLessThan(1e-12);
      const nu = z.map((v, i) => v - Math.log(x[i] / (1 - x[i])));
      await expectClose(nu, new Float64Array(6).fill(nu[0]), { tolerance: 1e-12 });
    },
  );

  law("has the implicit gradient D (dz − 1 (1ᵀD dz) / (1ᵀD 1))", floats([5]), floats([5]), async (z, dz) => {
    const { value, tangent } = jvp((at: Tensor) => kSubsetBinaryEntropy(at, 2), tensor(z), tensor(dz));
    const x = await value.data();
    const d = Array.from(x, (v) => v * (1 - v));
    const mean = dot(d, dz) / sum(d);
    await expectClose(
      tangent,
      d.map((v, i) => v * (dz[i] - mean)),
      { tolerance: 1e-12 },
    );
  });

  law("takes a batch row by row", floats([8]), async (z) => {
    const rows = kSubsetBinaryEntropy(tensor(z, { shape: [2, 4] }), 3);
    expect(rows.shape).toEqual([2, 4]);
    const [first, second] = [z.slice(0, 4), z.slice(4)].map((row) => kSubsetBinaryEntropy(tensor(row), 3).data());
    await expectClose(rows, [...(await first), ...(await second)], { tolerance: 1e-14 });
  });

  it("is all ones without gradient for k = n, and k/n for equal z", async () => {
    const all = (z: Tensor) => kSubsetBinaryEntropy(z, 2);
    await expectClose(all(tensor(Float64Array.of(5, -5))), [1, 1], { tolerance: 0 });
    await expectClose(grad((z: Tensor) => all(z).sum())(tensor(Float64Array.of(5, -5))), [0, 0], { tolerance: 0 });
    await expectClose(kSubsetBinaryEntropy(tensor(new Float64Array(4).fill(-1e4)), 3), [0.75, 0.75, 0.75, 0.75], {
      tolerance: 1e-14,
    });
  });

  it("says what is wrong", () => {
    const z = tensor(new Float64Array(3));
    for (const k of [0, 4, Number.NaN]) {
      expect(() => kSubsetBinaryEntropy(z, k)).toThrow(
        `kSubsetBinaryEntropy: k is ${k} but must be a whole number in [1, 3]`,
      );
    }
    expect(() => kSubsetBinaryEntropy(tensor(Float64Array.of(Number.NaN)), 1)).toThrow(
      "kSubsetBinaryEntropy: z holds NaN at 0 but must hold finite numbers",
    );
  });
});
