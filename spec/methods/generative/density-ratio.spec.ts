import { grad, type Tensor, tensor } from "cotangent";
import { densityRatioFromLogits } from "cotangent/methods/generative";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const free = { ratioLower: 0, ratioUpper: Infinity };

describe("densityRatioFromLogits", () => {
  law("is exp of the mean over patches, within bounds", floats([12], { min: -6, max: 6 }), async (logits) => {
    const means = [0, 1, 2].map((i) => logits.slice(4 * i, 4 * i + 4).reduce((a, b) => a + b, 0) / 4);
    const t = tensor(logits, { shape: [3, 2, 2] }) as Tensor;
    await expectClose(densityRatioFromLogits(t, free), means.map(Math.exp), { tolerance: 1e-12 });
    await expectClose(
      densityRatioFromLogits(t),
      means.map((m) => Math.min(20, Math.max(0.1, Math.exp(m)))),
      { tolerance: 1e-12 },
    );
    await expectClose(
      densityRatioFromLogits(t, { ratioLower: 0.5, ratioUpper: 2 }),
      means.map((m) => Math.min(2, Math.max(0.5, Math.exp(m)))),
      { tolerance: 1e-12 },
    );
  });

  it("clips logits at ±10, and lets no gradient through", async () => {
    const t = tensor(Float64Array.of(50, -50, 0.5)) as Tensor;
    await expectClose(densityRatioFromLogits(t, free), [Math.exp(10), Math.exp(-10), Math.exp(0.5)], {
      tolerance: 1e-12,
    });
    await expectClose(grad((x: Tensor) => densityRatioFromLogits(x, free).sum())(t), [0, 0, 0], { tolerance: 0 });
  });

  it("names what is wrong", () => {
    const t = tensor([1]);
    const call = (...args: Parameters<typeof densityRatioFromLogits>) => expect(() => densityRatioFromLogits(...args));
    const name = "densityRatioFromLogits";
    call(t, { ratioLower: -1 }).toThrow(`${name}: ratioLower is -1 but must be a finite number ≥ 0`);
    call(t, { ratioLower: 2, ratioUpper: 2 }).toThrow(`${name}: ratioUpper is 2 but must be above ratioLower, 2`);
    call(t, { ratioLower: 20 }).toThrow(`${name}: ratioUpper is 20 but must be above ratioLower, 20`);
    call(t, { ratioUpper: 0.1 }).toThrow(`${name}: ratioUpper is 0.1 but must be above ratioLower, 0.1`);
    call(tensor(Int32Array.of(1)) as unknown as Tensor).toThrow(
      `${name}: logits is i32 but must be f32 or f64; cast it`,
    );
    call(t.sum()).toThrow(`${name}: logits has shape [] but must have one for each sample`);
    call(tensor(new Float32Array(0))).toThrow(`${name}: logits has shape [0] but must have one for each sample`);
    call(tensor([NaN])).toThrow(`${name}: logits holds NaN at 0 but must hold finite numbers`);
  });
});
