import { type Tensor, tensor } from "cotangent";
import { discriminatorLoss } from "cotangent/methods/generative";
import { checkGradient, floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

describe("discriminatorLoss", () => {
  law(
    "is mean softplus of fakes plus mean softplus of real ones negated",
    floats([4]),
    floats([6]),
    async (fake, real) => {
      const expected = mean(fake.map((x) => Math.log1p(Math.exp(x)))) + mean(real.map((x) => Math.log1p(Math.exp(-x))));
      const shaped = tensor(real, { shape: [3, 2] }) as Tensor;
      await expectClose(discriminatorLoss(tensor(fake) as Tensor, shaped), [expected], { tolerance: 1e-14 });
      await checkGradient((x: Tensor) => discriminatorLoss(x, shaped), tensor(fake) as Tensor, { order: 2 });
      await checkGradient((x: Tensor) => discriminatorLoss(tensor(fake) as Tensor, x), shaped, { order: 2 });
    },
  );

  it("names what is wrong", () => {
    const x = tensor([1]);
    const call = (...args: Parameters<typeof discriminatorLoss>) => expect(() => discriminatorLoss(...args));
    call(tensor(new Float32Array(0)), x).toThrow(
      "discriminatorLoss: fakeLogits has shape [0] but must have an element",
    );
    call(x, tensor(new Float32Array(0))).toThrow(
      "discriminatorLoss: realLogits has shape [0] but must have an element",
    );
    call(tensor(Int32Array.of(1)) as unknown as Tensor, x).toThrow(
      "discriminatorLoss: fakeLogits is i32 but must be f32 or f64; cast it",
    );
    call(x, tensor([NaN])).toThrow("discriminatorLoss: realLogits holds NaN at 0 but must hold finite numbers");
    call(x, tensor(Float64Array.of(1))).toThrow(
      "discriminatorLoss: realLogits is f64 but must match fakeLogits, f32; cast one of them",
    );
  });
});

finiteAtExtremes("discriminatorLoss", (x) => discriminatorLoss(x, x.neg()));
