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
  type EditMetrics,
  editMetrics,
  parameterMask,
} from "cotangent/methods/unlearning";
import { describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";

const long = process.env.COTANGENT_LONG === "1";
const { subjects, steps, edited, editSteps, seeds } = long
  ? { subjects: 32, steps: 300, edited: 8, editSteps: 200, seeds: [0, 1, 2] }
  : { subjects: 16, steps: 200, edited: 4, editSteps: 100, seeds: [0] };
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

/** A transformer that has learned its facts, edited without a ball, in balls, and in one part of it at a time. */
async function changed(seed: number) {
  const values = evaluate(randomInt(randomKey(seed).at("values"), [count], objects));
  const known = await values.data();
  const params = trained(seed, values);
  const learned = editMetrics(await argmax(answers(params, questions)).data(), known, [0]);

  const modified = Array.from({ length: edited }, (_, i) => i * Math.floor(count / edited) + (i % 3));
  const targets = tensor(
    known.map((value, fact) =>
      modified.includes(fact) ? (value + 1 + ((7 * fact) % (objects - 1))) % objects : value,
    ),
  );
  const edit = async (options: ConstrainedFineTuneOptions<TransformerParameters>) => {
    const fixed = { steps: editSteps, checkEvery: 100, stopWhenLearned: false };
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
  const inBalls = [await edit({ radius: 1e-3 }), await edit({ radius: 3e-3 }), await edit({ radius: 1e-2 })];
  const start = await read(params);
  // One block at a time, in the ball in which all blocks together forget.
  const alone = async (name: string, radius: number) => edit({ radius, mask: parameterMask(params, [name]) });
  const parts = {
    first: await alone("blocks.0", 1e-2),
    last: await alone("blocks.1", 1e-2),
    tokens: await alone("tokens", 1e-2),
    output: await alone("output", 1e-2),
  };
  const early = await alone("blocks.0", 3e-3);
  for (const tensor of [values, ...leavesOf(params)]) tensor.dispose();
  return { learned, plain, inBalls, best: Math.max(...inBalls.map(({ mean }) => mean)), start, parts, early };
}

describe("constrainedFineTune of a transformer that stores facts", () => {
  it(
    "changes some of them, keeps the others, and does so best in one block",
    async () => {
      const runs: Awaited<ReturnType<typeof changed>>[] = [];
      for (const seed of seeds) runs.push(await changed(seed));
      const kept = ({ modified, unmodified }: EditMetrics) => `${percent(modified)} / ${percent(unmodified)}`;
      const each = (of: (run: (typeof runs)[number]) => string) => runs.map(of).join("; ");
      const about = {
        method: "constrainedFineTune",
        run: `transformer of two blocks with ${count} facts, ${edited} of them modified, ${editSteps} steps, seeds ${seeds.join(", ")}`,
      };
      tellClaim({
        ...about,
        claim:
          "Fine-tuning on modified facts forgets most others, and a small norm ball keeps them: 0.3 or more in mean accuracy.",
        figure: each(
          ({ plain, best }) => `${percent(plain.mean)} (modified / others ${kept(plain)}) to ${percent(best)}`,
        ),
        seen: runs.every(
          ({ plain, best }) => plain.modified === 1 && plain.unmodified < 0.4 && best - plain.mean > 0.3,
        ),
      });
      tellClaim({
        ...about,
        claim:
          "There is a trade-off: the smallest ball keeps the others and learns less than half of the modified facts.",
        figure: `radius 0.001, modified / others ${each(({ inBalls: [smallest] }) => kept(smallest))}`,
        seen: runs.every(({ inBalls: [smallest] }) => smallest.modified < 0.5 && smallest.unmodified >= 0.97),
      });
      tellClaim({
        ...about,
        claim: "One block alone, the last best, learns and keeps more than all parts in the same ball.",
        figure: `radius 0.01, modified / others ${each(({ parts, inBalls }) => `last ${kept(parts.last)}, first ${kept(parts.first)}, all ${kept(inBalls[2])}`)}`,
        seen: runs.every(
          ({ parts: { first, last }, inBalls: [, , largest] }) =>
            first.modified === 1 &&
            last.modified === 1 &&
            last.unmodified > 0.95 &&
            first.unmodified > largest.unmodified &&
            last.unmodified > first.unmodified,
        ),
      });
      for (const { learned, plain, inBalls, best, start, parts, early } of runs) {
        expect(learned.mean).toBe(1);
        expect(plain.modified).toBe(1);
        expect(plain.unmodified).toBeLessThan(0.4);
        expect(inBalls[0].modified).toBeLessThan(0.5);
        expect(inBalls[0].unmodified).toBeGreaterThanOrEqual(0.97);
        expect(best - plain.mean).toBeGreaterThan(0.3);

        const { first, last, tokens, output } = parts;
        for (const { values } of Object.values(parts)) {
          if (values !== first.values) expect(values.blocks[0]).toEqual(start.blocks[0]);
          if (values !== last.values) expect(values.blocks[1]).toEqual(start.blocks[1]);
          if (values !== tokens.values) expect(values.tokens).toEqual(start.tokens);
          expect(values.positions).toEqual(start.positions);
        }
        expect(first.modified).toBe(1);
        expect(last.modified).toBe(1);
        expect(last.unmodified).toBeGreaterThan(0.95);
        expect(first.unmodified).toBeGreaterThan(inBalls[2].unmodified);
        expect(last.unmodified).toBeGreaterThan(first.unmodified);
        expect(tokens.modified).toBeLessThan(0.5);
        expect(output.modified).toBeLessThan(0.5);
        expect(early.mean).toBeGreaterThan(0.9);
      }
    },
    1_200_000 * seeds.length,
  );
});
