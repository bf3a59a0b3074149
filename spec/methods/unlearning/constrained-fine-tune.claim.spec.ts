import {
  compile,
  evaluate,
  type Key,
  leavesOf,
  normal,
  randomInt,
  randomKey,
  type Tensor,
  tensor,
  valueAndGrad,
} from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { initMlp, type LinearParameters, mlp } from "cotangent/methods/layers";
import { adam, applyUpdates } from "cotangent/methods/optimizers";
import {
  type ConstrainedFineTuneOptions,
  constrainedFineTune,
  type EditedFacts,
  type EditMetrics,
  parameterMask,
} from "cotangent/methods/unlearning";
import { describe, expect, it } from "vitest";

const long = process.env.COTANGENT_LONG === "1";
// In full as in the card but for the radius 5e-3; else half as many facts in a network half as wide, trained faster.
const { facts, hidden, steps, learningRate, edits, seeds } = long
  ? { facts: 512, hidden: 512, steps: 1000, learningRate: 1e-3, edits: [8, 32], seeds: [0, 1, 2] }
  : { facts: 256, hidden: 256, steps: 200, learningRate: 2e-3, edits: [8, 16], seeds: [0] };
const radii = [1e-3, 3e-3, 5e-3, 1e-2];

/** An associative memory that knows random values of random keys. */
function memory(key: Key, inputs: Tensor, values: Tensor<"i32">): LinearParameters[] {
  const start = initMlp(key, [64, hidden, hidden, 64], { lastGain: Math.SQRT2 });
  const optimizer = adam({ learningRate });
  const step = compile(
    ({ params, state }: { params: LinearParameters[]; state: ReturnType<typeof optimizer.init> }) => {
      const loss = (p: LinearParameters[]) => sparseSoftmaxCrossEntropy(mlp(p, inputs), values).mean();
      const { updates, state: next } = optimizer.update(valueAndGrad(loss)(params).grad, state, params);
      return { params: applyUpdates(params, updates), state: next };
    },
    { donate: [0] },
  );
  let held = evaluate({ params: start, state: optimizer.init(start) });
  for (let i = 0; i < steps; i++) held = step(held);
  return held.params;
}

describe("constrainedFineTune of an associative memory", () => {
  it.each(seeds)(
    "learns new values and keeps the others, where fine-tuning forgets (seed %i)",
    async (seed) => {
      const key = randomKey(seed);
      const inputs = evaluate(normal(key.at("keys"), [facts, 64]));
      const values = evaluate(randomInt(key.at("values"), [facts], 64));
      const known = await values.data();
      const params = memory(key.at("init"), inputs, values);
      const edit = async (
        of: EditedFacts<Tensor["dtype"]>,
        options: ConstrainedFineTuneOptions<LinearParameters[]>,
      ): Promise<EditMetrics> => {
        const result = await constrainedFineTune(mlp, params, of, {
          steps: 200,
          checkEvery: 200,
          stopWhenLearned: false,
          ...options,
        });
        for (const leaf of leavesOf(result.params)) leaf.dispose();
        return result.metrics;
      };
      for (const count of edits) {
        const modified = Array.from({ length: count }, (_, i) => i);
        const targets = tensor(known.map((value, i) => (i < count ? (value + 1 + ((7 * i) % 63)) % 64 : value)));
        const of = { inputs, targets, modified };
        const plain = await edit(of, {});
        const inBalls: EditMetrics[] = [];
        for (const radius of radii) inBalls.push(await edit(of, { radius }));
        const best = Math.max(...inBalls.map(({ mean }) => mean));
        expect(plain.modified).toBe(1);
        // Fine-tuning on more facts forgets less here: at 32 it keeps 0.41 of the others, which leaves 0.30 to be won.
        expect(best - plain.mean).toBeGreaterThan(count === 8 ? 0.3 : 0.25);
        expect(inBalls[0].modified).toBeLessThan(0.5);
        expect(inBalls[0].unmodified).toBeGreaterThanOrEqual(0.99);
        if (count !== (long ? 32 : 8)) continue;
        const layers: number[] = [];
        for (const name of ["0", "1", "2"]) {
          layers.push((await edit(of, { radius: 1e-2, mask: parameterMask(params, [name]) })).mean);
        }
        expect(Math.max(...layers) - Math.min(...layers)).toBeGreaterThan(0.2);
      }
      for (const tensor of [inputs, values, ...leavesOf(params)]) tensor.dispose();
    },
    1_200_000,
  );
});
