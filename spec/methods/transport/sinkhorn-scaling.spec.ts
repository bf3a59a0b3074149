import { exp, square, type Tensor, tensor } from "cotangent";
import { sinkhornScaling } from "cotangent/methods/transport";
import { checkGradient, floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const matrix = (values: Float64Array, width: number) =>
  tensor(values, { shape: [values.length / width, width] }) as Tensor;

describe("sinkhornScaling", () => {
  law("does what dividing rows and then columns by their sums does", floats([12]), async (z) => {
    const x = z.map(Math.exp);
    for (let round = 0; round < 3; round++) {
      const rows = Float64Array.from({ length: 4 }, (_, i) => x[3 * i] + x[3 * i + 1] + x[3 * i + 2]);
      x.forEach((v, at) => {
        x[at] = v / rows[Math.floor(at / 3)];
      });
      const columns = Float64Array.from({ length: 3 }, (_, j) => x[j] + x[3 + j] + x[6 + j] + x[9 + j]);
      x.forEach((v, at) => {
        x[at] = v / columns[at % 3];
      });
    }
    await expectClose(exp(sinkhornScaling(matrix(z, 3), 3)), x);
  });

  law(
    "does not change when a row or a column grows, and tends to rows that sum to 1",
    floats([9], { min: -0.5, max: 0.5 }), // a round more than halves the distance from the limit
    floats([6], { min: -300, max: 300 }),
    async (z, c) => {
      const scaled = sinkhornScaling(matrix(z, 3), 60);
      const shifted = z.map((v, at) => v + c[Math.floor(at / 3)] + c[3 + (at % 3)]);
      await expectClose(sinkhornScaling(matrix(shifted, 3), 60), scaled, { tolerance: 1e-11 });
      await expectClose(exp(scaled).sum(0), [1, 1, 1], { tolerance: 1e-14 });
      await expectClose(exp(scaled).sum(1), [1, 1, 1]);
    },
  );

  law("takes a batch matrix by matrix", floats([2, 3, 3]), async (z) => {
    const each = [z.slice(0, 9), z.slice(9)].map((one) => sinkhornScaling(matrix(one, 3), 2).data());
    const expected = (await Promise.all(each)).flatMap((one) => [...one]);
    await expectClose(sinkhornScaling(tensor(z, { shape: [2, 3, 3] }) as Tensor, 2), expected, { tolerance: 1e-14 });
  });

  law("has a right gradient through its rounds", floats([8]), async (z) => {
    await checkGradient((x: Tensor) => square(sinkhornScaling(x, 3)).sum(), tensor(z, { shape: [2, 2, 2] }) as Tensor, {
      order: 2,
    });
  });

  it("stays finite where exp would vanish", async () => {
    const plan = exp(sinkhornScaling(matrix(Float64Array.of(0, -2000, -2000, 0), 2), 20));
    await expectClose(plan, [1, 0, 0, 1], { tolerance: 0 });
  });

  it("says what is wrong with its input", () => {
    const z = tensor([[1, 2]]);
    expect(() => sinkhornScaling(tensor([1, 2]), 1)).toThrow(
      "sinkhornScaling: z has shape [2] but must be [..., n, m]",
    );
    expect(() => sinkhornScaling(z, 0)).toThrow("sinkhornScaling: iterations is 0 but must be a whole number ≥ 1");
    expect(() => sinkhornScaling(tensor(Int32Array.of(1, 2), { shape: [1, 2] }) as never, 1)).toThrow(
      "sinkhornScaling: z is i32 but must be f32 or f64",
    );
  });
});
