import { grad, randomKey, read, relu, type Tensor, tensor } from "cotangent";
import {
  gelu,
  initTransformerBlock,
  layerNorm,
  linear,
  multiHeadAttention,
  transformerBlock,
} from "cotangent/methods/layers";
import { checkGradient, floats, seeds } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import { permuted, shaken } from "./support/trees.js";

const [n, width] = [3, 4];
const key = randomKey(6);
const inputs = floats([n, width]);
const matrix = (x: Float64Array) => tensor(x, { shape: [n, width] });
const parametersOf = (seed: number) => shaken(initTransformerBlock(key, width, { hidden: 5, dtype: "f64" }), seed);

describe("transformerBlock", () => {
  law("adds attention of the normed input, then a perceptron of the normed sum", inputs, seeds, async (x, seed) => {
    const parameters = await parametersOf(seed);
    const { attentionNorm, attention, mlpNorm, mlp } = parameters;
    for (const [options, activation] of [
      [{}, gelu],
      [{ activation: relu }, relu],
    ] as const) {
      const attended = matrix(x).add(
        multiHeadAttention(attention, layerNorm(attentionNorm, matrix(x)), { heads: 2, causal: true }),
      );
      const inner = activation(linear(mlp[0], layerNorm(mlpNorm, attended)));
      const expected = await attended.add(linear(mlp[1], inner)).data();
      const found = transformerBlock(parameters, matrix(x), { heads: 2, causal: true, ...options });
      await expectClose(found, expected, { tolerance: 1e-12 });
    }
  });

  it("agrees with central differences to second order", async () => {
    const x = matrix(Float64Array.from({ length: n * width }, (_, i) => Math.cos(3 * i)));
    await checkGradient(
      (tree) => {
        const y = transformerBlock(tree.parameters, tree.x, { heads: 2 });
        return y.mul(y).sum();
      },
      { parameters: await parametersOf(1), x },
      { order: 2 },
    );
  });

  law(
    "permutes with its inputs",
    inputs,
    seeds,
    fc.shuffledSubarray([0, 1, 2], { minLength: n, maxLength: n }),
    async (x, seed, order) => {
      const parameters = await parametersOf(seed);
      const plain = await transformerBlock(parameters, matrix(x), { heads: 2 }).data();
      const found = transformerBlock(parameters, matrix(permuted(x, width, order)), { heads: 2 });
      await expectClose(found, permuted(plain as unknown as Float64Array, width, order), { tolerance: 1e-11 });
    },
  );

  law("is the identity where both branches start with gain 0", inputs, async (x) => {
    const parameters = initTransformerBlock(key, width, { branchGain: 0, dtype: "f64" });
    await expectClose(transformerBlock(parameters, matrix(x)), x, { tolerance: 0 });
  });

  it("is four times as wide inside, with branches of gain 1, by default", async () => {
    const spelled = initTransformerBlock(key, width, { hidden: 16, branchGain: 1, dtype: "f32" });
    expect(await read(initTransformerBlock(key, width))).toEqual(await read(spelled));
  });

  it("passes epsilon to both norms", async () => {
    const parameters = await parametersOf(2);
    const x = matrix(Float64Array.from({ length: n * width }, (_, i) => Math.sin(i)));
    const { attentionNorm, attention, mlpNorm, mlp } = parameters;
    const options = { epsilon: 2 };
    const attended = x.add(multiHeadAttention(attention, layerNorm(attentionNorm, x, options)));
    const expected = attended.add(linear(mlp[1], gelu(linear(mlp[0], layerNorm(mlpNorm, attended, options)))));
    await expectClose(transformerBlock(parameters, x, options), await expected.data(), { tolerance: 1e-12 });
  });

  it("is on every backend what it is on the CPU", async () => {
    await expectAgreement((backend) => {
      const parameters = initTransformerBlock(randomKey(5, { backend }), width);
      const x = tensor(
        Float32Array.from({ length: 2 * n * width }, (_, i) => Math.sin(i)),
        { shape: [2, n, width], backend },
      );
      return grad((at: Tensor) => {
        const y = transformerBlock(parameters, at, { heads: 2, causal: true });
        return y.mul(y).sum();
      })(x);
    }, 1e-4); // gradients of up to 20, from sums of squares in single precision
  });

  it("names what is wrong", () => {
    const parameters = initTransformerBlock(key, width);
    const x = tensor(new Float32Array(8), { shape: [2, width] });
    expect(() => transformerBlock(parameters, x, { epsilon: -1 })).toThrow(
      "layerNorm: epsilon is -1 but must be a finite number > 0",
    );
    expect(() => transformerBlock(parameters, x, { heads: 3 })).toThrow(
      "multiHeadAttention: heads is 3 but must divide the width, 4",
    );
    expect(() => transformerBlock(parameters, tensor([[1, 2]]))).toThrow(
      "layerNorm: scale has shape [4] but must be [2]",
    );
    expect(() => initTransformerBlock(key, 0)).toThrow(
      "initTransformerBlock: width is 0 but must be a whole number ≥ 1",
    );
    expect(() => initTransformerBlock(key, 1, { hidden: 0 })).toThrow(
      "initTransformerBlock: hidden is 0 but must be a whole number ≥ 1",
    );
    expect(() => initTransformerBlock(key, 1, { branchGain: -1 })).toThrow(
      "initTransformerBlock: branchGain is -1 but must be a finite number ≥ 0",
    );
  });
});
