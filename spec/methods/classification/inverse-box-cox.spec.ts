import { cpu, grad, type Tensor, tensor } from "cotangent";
import { inverseBoxCox } from "cotangent/methods/classification";
import { checkGradient, floats, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { gpu, law } from "../../support/law.js";

const values = floats([3], { min: -0.9, max: 0.9 });
const powers = fc.oneof(numbers({ min: -1, max: -0.01 }), numbers({ min: 0.01, max: 1 }));

describe("inverseBoxCox", () => {
  law("undoes (v^λ − 1) / λ", floats([3], { min: 0.1, max: 5 }), powers, async (v, power) => {
    const transformed = v.map((x) => (x ** power - 1) / power);
    await expectClose(inverseBoxCox(tensor(transformed), power), v, { tolerance: 1e-9 });
    await expectClose(inverseBoxCox(tensor(transformed), tensor(Float64Array.of(power)).reshape([])), v, {
      tolerance: 1e-9,
    });
  });

  law("is exp at λ = 0, and near it nearly so", values, async (r) => {
    const expected = r.map(Math.exp);
    await expectClose(inverseBoxCox(tensor(r), 0), expected, { tolerance: 1e-14 });
    await expectClose(inverseBoxCox(tensor(r), tensor(0, { shape: [] })), expected, { tolerance: 1e-14 });
    await expectClose(inverseBoxCox(tensor(r), 1e-9), expected, { tolerance: 1e-8 }); // λ r² / 2 apart
  });

  law("agrees with finite differences", values, powers, async (r, power) => {
    await checkGradient((x: Tensor) => inverseBoxCox(x, power).sum(), tensor(r), { order: 2 });
  });

  it("has the slope of exp at λ = 0, however low the value", async () => {
    const slope = grad((x: Tensor) => inverseBoxCox(x, tensor(0, { shape: [] })).sum());
    const low = Float64Array.of(-3, -1, -0.5, 2);
    await expectClose(slope(tensor(low)), low.map(Math.exp), { tolerance: 1e-14 });
  });

  it("is 0 or ∞ outside the transform's range, and the same on every backend", async () => {
    await expectClose(inverseBoxCox(tensor(Float64Array.of(-3, -2, 1)), 0.5), [0, 0, 2.25], { tolerance: 1e-14 });
    await expectClose(
      inverseBoxCox(tensor(Float64Array.of(3, 2, -2)), -0.5),
      [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0.25],
      { tolerance: 1e-14 },
    );
    const on = (place: { readonly backend?: ReturnType<typeof cpu> }) =>
      inverseBoxCox(tensor([-0.5, 0.3, 1], place), 0.7);
    const expected = await on({ backend: cpu() }).data();
    await expectClose(on({}), expected, { tolerance: 1e-6 }); // single precision
    if (gpu !== undefined) await expectClose(on({ backend: gpu }), expected, { tolerance: 1e-5 }); // its log errs more
    expect(() => inverseBoxCox(tensor([1]), Number.NaN)).toThrow("inverseBoxCox: power is NaN but must be finite");
  });
});
