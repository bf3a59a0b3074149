import { gather, grad, leavesOf, randomKey, read, type Tensor, tensor } from "cotangent";
import {
  initTransformer,
  layerNorm,
  linear,
  type TransformerParameters,
  transformer,
  transformerBlock,
} from "cotangent/methods/layers";
import { checkGradient, ids, seeds } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import { shaken } from "./support/trees.js";

const sizes = { tokens: 5, positions: 4, width: 4, layers: 2, hidden: 6, outputs: 3 };
const key = randomKey(9);
const sequences = ids(8, 5);
const batch = (list: Int32Array) => tensor(list, { shape: [2, 4] });
const parametersOf = (seed: number) => shaken(initTransformer(key, { ...sizes, dtype: "f64" }), seed, 0.3);

describe("transformer", () => {
  law("is embeddings, blocks, a norm and the output layer", sequences, seeds, async (list, seed) => {
    const parameters = await parametersOf(seed);
    const options = { heads: 2, causal: true };
    const start = gather(parameters.tokens, batch(list)).add(parameters.positions);
    const hidden = parameters.blocks.reduce((h, block) => transformerBlock(block, h, options), start);
    const expected = linear(parameters.output, layerNorm(parameters.norm, hidden));
    const found = transformer(parameters, batch(list), options);
    expect(found.shape).toEqual([2, 4, 3]);
    await expectClose(found, await expected.data(), { tolerance: 1e-12 });
  });

  law(
    "with causality, does not depend on what comes later, to the last bit",
    sequences,
    sequences,
    seeds,
    fc.integer({ min: 0, max: 2 }),
    async (list, other, seed, t) => {
      const parameters = await parametersOf(seed);
      const changed = list.map((id, i) => (i % 4 > t ? other[i] : id));
      const until = async (of: Int32Array) =>
        (await transformer(parameters, batch(of), { heads: 2, causal: true }).data()).filter(
          (_, i) => Math.floor(i / 3) % 4 <= t,
        );
      expect(await until(changed)).toEqual(await until(list));
    },
  );

  law("sees a shorter sequence as the start of a longer one", sequences, seeds, async (list, seed) => {
    const parameters = await parametersOf(seed);
    const whole = await transformer(parameters, batch(list), { heads: 2, causal: true }).data();
    const starts = tensor(
      list.filter((_, i) => i % 4 < 2),
      { shape: [2, 2] },
    );
    await expectClose(
      transformer(parameters, starts, { heads: 2, causal: true }),
      whole.filter((_, i) => Math.floor(i / 3) % 4 < 2),
      { tolerance: 1e-12 },
    );
  });

  law("does not see what a mask hides", sequences, sequences, seeds, async (list, other, seed) => {
    const parameters = await parametersOf(seed);
    const mask = tensor([true, true, false, false]); // the last two tokens are padding
    const changed = list.map((id, i) => (i % 4 > 1 ? other[i] : id));
    const logits = async (of: Int32Array) =>
      (await transformer(parameters, batch(of), { mask }).data()).filter((_, i) => Math.floor(i / 3) % 4 < 2);
    expect(await logits(changed)).toEqual(await logits(list));
  });

  it("agrees with central differences to second order", async () => {
    const list = batch(Int32Array.of(0, 1, 2, 3, 4, 0, 0, 2));
    await checkGradient(
      (parameters: TransformerParameters) => {
        const logits = transformer(parameters, list, { heads: 2 });
        return logits.mul(logits).mean();
      },
      await parametersOf(1),
      { order: 2 },
    );
  });

  it("leaves the embeddings of tokens that do not occur without gradient", async () => {
    const parameters = await parametersOf(2);
    const loss = (tree: TransformerParameters) => transformer(tree, tensor(Int32Array.of(1, 3)), { heads: 2 }).max();
    const slopes = await grad(loss)(parameters).tokens.data();
    for (const token of [0, 2, 4]) expect([...slopes.slice(token * 4, token * 4 + 4)]).toEqual([0, 0, 0, 0]);
    expect(slopes.slice(4, 8).some((x) => x !== 0)).toBe(true);
  });

  it("starts as its key says, with logits of the size of 1", async () => {
    const wide = { tokens: 50, positions: 8, width: 64, layers: 6 };
    const start = initTransformer(key, wide);
    expect(leavesOf(start).every(({ dtype }) => dtype === "f32")).toBe(true);
    const again = await read(initTransformer(randomKey(9), wide).blocks[3]);
    expect(again).toEqual(await read(start.blocks[3]));
    expect(again.mlp[0].weights).not.toEqual((await read(start.blocks[2])).mlp[0].weights);
    const logits = transformer(start, tensor(Int32Array.of(1, 2, 3, 4)), { heads: 4 });
    const square = await logits.mul(logits).mean().item();
    expect(square).toBeGreaterThan(0.5);
    expect(square).toBeLessThan(2);
    const spread = async (layers: number) => {
      const { blocks } = initTransformer(key, { ...wide, layers });
      const { weights } = blocks[0].mlp[1];
      return Math.sqrt(await weights.mul(weights).mean().item());
    };
    // Mean squares of 3200 and 16384 normal numbers, within six deviations of what they should be.
    expect(Math.abs((await start.tokens.mul(start.tokens).mean().item()) * 64 - 1)).toBeLessThan(
      6 * Math.sqrt(2 / 3200),
    );
    expect(Math.abs((await spread(6)) * Math.sqrt(256 * 12) - 1)).toBeLessThan(6 * Math.sqrt(0.5 / 16384));
    // Both draws are the same but for the gain.
    await expectClose([(await spread(1)) / (await spread(4))], [2], { tolerance: 1e-6 });
  });

  it("is on every backend what it is on the CPU", async () => {
    await expectAgreement((backend) => {
      const parameters = initTransformer(randomKey(5, { backend }), sizes);
      const list = tensor(Int32Array.of(0, 1, 2, 3, 4, 0, 0, 2), { shape: [2, 4], backend });
      const loss = (tokens: Tensor) => {
        const logits = transformer({ ...parameters, tokens }, list, { heads: 2, causal: true });
        return logits.mul(logits).mean();
      };
      return grad(loss)(parameters.tokens);
    });
  });

  it("names what is wrong", () => {
    const parameters = initTransformer(key, sizes);
    expect(() => transformer(parameters, tensor(Int32Array.of(0, 5)))).toThrow(
      "transformer: ids holds 5 at 1 but must be in [0, 5)",
    );
    expect(() => transformer(parameters, tensor(Int32Array.of(-1)))).toThrow(
      "transformer: ids holds -1 at 0 but must be in [0, 5)",
    );
    expect(() => transformer(parameters, tensor(new Int32Array(5)))).toThrow(
      "transformer: ids has shape [5] but must have a last axis of at most 4, one for each position",
    );
    expect(() => transformer(parameters, tensor(0, { dtype: "i32" }))).toThrow(
      "transformer: ids has shape [] but must have a last axis of at most 4, one for each position",
    );
    expect(() => transformer(parameters, tensor([1]) as unknown as Tensor<"i32">)).toThrow(
      "transformer: ids is f32 but must be i32; cast it",
    );
    expect(() => initTransformer(key, { ...sizes, tokens: 0 })).toThrow(
      "initTransformer: tokens is 0 but must be a whole number ≥ 1",
    );
    expect(() => initTransformer(key, { ...sizes, layers: -1 })).toThrow(
      "initTransformer: layers is -1 but must be a whole number ≥ 0",
    );
  });
});
