import { defaultBackend, type Float, leavesOf, randomKey, read, type Tensor, tensor } from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { type LinearParameters, linear } from "cotangent/methods/layers";
import { adam, adamw, optimize, sgd } from "cotangent/methods/optimizers";
import {
  type ConstrainedFineTuneOptions,
  constrainedFineTune,
  type EditedFacts,
  mixedFactBatches,
  parameterMask,
} from "cotangent/methods/unlearning";
import { beforeAll, describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { blank, linearFacts } from "./support/linear-facts.js";

const model = (params: LinearParameters, inputs: Tensor) => linear(params, inputs);
const hasty = { optimizer: adam({ learningRate: 0.05 }), steps: 60 } as const;

/** A model that knows all facts as they were. */
async function trained(facts: EditedFacts<Float>): Promise<LinearParameters> {
  const { inputs, targets, modified } = facts;
  const before = (await targets.data()).map((target, i) =>
    Array.from(modified).includes(i) ? (target + 2) % 3 : target,
  );
  const loss = (params: LinearParameters) => sparseSoftmaxCrossEntropy(linear(params, inputs), tensor(before)).mean();
  const training = optimize(loss, blank(), adam({ learningRate: 0.1 }));
  for (let i = 0; i < 60; i++) await training.step();
  const { weights, bias } = await read(training.params);
  training.dispose();
  return { weights: tensor(weights as Float64Array, { shape: [8, 3] }), bias: tensor(bias as Float64Array) };
}

describe("constrainedFineTune", () => {
  let facts: EditedFacts<Float>;
  let start: LinearParameters;
  beforeAll(async () => {
    facts = await linearFacts();
    start = await trained(facts);
  });
  const tune = (options: ConstrainedFineTuneOptions<LinearParameters> = {}, of = facts) =>
    constrainedFineTune(model, start, of, { ...hasty, ...options });

  it("learns the modified facts, and leaves the start as it was", async () => {
    const before = await read(start);
    const { params, metrics, steps, distance } = await tune();
    expect(metrics.modified).toBe(1);
    expect(metrics.drop).toBe(1 - metrics.unmodified);
    expect(steps % 10).toBe(0);
    expect(steps).toBeLessThan(60);
    expect(await read(start)).toEqual(before);
    const moved = [...(await params.weights.data())].map((value, i) => value - before.weights[i]);
    const bias = [...(await params.bias.data())].map((value, i) => value - before.bias[i]);
    await expectClose(
      [distance.l2, distance.inf],
      [Math.hypot(...moved, ...bias), Math.max(...[...moved, ...bias].map(Math.abs))],
      { tolerance: 1e-14 },
    );
  });

  it("without a limit takes the optimizer's own steps on the modified facts", async () => {
    const { params } = await tune({ steps: 7, stopWhenLearned: false, optimizer: sgd({ learningRate: 0.1 }) });
    const rows = [1, 4];
    const inputs = await facts.inputs.data();
    const x = tensor(Float64Array.from(rows.flatMap((row) => [...inputs.slice(row * 8, row * 8 + 8)])), {
      shape: [2, 8],
    });
    const y = tensor(Int32Array.from(await Promise.all(rows.map(async (row) => (await facts.targets.data())[row]))));
    const training = optimize(
      (p: LinearParameters) => sparseSoftmaxCrossEntropy(linear(p, x), y).mean(),
      start,
      sgd({ learningRate: 0.1 }),
    );
    for (let i = 0; i < 7; i++) await training.step();
    await expectClose(params.weights, await training.params.weights.data(), { tolerance: 1e-14 });
    await expectClose(params.bias, await training.params.bias.data(), { tolerance: 1e-14 });
  });

  it("stays in its ball: exactly at radius 0, elsewhere to rounding", async () => {
    const still = await tune({ radius: 0 });
    expect(await read(still.params)).toEqual(await read(start));
    expect(still.metrics.unmodified).toBe(1);
    expect(still.distance).toEqual({ inf: 0, l2: 0 });
    const box = await tune({ radius: 0.05, stopWhenLearned: false });
    expect(box.distance.inf).toBeLessThanOrEqual(0.05 * (1 + 1e-12) + 2e-16);
    expect(box.distance.inf).toBeGreaterThan(0.049);
    const ball = await tune({ radius: 0.05, norm: "l2", stopWhenLearned: false });
    expect(ball.distance.l2).toBeLessThanOrEqual(0.05 * (1 + 1e-12));
    expect(ball.distance.l2).toBeGreaterThan(0.049);
  });

  it("begins inside a ball around parameters other than the start", async () => {
    const center = { weights: start.weights.add(1), bias: start.bias };
    const { params, distance } = await tune({ center, radius: 0.25, steps: 0 });
    await expectClose(params.weights, await start.weights.add(0.75).data(), { tolerance: 1e-14 });
    await expectClose(params.bias, await start.bias.data(), { tolerance: 0 });
    await expectClose([distance.inf], [0.25], { tolerance: 1e-14 });
  });

  it("keeps frozen tensors to the last bit, whatever the optimizer", async () => {
    const mask = parameterMask(start, ["bias"]);
    const { params } = await tune({
      mask,
      optimizer: adamw({ learningRate: 0.05, weightDecay: 0.1 }),
      stopWhenLearned: false,
    });
    expect(await params.weights.data()).toEqual(await start.weights.data());
    expect(await params.bias.data()).not.toEqual(await start.bias.data());
    const other = await tune({ mask: { weights: true, bias: false }, radius: 0.02, stopWhenLearned: false });
    expect(await other.params.bias.data()).toEqual(await start.bias.data());
    expect(await other.params.weights.data()).not.toEqual(await start.weights.data());
  });

  it("with everything frozen warns, and changes nothing", async () => {
    const warnings: string[] = [];
    const { params, steps, metrics } = await tune({
      mask: parameterMask(start, []),
      onWarning: (message) => warnings.push(message),
    });
    expect(warnings).toEqual(["constrainedFineTune: mask freezes every tensor; nothing can change"]);
    expect(steps).toBe(0);
    expect(metrics).toEqual({ modified: 0, unmodified: 1, mean: 0.5, drop: 0 });
    expect(await read(params)).toEqual(await read(start));
  });

  it("is the same each time, and does not mind the order of the modified facts", async () => {
    const once = await tune({ steps: 20, stopWhenLearned: false });
    const again = await tune({ steps: 20, stopWhenLearned: false });
    expect(await read(again.params)).toEqual(await read(once.params));
    const turned = await tune({ steps: 20, stopWhenLearned: false }, { ...facts, modified: [4, 1] });
    await expectClose(turned.params.weights, await once.params.weights.data(), { tolerance: 1e-12 });
  });

  it("takes one fact, all facts, and a single tensor", async () => {
    const one = await linearFacts(6, [2]);
    expect((await tune({}, one)).metrics.modified).toBe(1);
    const all = await linearFacts(6, [0, 1, 2, 3, 4, 5]);
    const result = await tune({}, all);
    expect(result.metrics).toEqual({ modified: 1, unmodified: 1, mean: 1, drop: 0 });
    const single = await constrainedFineTune(
      (weights: Tensor, x: Tensor) => x.matmul(weights),
      start.weights,
      facts,
      hasty,
    );
    expect(single.metrics.modified).toBe(1);
  });

  it("takes 200 steps of adam at 1e-3 unless told, and looks every 10", async () => {
    const looks: number[] = [];
    const options = { stopWhenLearned: false, score: () => looks.push(0) };
    const plain = await constrainedFineTune(model, start, facts, options);
    expect([plain.steps, looks.length]).toEqual([200, 21]);
    const told = { ...options, steps: 200, optimizer: adam({ learningRate: 1e-3 }), checkEvery: 10 };
    expect(await read((await constrainedFineTune(model, start, facts, told)).params)).toEqual(await read(plain.params));
    const barely = await constrainedFineTune(model, start, facts, { optimizer: sgd({ learningRate: 1e-12 }) });
    expect([barely.steps, barely.metrics.modified]).toEqual([200, 0]);
  });

  it("with other facts mixed in keeps them; retraining on all facts is the upper bound", async () => {
    const batches = mixedFactBatches(randomKey(1), 6, [1, 4], { unmodifiedCount: 4 });
    const mixed = await tune({ batches, steps: 200, stopWhenLearned: false });
    const alone = await tune({ steps: 200, stopWhenLearned: false });
    expect(mixed.metrics).toEqual({ modified: 1, unmodified: 1, mean: 1, drop: 0 });
    expect(alone.metrics.mean).toBeLessThan(1);
    const all = await constrainedFineTune(
      model,
      blank(),
      { ...facts, modified: [0, 1, 2, 3, 4, 5] },
      { ...hasty, steps: 200 },
    );
    expect(all.metrics.modified).toBe(1);
    const held = await tune({ batches, radius: 0.02, steps: 40, stopWhenLearned: false });
    expect(held.distance.inf).toBeLessThanOrEqual(0.02 * (1 + 1e-12) + 2e-16);
  });

  it("looks as often as asked, stops when all is learned, and returns what scores best", async () => {
    const seen: number[] = [];
    let looks = 0;
    const score = async (params: LinearParameters) => {
      seen.push((await params.bias.data())[0]);
      return looks++ === 1 ? 1 : 0;
    };
    const best = await tune({ steps: 12, checkEvery: 5, stopWhenLearned: false, score });
    expect(seen).toHaveLength(4); // at 0, 5, 10 and 12
    expect(best.steps).toBe(5);
    expect((await best.params.bias.data())[0]).toBe(seen[1]);
    const last = await tune({ steps: 12, checkEvery: 5, stopWhenLearned: false });
    expect(last.steps).toBe(12);
    expect((await last.params.bias.data())[0]).toBe(seen[3]);
    const stopped = await tune({ steps: 1000, checkEvery: 1 });
    const earlier = await tune({ steps: stopped.steps - 1, checkEvery: 1 });
    expect(stopped.metrics.modified).toBe(1);
    expect(earlier.metrics.modified).toBeLessThan(1);
  });

  it("holds no more memory afterwards than its result", async () => {
    let looks = 0;
    for (const score of [() => 1, () => looks++]) {
      const before = defaultBackend.memory().buffers;
      const { params } = await tune({
        radius: 0.1,
        mask: parameterMask(start, ["weights"]),
        batches: mixedFactBatches(randomKey(0), 6, [1, 4]),
        stopWhenLearned: false,
        score,
      });
      for (const leaf of leavesOf(params)) leaf.dispose();
      expect(defaultBackend.memory().buffers - before).toBeLessThanOrEqual(0);
    }
    expect(looks).toBe(7);
  });

  it("names what is wrong", async () => {
    const fails = async (message: string, options: object, of: object = {}) => {
      await expect(tune(options, { ...facts, ...of })).rejects.toThrow(`constrainedFineTune: ${message}`);
    };
    await fails("radius is -1 but must be a number ≥ 0, or Infinity for no limit", { radius: -1 });
    await fails("radius is NaN but must be a number ≥ 0, or Infinity for no limit", { radius: Number.NaN });
    await fails('norm is "l3" but must be one of inf, l2', { norm: "l3" });
    await fails("steps is -1 but must be a whole number ≥ 0", { steps: -1 });
    await fails("checkEvery is 0 but must be a whole number ≥ 1", { checkEvery: 0 });
    await fails("center has no tensor at bias but must have all those of start", {
      center: { weights: start.weights },
    });
    await fails("center.bias has shape [2] but must match start, [3]", {
      center: { ...start, bias: tensor(new Float64Array(2)) },
    });
    await fails("mask has a flag at scale but must have only the places of start", {
      mask: { weights: true, bias: true, scale: true },
    });
    await fails("mask is undefined at bias but must be true or false", { mask: { weights: true } });
    await fails("modified is empty but must name at least one fact", {}, { modified: [] });
    await fails("modified holds 6 at 1 but must hold whole numbers in [0, 6)", {}, { modified: [0, 6] });
    await fails("modified holds 1 twice but must name a fact once", {}, { modified: [1, 1] });
    await fails(
      "targets holds 3 at 5 but must hold whole numbers in [0, 3)",
      {},
      { targets: tensor(Int32Array.of(0, 1, 2, 0, 1, 3)) },
    );
    await fails(
      "targets has shape [2] but must match the rows of inputs, [6]",
      {},
      { targets: tensor(Int32Array.of(0, 1)) },
    );
    await fails("targets is f32 but must be i32; cast it", {}, { targets: tensor([0, 1, 2, 0, 1, 2]) });
    await fails("inputs has shape [] but must have a row for each fact", {}, { inputs: tensor(1) });
    const flat = constrainedFineTune(
      ((p: LinearParameters, x: Tensor) => linear(p, x).sum(1)) as typeof model,
      start,
      facts,
    );
    await expect(flat).rejects.toThrow(
      "constrainedFineTune: what the model returns has shape [6] but must have 2 axes",
    );
  });
});
