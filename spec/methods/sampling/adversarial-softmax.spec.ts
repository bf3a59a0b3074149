import {
  type Backend,
  cast,
  concat,
  exp,
  type Key,
  log,
  randomKey,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from "cotangent";
import {
  AdversarialTree,
  adversarialNegativeSamplingLoss,
  expectedNceObjective,
  fitAdversarialTree,
  removeSamplingBias,
  sampledNceLoss,
} from "cotangent/methods/sampling";
import { checkGradient, checkSampler, floats, numbers, seeds, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { featuresOf, randomTrees, treeOf } from "./support/adversarial-trees.js";
import { expectSameDraws } from "./support/agree.js";
import { minimize } from "./support/minimize.js";
import { ids } from "./support/one-row.js";
import { operations } from "./support/operations.js";

const key = randomKey(29);
const f64 = { dtype: "f64" } as const;
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** A tree of 2^depth classes in order, every decision even, f32. */
function evenTree(depth: number, width: number): AdversarialTree {
  const leaves = 2 ** depth;
  const order = tensor(Int32Array.from({ length: leaves }, (_, i) => i));
  return new AdversarialTree({
    weights: zeros([leaves, width]),
    bias: zeros([leaves]),
    forced: tensor(new Int32Array(leaves)),
    leafOfLabel: order,
    labelOfLeaf: order,
  });
}

describe("the tree as noise of noise-contrastive estimation, the card's baseline", () => {
  law(
    "has logits ξ − log p_n in the two logistic terms",
    randomTrees({ least: 2, most: 6 }),
    floats([12]),
    seeds,
    async (random, values, seed) => {
      const { classes } = random;
      const sampler = treeOf(random).given(featuresOf(random));
      const scores = values.slice(0, classes);
      const labels = [0, classes - 1];
      const table = { weights: zeros([classes, 1], f64), bias: tensor(scores) };
      const at = randomKey(seed);
      const losses = sampledNceLoss(zeros([2, 1], f64), table, ids(...labels), sampler, at, {
        negatives: 1,
        shared: false,
      });
      const logs = await treeOf(random).logProbabilities(featuresOf(random)).data();
      const drawn = await sampler.draw(at, [2, 1]).data();
      const delta = (row: number, y: number) => scores[y] - logs[row * classes + y];
      await expectClose(
        losses,
        labels.map((y, row) => softplus(-delta(row, y)) + softplus(delta(row, drawn[row]))),
      );
    },
  );

  law(
    "predicts with raw scores: they are log p_D at the optimum",
    randomTrees({ least: 4, most: 4 }),
    simplex(4, 0.1),
    async (random, p) => {
      const noise = (await exp(treeOf(random).logProbabilities(featuresOf(random))).data()).slice(0, 4) as Float64Array;
      fc.pre(Math.min(...noise) > 1e-3);
      const objective = (s: Tensor) => expectedNceObjective(s, tensor(p), tensor(noise), { negatives: 1 });
      await expectClose(await minimize(objective, new Float64Array(4)), p.map(Math.log), { tolerance: 1e-8 });
    },
  );
});

describe("adversarialNegativeSamplingLoss at its limits", () => {
  law(
    "is defined for a single class, which p_n gives for sure: softplus(−ξ) + softplus(ξ) + 2λξ²",
    numbers(),
    numbers({ min: 0, max: 1 }),
    async (score, regularization) => {
      const tree = await fitAdversarialTree(zeros([3, 1], f64), ids(0, 0, 0), { classes: 1 });
      const sampler = tree.given(zeros([1, 1], f64));
      const loss = (bias: Tensor) =>
        adversarialNegativeSamplingLoss(
          zeros([1, 2], f64),
          { weights: zeros([1, 2], f64), bias },
          ids(0),
          sampler,
          key,
          {
            regularization,
            negatives: 2,
          },
        ).sum();
      const { value, grad: slope } = valueAndGrad(loss)(tensor(Float64Array.of(score)));
      await expectClose(value, [softplus(-score) + softplus(score) + 2 * regularization * score ** 2]);
      await expectClose(slope, [sigmoid(score) - sigmoid(-score) + 4 * regularization * score]);
      const raw = tensor(Float64Array.of(score), { shape: [1, 1] });
      await expectClose(removeSamplingBias(raw, tree, zeros([1, 1], f64)), [score], { tolerance: 0 });
    },
  );

  it("needs a class all the same", () => {
    const none = { weights: zeros([0, 2], f64) };
    const sampler = { ...evenTree(1, 1).given(zeros([1, 1])), classes: 0 };
    expect(() => adversarialNegativeSamplingLoss(zeros([1, 2], f64), none, ids(0), sampler, key)).toThrow(
      "adversarialNegativeSamplingLoss: weights has shape [0, 2] but must have at least 1 class",
    );
  });

  it("stays finite, value and gradient, at scores of ±500, and agrees with finite differences to second order", async () => {
    const sampler = evenTree(2, 1).given(zeros([2, 1]));
    const table = { weights: tensor(new Float64Array([500, -500, 500, -500]), { shape: [4, 1] }) };
    const hidden = tensor(new Float64Array([1, -1]), { shape: [2, 1] });
    const loss = (x: { h: Tensor; weights: Tensor }) =>
      adversarialNegativeSamplingLoss(x.h, { weights: x.weights }, ids(0, 1), sampler, key, {
        negatives: 3,
        regularization: 0.1,
        reduction: "mean",
      });
    const { value, grad: slope } = valueAndGrad(loss)({ h: hidden, ...table });
    const all = [await value.item(), ...(await slope.h.data()), ...(await slope.weights.data())];
    expect(all.every(Number.isFinite)).toBe(true);
    await checkGradient(loss, { h: hidden, weights: table.weights.div(400) }, { order: 2 });
  });

  it("costs as many operations more for every doubling of the classes: K + k log C", () => {
    const cost = (depth: number) => {
      const table = { weights: zeros([2 ** depth, 8]), bias: zeros([2 ** depth]) };
      const sampler = evenTree(depth, 3).given(zeros([4, 3]));
      const step = valueAndGrad((t: typeof table) =>
        adversarialNegativeSamplingLoss(zeros([4, 8]).add(1), t, ids(0, 1, 2, 3), sampler, key, { reduction: "mean" }),
      )(table);
      return operations([step.value, step.grad.weights, step.grad.bias]);
    };
    const [few, more, many] = [4, 10, 16].map(cost);
    expect(more).toBeGreaterThan(few);
    expect(many - more).toBe(more - few);
    expect(many).toBeLessThan(2 ** 16); // far from C · 8
  });
});

describe("AdversarialTree as it draws", () => {
  it("follows its law, independently, beyond what can be enumerated", async () => {
    const [random] = fc.sample(randomTrees({ least: 40, most: 40 }), { numRuns: 1, seed: 5 });
    const tree = treeOf(random);
    const features = featuresOf(random);
    const sampler = tree.given(features);
    const draws = sampler.draw(key, [2, 20_000]);
    const logProbabilities = await sampler.logProbability(draws, f64).data();
    const laws = await exp(tree.logProbabilities(features)).data();
    const found = await draws.data();
    for (const row of [0, 1]) {
      const part = <T>(values: ArrayLike<T>, size: number) => Array.from(values).slice(row * size, (row + 1) * size);
      const exact = part(laws, 40);
      const total = exact.reduce((sum, p) => sum + p, 0); // 1 within 1e-12
      checkSampler({
        draws: part(found, 20_000),
        probabilities: exact.map((p) => p / total),
        logProbabilities: part(logProbabilities, 20_000),
      });
    }
  });

  it("imitates one label that dominates, and leaves the others their share", async () => {
    const count = 400;
    const features = Float64Array.from({ length: count }, (_, i) => Math.sin(i));
    const labels = Int32Array.from({ length: count }, (_, i) => (i < 4 ? [0, 1, 3, 4][i] : 2));
    const z = tensor(features, { shape: [count, 1] });
    const tree = await fitAdversarialTree(z, tensor(labels), { classes: 5 });
    const laws = await exp(tree.logProbabilities(z)).data();
    for (let row = 0; row < count; row++) {
      expect(laws[5 * row + 2]).toBeGreaterThan(0.9);
      expect(Math.min(...laws.slice(5 * row, 5 * row + 5))).toBeGreaterThan(0);
    }
  });

  it("is the same on every backend in f32, with the loss: draws, log-probabilities, gradients", async () => {
    const values = (count: number) => Float32Array.from({ length: count }, (_, i) => 2 * Math.sin(3 * i + 1));
    const on = (backend: Backend, ...shape: number[]) =>
      tensor(values(shape.reduce((a, b) => a * b, 1)), { shape, backend });
    const some = (backend: Backend, ...list: number[]) => tensor(Int32Array.from(list), { backend });
    /** Five labels on eight leaves: at node 3 all labels are to the left, at 6 too, at 7 there is none. */
    const treeOn = (backend: Backend) =>
      new AdversarialTree({
        weights: on(backend, 8, 2),
        bias: on(backend, 8),
        forced: some(backend, 0, 0, 0, -1, 0, 0, -1, -1),
        leafOfLabel: some(backend, 0, 2, 1, 3, 4),
        labelOfLeaf: some(backend, 0, 2, 1, 3, 4, -1, -1, -1),
      });
    const flat = (parts: readonly Tensor[]) => concat(parts.map((part) => part.reshape([part.size])));
    const loss = (backend: Backend, from: Key) => {
      const sampler = treeOn(backend).given(on(backend, 3, 2));
      const at = { h: on(backend, 3, 4), w: on(backend, 5, 4), b: on(backend, 5) };
      const total = ({ h, w, b }: typeof at) =>
        adversarialNegativeSamplingLoss(h, { weights: w, bias: b }, some(backend, 0, 4, 2), sampler, from, {
          negatives: 3,
          regularization: 0.1,
          reduction: "sum",
        });
      const { value, grad: slope } = valueAndGrad(total)(at);
      return flat([value, ...Object.values(slope)]);
    };
    const draws = (backend: Backend, from: Key) => {
      const sampler = treeOn(backend).given(on(backend, 3, 2));
      const drawn = sampler.draw(from, [3, 6]);
      return flat([cast(drawn, "f32"), sampler.logProbability(drawn)]);
    };
    const laws = (backend: Backend) => {
      const all = (z: Tensor) => treeOn(backend).logProbabilities(z);
      const { value, grad: slope } = valueAndGrad((z: Tensor) => log(exp(all(z)).sum(1).add(1)).sum())(
        on(backend, 3, 2),
      );
      return flat([value, slope, all(on(backend, 3, 2))]);
    };
    await expectSameDraws([draws, loss, laws]);
  });
});
