import { gather, grad, randomKey, softmax, type Tensor, tensor, valueAndGrad, zeros } from "cotangent";
import {
  adversarialNegativeSamplingLoss,
  biasedNegativeSamplingLoss,
  negativeSamplingLoss,
  removeSamplingBias,
} from "cotangent/methods/sampling";
import { checkGradient, checkUnbiased, floats, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { featuresOf, type RandomTree, randomTrees, treeOf } from "./support/adversarial-trees.js";
import { minimize } from "./support/minimize.js";

const key = randomKey(3);
const f64 = { dtype: "f64" } as const;
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const lambdas = fc.constantFrom(0, 1e-3, 0.3);

interface Batch {
  readonly random: RandomTree;
  /** `[2, 2]`. */
  readonly hidden: Float64Array;
  /** `[C, 2]` and `[C]`. */
  readonly weights: Float64Array;
  readonly bias: Float64Array;
  readonly labels: Int32Array;
}

const batches = randomTrees({ least: 2, most: 8 }).chain((random) =>
  fc.record({
    random: fc.constant(random),
    hidden: floats([2, 2]),
    weights: floats([random.classes, 2]),
    bias: floats([random.classes]),
    labels: fc.tuple(fc.nat(random.classes - 1), fc.nat(random.classes - 1)).map((pair) => Int32Array.from(pair)),
  }),
);

function tensorsOf({ random: { classes }, hidden, weights, bias, labels }: Batch) {
  const table = { weights: tensor(weights, { shape: [classes, 2] }), bias: tensor(bias) };
  return { table, hidden: tensor(hidden, { shape: [2, 2] }), labels: tensor(labels) };
}

/** One example of two classes at a tree of one decision. */
const tiny: Batch = {
  random: {
    classes: 2,
    depth: 1,
    width: 1,
    leafOfLabel: [0, 1],
    weights: new Float64Array(2),
    bias: new Float64Array(2),
    features: new Float64Array(2),
  },
  hidden: new Float64Array(4),
  weights: new Float64Array(4),
  bias: new Float64Array(2),
  labels: new Int32Array([0, 1]),
};

/** The loss of every pair of label and negative, weighted with its chance: the population objective of free scores. */
function population(scores: Tensor, data: Float64Array, noise: Float64Array): Tensor {
  const classes = data.length;
  const ofPairs = <T>(from: (i: number) => T) => Array.from({ length: classes ** 2 }, (_, i) => from(i));
  const labels = tensor(Int32Array.from(ofPairs((i) => Math.floor(i / classes))));
  const negatives = tensor(Int32Array.from(ofPairs((i) => i % classes)), { shape: [classes ** 2, 1] });
  const contrast = (from: Tensor) => ({ positive: gather(from, labels), noise: gather(from, negatives) });
  const losses = biasedNegativeSamplingLoss(contrast(scores), contrast(tensor(noise.map(Math.log))), {
    regularization: 0,
  });
  return losses
    .mul(tensor(Float64Array.from(ofPairs((i) => data[Math.floor(i / classes)] * noise[i % classes]))))
    .sum();
}

/** The scores that are best in the population. */
function minimizer(data: Float64Array, noise: Float64Array): Promise<Float64Array> {
  return minimize((scores) => population(scores, data, noise), new Float64Array(data.length));
}

describe("biasedNegativeSamplingLoss", () => {
  law(
    "has gradient −σ(−ξ) + 2λ(ξ + log p_n) at the positive, (σ(ξ') + 2λ(ξ' + log p_n'))/n at negatives",
    floats([3]),
    floats([3], { min: -4, max: -0.1 }),
    lambdas,
    async (x, logs, regularization) => {
      const logProbability = {
        positive: tensor(logs.subarray(0, 1)),
        noise: tensor(logs.subarray(1), { shape: [1, 2] }),
      };
      const at = { positive: tensor(x.subarray(0, 1)), noise: tensor(x.subarray(1), { shape: [1, 2] }) };
      const total = (scores: typeof at) => biasedNegativeSamplingLoss(scores, logProbability, { regularization }).sum();
      const { value, grad: slopes } = valueAndGrad(total)(at);
      const debiased = x.map((score, i) => score + logs[i]);
      await expectClose(slopes.positive, [-sigmoid(-x[0]) + 2 * regularization * debiased[0]]);
      await expectClose(
        slopes.noise,
        [1, 2].map((i) => (sigmoid(x[i]) + 2 * regularization * debiased[i]) / 2),
      );
      const noise = [1, 2].map((i) => -Math.log(sigmoid(-x[i])) + regularization * debiased[i] ** 2);
      await expectClose(value, [
        -Math.log(sigmoid(x[0])) + regularization * debiased[0] ** 2 + (noise[0] + noise[1]) / 2,
      ]);
    },
  );

  it("agrees with finite differences to second order, and lets nothing flow into log p_n", async () => {
    const scores = {
      positive: tensor(new Float64Array([0.4, -1])),
      noise: tensor(new Float64Array([1, 2, -0.3, 0.1]), { shape: [2, 2] }),
    };
    const logs = {
      positive: tensor(new Float64Array([-1, -2])),
      noise: tensor(new Float64Array([-1, -3, -2, -0.5]), { shape: [2, 2] }),
    };
    await checkGradient(
      (at: typeof scores) => biasedNegativeSamplingLoss(at, logs, { regularization: 0.2 }).sum(),
      scores,
      { order: 2 },
    );
    const ofLogs = grad((at: typeof logs) => biasedNegativeSamplingLoss(scores, at).sum())(logs);
    await expectClose(ofLogs.positive, [0, 0]);
    await expectClose(ofLogs.noise, [0, 0, 0, 0]);
  });

  law("is averaged negative sampling without penalty", floats([6]), async (x) => {
    const scores = { positive: tensor(x.subarray(0, 2)), noise: tensor(x.subarray(2), { shape: [2, 2] }) };
    const logs = { positive: zeros([2], f64), noise: zeros([2, 2], f64) };
    await expectClose(
      biasedNegativeSamplingLoss(scores, logs, { regularization: 0 }),
      negativeSamplingLoss(scores, { average: true }),
      { tolerance: 1e-15 },
    );
  });

  law(
    "is minimal at log p − log p_n, with no constant (theorem 1)",
    simplex(4, 0.1),
    simplex(4, 0.1),
    async (data, noise) => {
      const scores = await minimizer(data, noise);
      await expectClose(
        scores.map((score, y) => score + Math.log(noise[y])),
        data.map(Math.log),
        { tolerance: 1e-8 },
      );
    },
  );

  law("ranks like softmax already with uniform noise: raw scores are log p + log C", simplex(3, 0.1), async (data) => {
    const scores = await minimizer(data, new Float64Array(3).fill(1 / 3));
    await expectClose(
      scores,
      data.map((p) => Math.log(p) + Math.log(3)),
      { tolerance: 1e-8 },
    );
    await expectClose(softmax(tensor(scores)), data, { tolerance: 1e-8 });
  });

  it("stays finite far out, and is defined for a single class", async () => {
    const far = { positive: tensor([-1e6, 1e6]), noise: tensor([[1e6], [-1e6]]) };
    const logs = { positive: zeros([2]), noise: zeros([2, 1]) };
    await expectClose(biasedNegativeSamplingLoss(far, logs, { regularization: 0 }), [2e6, 0]);
    const single = { positive: tensor([0]), noise: tensor([[0]]) };
    await expectClose(
      biasedNegativeSamplingLoss(single, { positive: zeros([1]), noise: zeros([1, 1]) }),
      [2 * Math.LN2],
      { tolerance: 1e-6 },
    );
  });

  it("names the argument that is wrong", () => {
    const scores = { positive: zeros([2]), noise: zeros([2, 1]) };
    expect(() => biasedNegativeSamplingLoss(scores, scores, { regularization: -1 })).toThrow(
      "biasedNegativeSamplingLoss: regularization is -1 but must be a finite number ≥ 0",
    );
    expect(() => biasedNegativeSamplingLoss({ ...scores, noise: zeros([3, 1]) }, scores)).toThrow(
      "biasedNegativeSamplingLoss: scores.noise has shape [3, 1] but must be [2, k] with k ≥ 1",
    );
    expect(() => biasedNegativeSamplingLoss(scores, { ...scores, positive: zeros([3]) })).toThrow(
      "biasedNegativeSamplingLoss: logProbability.positive has shape [3] but must be [2]",
    );
  });
});

describe("adversarialNegativeSamplingLoss", () => {
  law(
    "has, in value and gradient, the expectation Σ p_n(y')·(…) over all negatives",
    batches,
    lambdas,
    async (batch, regularization) => {
      const { random, labels } = batch;
      const { classes, width } = random;
      const tree = treeOf(random);
      const features = tensor(random.features.subarray(0, width), { shape: [1, width] });
      const logs = await tree.logProbabilities(features).data();
      const { table, ...rest } = tensorsOf({ ...batch, labels: labels.subarray(0, 1) });
      const hidden = rest.hidden
        .mul(tensor(new Float64Array([1, 0]), { shape: [2, 1] }))
        .sum(0)
        .reshape([1, 2]);
      const estimate = (at: typeof table, seed: typeof key) =>
        adversarialNegativeSamplingLoss(hidden, at, rest.labels, tree.given(features), seed, {
          regularization,
          reduction: "mean",
        });

      const [h0, h1] = await hidden.data();
      const score = (y: number) => batch.weights[2 * y] * h0 + batch.weights[2 * y + 1] * h1 + batch.bias[y];
      const slopes = new Float64Array(classes); // of the scores
      let value = 0;
      const visit = (y: number, chance: number, sign: number) => {
        const debiased = score(y) + logs[y];
        value += chance * (-Math.log(sigmoid(sign * score(y))) + regularization * debiased ** 2);
        slopes[y] += chance * (-sign * sigmoid(-sign * score(y)) + 2 * regularization * debiased);
      };
      visit(labels[0], 1, 1);
      for (let y = 0; y < classes; y++) visit(y, Math.exp(logs[y]), -1);
      const target = {
        value: tensor(new Float64Array([value]), { shape: [] }),
        grad: {
          weights: tensor(
            Float64Array.from({ length: 2 * classes }, (_, i) => slopes[i >> 1] * (i % 2 === 0 ? h0 : h1)),
            { shape: [classes, 2] },
          ),
          bias: tensor(slopes),
        },
      };
      await checkUnbiased((seed) => valueAndGrad(estimate)(table, seed), target, key, { tolerance: 1e-12 });
    },
  );

  law("touches the rows of labels and negatives only", batches, async (batch) => {
    const { table, hidden, labels } = tensorsOf(batch);
    const sampler = treeOf(batch.random).given(featuresOf(batch.random));
    const { bias } = grad((at: typeof table) =>
      adversarialNegativeSamplingLoss(hidden, at, labels, sampler, key, { reduction: "sum" }),
    )(table);
    const used = new Set([...batch.labels, ...(await sampler.draw(key, [2, 1]).data())]);
    (await bias.data()).forEach((slope, y) => {
      expect(slope !== 0).toBe(used.has(y));
    });
  });

  law("draws its negatives from the key, and averages over them", batches, async (batch) => {
    const { table, hidden, labels } = tensorsOf(batch);
    const sampler = treeOf(batch.random).given(featuresOf(batch.random));
    const losses = adversarialNegativeSamplingLoss(hidden, table, labels, sampler, key, {
      negatives: 3,
      regularization: 0.1,
    });
    const drawn = await sampler.draw(key, [2, 3]).data();
    const logs = await treeOf(batch.random).logProbabilities(featuresOf(batch.random)).data();
    const { classes } = batch.random;
    const term = (row: number, y: number, sign: number) => {
      const score =
        batch.weights[2 * y] * batch.hidden[2 * row] +
        batch.weights[2 * y + 1] * batch.hidden[2 * row + 1] +
        batch.bias[y];
      return -Math.log(sigmoid(sign * score)) + 0.1 * (score + logs[row * classes + y]) ** 2;
    };
    const wanted = [0, 1].map((row) => {
      const negatives = [0, 1, 2].map((i) => term(row, drawn[row * 3 + i], -1));
      return term(row, batch.labels[row], 1) + (negatives[0] + negatives[1] + negatives[2]) / 3;
    });
    await expectClose(losses, wanted);
    await expectClose(
      adversarialNegativeSamplingLoss(hidden, table, labels, sampler, key, {
        negatives: 3,
        regularization: 0.1,
        reduction: "mean",
      }),
      [(wanted[0] + wanted[1]) / 2],
    );
  });

  it("names the argument that is wrong", () => {
    const { table, hidden, labels } = tensorsOf(tiny);
    const sampler = treeOf(tiny.random).given(featuresOf(tiny.random));
    const loss =
      (options: object, y = labels, from = sampler) =>
      () =>
        adversarialNegativeSamplingLoss(hidden, table, y, from, key, options);
    expect(loss({ negatives: 0 })).toThrow(
      "adversarialNegativeSamplingLoss: negatives is 0 but must be a whole number ≥ 1",
    );
    expect(loss({ regularization: Number.NaN })).toThrow(
      "adversarialNegativeSamplingLoss: regularization is NaN but must be a finite number ≥ 0",
    );
    expect(loss({ reduction: "total" })).toThrow(
      'adversarialNegativeSamplingLoss: reduction is "total" but must be one of none, mean, sum',
    );
    expect(loss({}, tensor(new Int32Array([0, 2])))).toThrow(
      "adversarialNegativeSamplingLoss: labels holds 2 at 1 but must be in [0, 2)",
    );
    expect(loss({}, labels, { ...sampler, classes: 3 })).toThrow(
      "adversarialNegativeSamplingLoss: sampler has 3 classes but must have 2, as weights has",
    );
  });
});

describe("removeSamplingBias", () => {
  law("adds log p_n(y|x) to every score, and lets no gradient into the tree", randomTrees(), async (random) => {
    const { classes } = random;
    const tree = treeOf(random);
    const scores = tensor(
      Float64Array.from({ length: 2 * classes }, (_, i) => Math.sin(i)),
      { shape: [2, classes] },
    );
    const logs = await tree.logProbabilities(featuresOf(random)).data();
    await expectClose(
      removeSamplingBias(scores, tree, featuresOf(random)),
      logs.map((value, i) => value + Math.sin(i)),
    );
    const towards = grad((z: Tensor) => removeSamplingBias(scores, tree, z).sum())(featuresOf(random));
    await expectClose(towards, new Float64Array(2 * random.width));
  });

  it("names the argument that is wrong", () => {
    const tree = treeOf(tiny.random);
    const features = featuresOf(tiny.random);
    expect(() => removeSamplingBias(zeros([2, 2], f64), undefined as never, features)).toThrow(
      "removeSamplingBias: tree is undefined but must be the AdversarialTree of the training; raw scores do not rank classes",
    );
    expect(() => removeSamplingBias(zeros([2, 3], f64), tree, features)).toThrow(
      "removeSamplingBias: scores has shape [2, 3] but must be [2, 2]",
    );
    expect(() => removeSamplingBias(zeros([2, 2], f64), tree, zeros([2, 3], f64))).toThrow(
      "removeSamplingBias: features has shape [2, 3] but must be [any, 1]",
    );
    expect(() => removeSamplingBias(zeros([2, 2]), tree, features)).toThrow(
      "removeSamplingBias: features is f64 but must match scores, f32; cast one of them",
    );
  });
});

finiteAtExtremes(
  "adversarialNegativeSamplingLoss",
  (x, { labels, key }) =>
    adversarialNegativeSamplingLoss(x, extreme.table(x), labels, extreme.sampler(), key, { negatives: 3 }),
  { degree: 2, isWeighted: true },
);

finiteAtExtremes(
  "biasedNegativeSamplingLoss",
  (x, at) => biasedNegativeSamplingLoss(extreme.contrast(x, at), extreme.noise(x, at)),
  { degree: 2, isWeighted: true },
);
