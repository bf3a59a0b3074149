import { cpu, grad, type Tensor, tensor } from "cotangent";
import { weightNormalize } from "cotangent/methods/longtail";
import { checkGradient, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { gpu, law } from "../../support/law.js";

const [rows, width] = [3, 4];
const weights = floats([rows, width], { min: 0.1, max: 3 }).map(
  (values) => values.map((x, i) => (i % 3 === 0 || i >= 8 ? -x : x)), // all of the last row
);
const powers = numbers({ min: 0, max: 2 });
const matrix = (values: Float64Array) => tensor(values, { shape: [rows, width] });
const normsOf = (values: ArrayLike<number>) =>
  Array.from({ length: rows }, (_, i) => Math.hypot(...Array.from(values).slice(i * width, (i + 1) * width)));

describe("weightNormalize", () => {
  law("divides each row by a power of its norm", weights, powers, async (values, power) => {
    const norms = normsOf(values);
    const expected = values.map((x, i) => x / norms[Math.floor(i / width)] ** power);
    await expectClose(weightNormalize(matrix(values), { power }), expected, { tolerance: 1e-14 });
    await expectClose(normsOf(await weightNormalize(matrix(values)).data()), [1, 1, 1], { tolerance: 1e-14 });
    await expectClose(weightNormalize(matrix(values), { power: 0 }), values, { tolerance: 0 });
  });

  law(
    "agrees with central differences to second order",
    weights,
    powers,
    floats([rows, width]),
    async (values, power, v) => {
      const loss = (w: Tensor) => weightNormalize(w, { power }).mul(matrix(v)).sum();
      await checkGradient((w: Tensor) => loss(w).mul(loss(w)).add(w.mul(w).sum()), matrix(values), { order: 2 });
    },
  );

  it("keeps a row of zeros, value and gradient finite, and rows near the ends of the range", async () => {
    const w = tensor(Float64Array.of(0, 0, 3e200, 4e200, 3e-200, 4e-200), { shape: [3, 2] });
    await expectClose(weightNormalize(w), [0, 0, 0.6, 0.8, 0.6, 0.8], { tolerance: 1e-12 }); // exp of a log of ±460
    const slopes = await grad((x: Tensor) => weightNormalize(x).sum())(w).data();
    expect([...slopes.slice(0, 2)]).toEqual([1, 1]);
    expect(slopes.every(Number.isFinite)).toBe(true);
  });

  it("is the same in single precision on every backend", async () => {
    const on = (place: { readonly backend?: ReturnType<typeof cpu> }) =>
      weightNormalize(
        tensor(
          [
            [1, -2, 3],
            [0, 0, 0],
            [0.1, 0.2, -0.3],
          ],
          place,
        ),
        { power: 0.7 },
      ).data();
    const expected = await on({ backend: cpu() });
    await expectClose(await on({}), expected, { tolerance: 1e-6 }); // single precision
    if (gpu !== undefined) await expectClose(await on({ backend: gpu }), expected, { tolerance: 1e-6 }); // single precision
  });

  it("names what is wrong", () => {
    expect(() => weightNormalize(tensor([1, 2]))).toThrow(
      "weightNormalize: weights has shape [2] but must have 2 axes",
    );
    expect(() => weightNormalize(tensor([[1]]), { power: -1 })).toThrow(
      "weightNormalize: power is -1 but must be a finite number ≥ 0",
    );
    expect(() => weightNormalize(tensor(Int32Array.of(1), { shape: [1, 1] }) as unknown as Tensor)).toThrow(
      "weightNormalize: weights is i32 but must be f32 or f64; cast it",
    );
  });
});
