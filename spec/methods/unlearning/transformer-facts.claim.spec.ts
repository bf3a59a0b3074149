import {
  argmax,
  at,
  compile,
  evaluate,
  leavesOf,
  randomInt,
  randomKey,
  read,
  type Tensor,
  tensor,
  valueAndGrad,
} from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { initTransformer, type TransformerParameters, transformer } from "cotangent/methods/layers";
import { adam, applyUpdates } from "cotangent/methods/optimizers";
import {
  type ConstrainedFineTuneOptions,
  constrainedFineTune,
  editMetrics,
  parameterMask,
} from "cotangent/methods/unlearning";
import { describe, expect, it } from "vitest";

const long = process.env.COTANGENT_LONG === "1";
const { subjects, steps, edited, seeds } = long
  ? { subjects: 32, steps: 300, edited: 8, seeds: [0, 1, 2] }
  : { subjects: 16, steps: 200, edited: 4, seeds: [0] };
const [relations, objects] = [8, 32];
const count = subjects * relations;

/** Every pair of a subject and a relation, as two tokens. */
const questions = tensor(
  Int32Array.from({ length: 2 * count }, (_, i) => {
    const fact = i >> 1;
    return i % 2 === 0 ? fact % subjects : subjects + Math.floor(fact / subjects);
  }),
  { shape: [count, 2] },
);

/** The object, read at the last position of a causal transformer of two blocks. */
function answers(params: TransformerParameters, tokens: Tensor<"i32">): Tensor {
  return at(transformer(params, tokens, { heads: 4, causal: true }), -1, 1);
}

function trained(seed: number, values: Tensor<"i32">): TransformerParameters {
  const sizes = { tokens: subjects + relations, positions: 2, width: 32, layers: 2, outputs: objects };
  const start = initTransformer(randomKey(seed).at("init"), sizes);
  const optimizer = adam({ learningRate: 3e-3 });
  const step = compile(
    ({ params, state }: { params: TransformerParameters; state: ReturnType<typeof optimizer.init> }) => {
      const loss = (p: TransformerParameters) => sparseSoftmaxCrossEntropy(answers(p, questions), values).mean();
      const { updates, state: next } = optimizer.update(valueAndGrad(loss)(params).grad, state, params);
      return { params: applyUpdates(params, updates), state: next };
    },
    { donate: [0] },
  );
  let held = evaluate({ params: start, state: optimizer.init(start) });
  for (let i = 0; i < steps; i++) held = step(held);
  return held.params;
}

describe("constrainedFineTune of a transformer that stores facts", () => {
  it.each(seeds)(
    "changes some of them, keeps the others, and does so best in one block (seed %i)",
    async (seed) => {
      const values = evaluate(randomInt(randomKey(seed).at("values"), [count], objects));
      const known = await values.data();
      const params = trained(seed, values);
      const learned = editMetrics(await argmax(answers(params, questions)).data(), known, [0]);
      expect(learned.mean).toBe(1);

      const modified = Array.from({ length: edited }, (_, i) => i * Math.floor(count / edited) + (i % 3));
      const targets = tensor(
        known.map((value, fact) =>
          modified.includes(fact) ? (value + 1 + ((7 * fact) % (objects - 1))) % objects : value,
        ),
      );
      const edit = async (options: ConstrainedFineTuneOptions<TransformerParameters>) => {
        const fixed = { steps: long ? 200 : 100, checkEvery: 100, stopWhenLearned: false };
        const { params: found, metrics } = await constrainedFineTune(
          answers,
          params,
          { inputs: questions, targets, modified },
          { ...fixed, ...options },
        );
        const result = { ...metrics, values: await read(found) };
        for (const leaf of leavesOf(found)) leaf.dispose();
        return result;
      };

      const plain = await edit({});
      expect(plain.modified).toBe(1);
      expect(plain.unmodified).toBeLessThan(0.4);
      const inBalls = [await edit({ radius: 1e-3 }), await edit({ radius: 3e-3 }), await edit({ radius: 1e-2 })];
      expect(inBalls[0].modified).toBeLessThan(0.5);
      expect(inBalls[0].unmodified).toBeGreaterThanOrEqual(0.97);
      const best = Math.max(...inBalls.map(({ mean }) => mean));
      expect(best - plain.mean).toBeGreaterThan(0.3);

      // One block at a time, in the ball in which all blocks together forget.
      const start = await read(params);
      const blocks = [];
      for (const name of ["blocks.0", "blocks.1", "tokens", "output"]) {
        const found = await edit({ radius: 1e-2, mask: parameterMask(params, [name]) });
        if (name !== "blocks.0") expect(found.values.blocks[0]).toEqual(start.blocks[0]);
        if (name !== "blocks.1") expect(found.values.blocks[1]).toEqual(start.blocks[1]);
        if (name !== "tokens") expect(found.values.tokens).toEqual(start.tokens);
        expect(found.values.positions).toEqual(start.positions);
        blocks.push(found);
      }
      const [first, last, tokens, output] = blocks;
      expect(first.modified).toBe(1);
      expect(last.modified).toBe(1);
      expect(last.unmodified).toBeGreaterThan(0.95);
      expect(first.unmodified).toBeGreaterThan(inBalls[2].unmodified);
      expect(last.unmodified).toBeGreaterThan(first.unmodified);
      expect(tokens.modified).toBeLessThan(0.5);
      expect(output.modified).toBeLessThan(0.5);
      const early = await edit({ radius: 3e-3, mask: parameterMask(params, ["blocks.0"]) });
      expect(early.mean).toBeGreaterThan(0.9);
      for (const tensor of [values, ...leavesOf(params)]) tensor.dispose();
    },
    1_200_000,
  );
});
