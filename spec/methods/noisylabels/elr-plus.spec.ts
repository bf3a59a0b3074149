import { grad, type Tensor, tensor } from "cotangent";
import { elrPlusRamp, elrPlusTargets } from "cotangent/methods/noisylabels";
import { floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const matrix = (values: Float64Array) => tensor(values, { shape: [values.length / 2, 2] });
const partners = tensor(Int32Array.of(2, 1, 0));

describe("elrPlusTargets", () => {
  law(
    "mixes each target with its partner's, and lets nothing through",
    floats([3, 2]),
    numbers({ min: 0, max: 1 }),
    async (t, share) => {
      const expected = t.map((value, i) => share * value + (1 - share) * t[[4, 5, 2, 3, 0, 1][i]]);
      await expectClose(elrPlusTargets(matrix(t), partners, share), expected, { tolerance: 1e-14 });
      const total = (x: Tensor) => elrPlusTargets(x, partners, share).sum();
      await expectClose(grad(total)(matrix(t)), new Float64Array(6), { tolerance: 0 });
    },
  );

  it("names what is wrong", () => {
    const t = matrix(new Float64Array(6));
    expect(() => elrPlusTargets(t, partners, 1.1)).toThrow("elrPlusTargets: share is 1.1 but must be in [0, 1]");
    expect(() => elrPlusTargets(tensor(new Float64Array(3)), partners, 1)).toThrow(
      "elrPlusTargets: targets has shape [3] but must have 2 axes",
    );
    expect(() => elrPlusTargets(tensor(new Int32Array(6), { shape: [3, 2] }) as never, partners, 1)).toThrow(
      "elrPlusTargets: targets is i32 but must be f32 or f64; cast it",
    );
    expect(() => elrPlusTargets(t, tensor(Int32Array.of(3, 0, 0)), 1)).toThrow(
      "elrPlusTargets: partners holds 3 at 0 but must be in [0, 3)",
    );
    expect(() => elrPlusTargets(t, tensor(Int32Array.of(0)), 1)).toThrow(
      "elrPlusTargets: partners has shape [1] but must be [3]",
    );
  });
});

describe("elrPlusRamp", () => {
  it("rises from e⁻⁵ to 1 and stays there", () => {
    expect(elrPlusRamp(0, 10)).toBeCloseTo(Math.exp(-5), 15);
    expect(elrPlusRamp(5, 10)).toBeCloseTo(Math.exp(-1.25), 15);
    expect(elrPlusRamp(10, 10)).toBe(1);
    expect(elrPlusRamp(99, 10)).toBe(1);
    expect(() => elrPlusRamp(-1, 10)).toThrow("elrPlusRamp: step is -1 but must be a finite number ≥ 0");
    expect(() => elrPlusRamp(1, 0)).toThrow("elrPlusRamp: steps is 0 but must be a whole number ≥ 1");
  });
});
