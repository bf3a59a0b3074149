import { grad, type Tensor, tensor } from "cotangent";
import { gelu } from "cotangent/methods/layers";
import { checkGradient, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";

/** Φ(x) by Simpson's rule from 0. */
function normalCdf(x: number): number {
  const steps = 2000;
  const h = x / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp(-((i * h) ** 2) / 2);
  }
  return 0.5 + ((h / 3) * sum) / Math.sqrt(2 * Math.PI);
}

describe("gelu", () => {
  law("is x·Φ(x), with slope Φ(x) + x·φ(x)", numbers({ min: -6, max: 6 }), async (x) => {
    const at = tensor(new Float64Array([x]));
    await expectClose(gelu(at), [x * normalCdf(x)], { tolerance: 1e-12 });
    const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
    await expectClose(grad((t: Tensor) => gelu(t).sum())(at), [normalCdf(x) + x * density], { tolerance: 1e-12 });
  });

  law("agrees with central differences to second order", floats([4]), async (x) => {
    await checkGradient((t) => gelu(t).sum(), tensor(x), { order: 2 });
  });

  law("less its mirror image is the identity", floats([4]), async (x) => {
    await expectClose(gelu(tensor(x)).sub(gelu(tensor(x).neg())), x, { tolerance: 1e-14 });
  });

  it("stays finite, value and gradient, out to ±1e6", async () => {
    const x = tensor(new Float64Array([-1e6, -40, 0, 40, 1e6]));
    await expectClose(gelu(x), [0, 0, 0, 40, 1e6], { tolerance: 0 });
    await expectClose(grad((t: Tensor) => gelu(t).sum())(x), [0, 0, 0.5, 1, 1], { tolerance: 0 });
  });

  it("is on every backend what it is on the CPU", async () => {
    await expectAgreement((backend) => grad((t: Tensor) => gelu(t).sum())(tensor([-3, -1, 0, 0.5, 2], { backend })));
  });

  it("names what is wrong", () => {
    expect(() => gelu(tensor(Int32Array.of(1)) as unknown as Tensor)).toThrow("is i32 but must be f32 or f64; cast it");
  });
});
