import { grad, type Tensor, tensor } from "cotangent";
import { suffixLogSumExp } from "cotangent/methods/distillation";
import { checkGradient, floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import { weighed } from "./support/logit-pairs.js";

const rows = fc.integer({ min: 1, max: 9 }).chain((count) => floats([count]));

describe("suffixLogSumExp", () => {
  law("is log Σ_{l ≥ k} exp(x_l), along the last axis", rows, async (x) => {
    const expected = Array.from(x, (_, k) => Math.log(x.slice(k).reduce((sum, v) => sum + Math.exp(v), 0)));
    await expectClose(suffixLogSumExp(tensor(x)), expected, { tolerance: 1e-13 });
    const twice = tensor(Float64Array.from([...x, ...x.map((v) => v + 1)]), { shape: [2, 1, x.length] }) as Tensor;
    await expectClose(suffixLogSumExp(twice), [...expected, ...expected.map((v) => v + 1)], { tolerance: 1e-13 });
  });

  law("has a right gradient to second order", rows, async (x) => {
    await checkGradient((t: Tensor) => weighed(suffixLogSumExp(t)), tensor(x) as Tensor, { order: 2 });
  });

  it("keeps small sums beside large elements, in value and gradient", async () => {
    const x = tensor([500, 0, -400, -401]);
    const tail = -400 + Math.log1p(Math.exp(-1));
    await expectClose(suffixLogSumExp(x), [500, 0, tail, -401], { tolerance: 1e-6 });
    const slope = grad((t: Tensor) =>
      suffixLogSumExp(t)
        .mul(tensor([0, 0, 1, 0]))
        .sum(),
    )(x);
    await expectClose(slope, [0, 0, 1 / (1 + Math.exp(-1)), 1 / (1 + Math.E)], { tolerance: 1e-6 });
  });

  it("is the same on every backend", async () => {
    await expectAgreement((x) => suffixLogSumExp(x));
  });

  it("names what is wrong", () => {
    expect(() => suffixLogSumExp(tensor(new Float32Array(0), { shape: [2, 0] }) as Tensor)).toThrow(
      "suffixLogSumExp: x has shape [2, 0] but must have an element along its last axis",
    );
    expect(() => suffixLogSumExp(tensor([1]).sum())).toThrow(
      "suffixLogSumExp: x has shape [] but must have an element along its last axis",
    );
    expect(() => suffixLogSumExp(tensor(Int32Array.of(1)) as unknown as Tensor)).toThrow(
      "suffixLogSumExp: x is i32 but must be f32 or f64; cast it",
    );
  });
});
