import { grad, randomKey, read, slice, stack, type Tensor, tensor } from "cotangent";
import { attention, initMultiHeadAttention, linear, multiHeadAttention } from "cotangent/methods/layers";
import { checkGradient, floats, seeds } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import { permuted, shaken } from "./support/trees.js";

const [n, width] = [3, 4];
const key = randomKey(2);
const inputs = floats([n, width]);
const matrix = (x: Float64Array) => tensor(x, { shape: [x.length / width, width] });
const parametersOf = (seed: number) => shaken(initMultiHeadAttention(key, width, { dtype: "f64" }), seed);
const masks = fc
  .array(fc.boolean(), { minLength: n * n, maxLength: n * n })
  .map((bits) => Uint8Array.from(bits, Number));

describe("multiHeadAttention", () => {
  law(
    "is each head's attention on its own columns, then the output layer",
    inputs,
    seeds,
    masks,
    async (x, seed, bits) => {
      const parameters = await parametersOf(seed);
      const mask = tensor(bits, { shape: [n, n], dtype: "bool" });
      const [q, k, v] = (["query", "key", "value"] as const).map((name) => linear(parameters[name], matrix(x)));
      const heads = [0, 2].map((from) => {
        const columns = (t: Tensor) => slice(t, [0, from], [n, from + 2]);
        return attention(columns(q), columns(k), columns(v), { mask });
      });
      const joined = stack(heads, 1).reshape([n, width]);
      const expected = await linear(parameters.output, joined).data();
      await expectClose(multiHeadAttention(parameters, matrix(x), { heads: 2, mask }), expected, { tolerance: 1e-12 });
    },
  );

  law(
    "with causality, does not depend on what comes later, to the last bit",
    inputs,
    inputs,
    seeds,
    async (x, other, seed) => {
      const parameters = await parametersOf(seed);
      const changed = x.map((value, i) => (i < 2 * width ? value : other[i] + 5));
      const start = async (of: Float64Array) =>
        (await multiHeadAttention(parameters, matrix(of), { heads: 2, causal: true }).data()).slice(0, 2 * width);
      expect(await start(changed)).toEqual(await start(x));
    },
  );

  it("agrees with central differences to second order", async () => {
    const x = matrix(Float64Array.from({ length: n * width }, (_, i) => Math.cos(2 * i)));
    await checkGradient(
      (tree) => {
        const y = multiHeadAttention(tree.parameters, tree.x, { heads: 2, causal: true });
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
      const plain = await multiHeadAttention(parameters, matrix(x), { heads: 2 }).data();
      const found = multiHeadAttention(parameters, matrix(permuted(x, width, order)), { heads: 2 });
      await expectClose(found, permuted(plain as unknown as Float64Array, width, order), { tolerance: 1e-12 });
    },
  );

  law("attends to a context of another length and width", inputs, floats([5, 2]), seeds, async (x, context, seed) => {
    const parameters = await shaken(initMultiHeadAttention(key, width, { contextWidth: 2, dtype: "f64" }), seed);
    const other = tensor(context, { shape: [5, 2] });
    const expected = attention(
      linear(parameters.query, matrix(x)),
      linear(parameters.key, other),
      linear(parameters.value, other),
    );
    const found = multiHeadAttention(parameters, matrix(x), { context: other });
    await expectClose(found, await linear(parameters.output, expected).data(), { tolerance: 1e-12 });
  });

  law(
    "takes a batch apart, each with its own mask for all heads",
    inputs,
    inputs,
    seeds,
    masks,
    async (x, other, seed, bits) => {
      const parameters = await parametersOf(seed);
      const mask = stack([
        tensor(bits, { shape: [n, n], dtype: "bool" }),
        tensor(
          bits.map((bit) => 1 - bit),
          { shape: [n, n], dtype: "bool" },
        ),
      ]);
      const found = multiHeadAttention(parameters, stack([matrix(x), matrix(other)]), { heads: 2, mask });
      const each = [x, other].map((rows, i) =>
        multiHeadAttention(parameters, matrix(rows), {
          heads: 2,
          mask: tensor(i === 0 ? bits : bits.map((bit) => 1 - bit), { shape: [n, n], dtype: "bool" }),
        }),
      );
      await expectClose(found, await stack(each).data(), { tolerance: 1e-12 });
    },
  );

  it("attends to its own width, with an output of gain 1, by default", async () => {
    const spelled = initMultiHeadAttention(key, width, { contextWidth: width, outputGain: 1, dtype: "f32" });
    expect(await read(initMultiHeadAttention(key, width))).toEqual(await read(spelled));
  });

  it("is on every backend what it is on the CPU", async () => {
    await expectAgreement((backend) => {
      const parameters = initMultiHeadAttention(randomKey(4, { backend }), width);
      const x = tensor(
        Float32Array.from({ length: 2 * n * width }, (_, i) => Math.sin(i)),
        { shape: [2, n, width], backend },
      );
      return grad((at: Tensor) => {
        const y = multiHeadAttention(parameters, at, { heads: 2, causal: true });
        return y.mul(y).sum();
      })(x);
    });
  });

  it("names what is wrong", () => {
    const parameters = initMultiHeadAttention(key, width);
    const x = tensor(new Float32Array(8), { shape: [2, width] });
    expect(() => multiHeadAttention(parameters, x, { heads: 3 })).toThrow(
      "multiHeadAttention: heads is 3 but must divide the width, 4",
    );
    expect(() => multiHeadAttention(parameters, x, { heads: 0 })).toThrow(
      "multiHeadAttention: heads is 0 but must be a whole number ≥ 1",
    );
    expect(() => multiHeadAttention(parameters, tensor([1, 2, 3, 4]))).toThrow(
      "multiHeadAttention: x has shape [4] but must have 2 axes or more",
    );
    expect(() => multiHeadAttention(parameters, x, { context: tensor([1]) })).toThrow(
      "multiHeadAttention: context has shape [1] but must have 2 axes or more",
    );
    expect(() => multiHeadAttention(parameters, tensor([[1, 2]]))).toThrow(
      "multiHeadAttention: x has shape [1, 2] but its last axis must have size 4, as query.weights has rows",
    );
    expect(() => multiHeadAttention(parameters, x, { mask: tensor([true, true, true]) })).toThrow(
      "attention: mask has shape [3] but must stretch to the weights' [1, 2, 2]",
    );
    expect(() => initMultiHeadAttention(key, 0)).toThrow(
      "initMultiHeadAttention: width is 0 but must be a whole number ≥ 1",
    );
    expect(() => initMultiHeadAttention(key, 1, { contextWidth: 0 })).toThrow(
      "initMultiHeadAttention: contextWidth is 0 but must be a whole number ≥ 1",
    );
    expect(() => initMultiHeadAttention(key, 1, { outputGain: -1 })).toThrow(
      "initMultiHeadAttention: outputGain is -1 but must be a finite number ≥ 0",
    );
  });
});
