import { randomKey, type Tensor, tensor } from "cotangent";
import { initLinear, linear } from "cotangent/methods/layers";
import { checkGradient, floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";

const key = randomKey(3);

describe("linear", () => {
  law(
    "is x·weights + bias, whatever the axes before the last",
    floats([2, 2, 3]),
    floats([3, 2]),
    floats([2]),
    async (x, w, b) => {
      const parameters = { weights: tensor(w, { shape: [3, 2] }), bias: tensor(b) };
      const expected = Array.from({ length: 4 }, (_, row) =>
        [0, 1].map((j) => b[j] + [0, 1, 2].reduce((sum, i) => sum + x[row * 3 + i] * w[i * 2 + j], 0)),
      ).flat();
      const found = linear(parameters, tensor(x, { shape: [2, 2, 3] }));
      expect(found.shape).toEqual([2, 2, 2]);
      await expectClose(found, expected, { tolerance: 1e-13 });
      await expectClose(linear(parameters, tensor(x.slice(0, 3))), expected.slice(0, 2), { tolerance: 1e-13 });
    },
  );

  law(
    "agrees with central differences to second order",
    floats([2, 3]),
    floats([3, 2]),
    floats([2]),
    async (x, w, b) => {
      const tree = { x: tensor(x, { shape: [2, 3] }), weights: tensor(w, { shape: [3, 2] }), bias: tensor(b) };
      await checkGradient(
        ({ x: at, ...parameters }) => {
          const y = linear(parameters, at);
          return y.mul(y).sum();
        },
        tree,
        { order: 2 },
      );
    },
  );

  it("starts with the deviation gain/√inputs, and bias 0", async () => {
    const { weights, bias } = initLinear(key, 400, 100, { gain: 3, dtype: "f64" });
    const values = await weights.data();
    const square = Array.from(values).reduce((sum, w) => sum + w * w, 0) / values.length;
    // 40 000 squares: five deviations of their mean are 5·√(2/40 000) of it.
    expect(Math.abs(square / (9 / 400) - 1)).toBeLessThan(5 * Math.sqrt(2 / 40_000));
    await expectClose(bias, new Float64Array(100), { tolerance: 0 });
    expect(initLinear(key, 1, 1).weights.dtype).toBe("f32");
    await expectClose(initLinear(key, 4, 1).weights, await initLinear(key, 4, 1, { gain: 2 }).weights.mul(0.5).data());
  });

  it("is on every backend what it is on the CPU", async () => {
    await expectAgreement((backend) =>
      linear(initLinear(randomKey(1, { backend }), 5, 3), tensor([[1, 2, 3, 4, 5]], { backend })),
    );
  });

  it("names what is wrong", () => {
    const parameters = initLinear(key, 3, 2);
    expect(() => linear(parameters, tensor([[1, 2]]))).toThrow(
      "linear: x has shape [1, 2] but its last axis must have size 3, as weights has rows",
    );
    expect(() => linear(parameters, tensor(1))).toThrow(
      "linear: x has shape [] but its last axis must have size 3, as weights has rows",
    );
    expect(() => linear({ ...parameters, bias: tensor([1]) }, tensor([1, 2, 3]))).toThrow(
      "linear: bias has shape [1] but must be [2]",
    );
    expect(() => linear({ ...parameters, weights: tensor([1]) }, tensor([1]))).toThrow(
      "linear: weights has shape [1] but must have 2 axes, neither of size 0",
    );
    expect(() => linear(parameters, tensor(new Float64Array(3)) as Tensor)).toThrow(
      "linear: weights is f32 but must match x, f64; cast one of them",
    );
    expect(() => initLinear(key, 0, 2)).toThrow("initLinear: inputs is 0 but must be a whole number ≥ 1");
    expect(() => initLinear(key, 1, 0)).toThrow("initLinear: outputs is 0 but must be a whole number ≥ 1");
    expect(() => initLinear(key, 1, 1, { gain: -1 })).toThrow("initLinear: gain is -1 but must be a finite number ≥ 0");
  });
});
