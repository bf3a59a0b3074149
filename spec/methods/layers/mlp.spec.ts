import { randomKey, tanh, tensor } from "cotangent";
import { initMlp, linear, mlp } from "cotangent/methods/layers";
import { checkGradient, floats, seeds } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import { shaken } from "./support/trees.js";

const sizes = [3, 5, 4, 2];
const key = randomKey(1);

describe("mlp", () => {
  law("is linear layers with ReLUs between them, none at the end", floats([2, 3]), seeds, async (x, seed) => {
    const layers = await shaken(initMlp(key, sizes, { dtype: "f64" }), seed);
    let rows = [x.slice(0, 3), x.slice(3)].map((row) => [...row]);
    for (const [depth, { weights, bias }] of layers.entries()) {
      const [w, b] = [await weights.data(), await bias.data()];
      rows = rows.map((row) =>
        [...b].map(
          (start, j) =>
            start + row.reduce((sum, v, i) => sum + (depth === 0 ? v : Math.max(v, 0)) * w[i * b.length + j], 0),
        ),
      );
    }
    await expectClose(mlp(layers, tensor(x, { shape: [2, 3] })), rows.flat(), { tolerance: 1e-12 });
  });

  it("agrees with central differences to second order", async () => {
    const layers = await shaken(initMlp(key, sizes, { dtype: "f64" }), 5);
    const x = tensor(new Float64Array([0.3, -1, 0.7, 2, 0.1, -0.4]), { shape: [2, 3] });
    await checkGradient(
      (tree) => {
        const y = mlp(tree.layers, tree.x, { activation: tanh });
        return y.mul(y).sum();
      },
      { layers, x },
      { order: 2 },
    );
  });

  it("of one layer is that layer", async () => {
    const [layer] = initMlp(key, [3, 2]);
    const x = tensor([[-1, 2, -3]]);
    await expectClose(mlp([layer], x), await linear(layer, x).data(), { tolerance: 0 });
  });

  it("starts with a gain of √2, and of 1 at the end", async () => {
    const deviation = async (values: ArrayLike<number>) =>
      Math.sqrt(Array.from(values).reduce((sum, w) => sum + w * w, 0) / values.length);
    const [first, last] = initMlp(key, [200, 200, 200], { dtype: "f64" });
    expect(Math.abs((await deviation(await first.weights.data())) / Math.sqrt(2 / 200) - 1)).toBeLessThan(0.02);
    expect(Math.abs((await deviation(await last.weights.data())) / Math.sqrt(1 / 200) - 1)).toBeLessThan(0.02);
    const [flat] = initMlp(key, [4, 2], { lastGain: 0 });
    await expectClose(flat.weights, new Float64Array(8), { tolerance: 0 });
    const [, other] = initMlp(key, [4, 4, 4]);
    const [same] = initMlp(key, [4, 4, 4], { gain: 1 });
    expect(await other.weights.data()).not.toEqual(await same.weights.data());
  });

  it("is on every backend what it is on the CPU", async () => {
    await expectAgreement((backend) =>
      mlp(initMlp(randomKey(2, { backend }), sizes), tensor([[1, -2, 3]], { backend })),
    );
  });

  it("names what is wrong", () => {
    const layers = initMlp(key, sizes);
    expect(() => mlp([], tensor([1]))).toThrow("mlp: layers is empty but must hold at least one");
    expect(() => mlp([layers[0], layers[2]], tensor([1, 2, 3]))).toThrow(
      "mlp: layers.1.weights has 4 rows but must have 5, as the layer before it has outputs",
    );
    expect(() => mlp(layers, tensor([1, 2]))).toThrow(
      "mlp: x has shape [2] but its last axis must have size 3, as layers.0.weights has rows",
    );
    expect(() => initMlp(key, [3])).toThrow(
      "initMlp: sizes has 1 numbers but must have at least 2, of input and output",
    );
    expect(() => initMlp(key, [3, 0])).toThrow("initMlp: sizes[1] is 0 but must be a whole number ≥ 1");
    expect(() => initMlp(key, [3, 1], { gain: -1 })).toThrow("initMlp: gain is -1 but must be a finite number ≥ 0");
  });
});
