import { exp, gather, type Key, permutation, randomKey, relu, softplus, type Tensor, tensor } from "cotangent";
import { ensLoss } from "cotangent/methods/classification";
import { initMlp, type LinearParameters, mlp } from "cotangent/methods/layers";
import { chain, clipByGlobalNorm, optimize, sgd } from "cotangent/methods/optimizers";
import { describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";
import { normals, uniforms } from "./support/gaussian-tasks.js";
import { meanOf } from "./support/noisy-labels.js";

const long = process.env.COTANGENT_LONG === "1";
const seeds = long ? [0, 1, 2, 3, 4, 5] : [0];
const [width, hidden, batch, epochs] = [200, 128, 64, long ? 100 : 50];

interface Sample {
  readonly x: Tensor;
  readonly y: Int32Array;
}

/** Labels of a score that 20 of 200 normal features, and a product of two, make up. */
function samples(seed: number): readonly [train: Sample, test: Sample] {
  const next = uniforms(seed + 31);
  const normal = normals(next);
  const weights = Array.from({ length: 20 }, () => normal() / Math.sqrt(20));
  const draw = (count: number): Sample => {
    const x = Float32Array.from({ length: count * width }, normal);
    const y = Int32Array.from({ length: count }, (_, i) => {
      const f = weights.reduce((sum, w, j) => sum + w * x[i * width + j], 0) + 0.5 * x[i * width] * x[i * width + 1];
      return next() < 1 / (1 + Math.exp(-4 * f)) ? 1 : -1;
    });
    return { x: tensor(x, { shape: [count, width] }), y };
  };
  return [draw(600), draw(4000)];
}

type Loss = (scores: Tensor, labels: Tensor<"i32">, signs: Tensor, key: Key) => Tensor;
const losses = {
  ensemble: (f, labels, _, key) => ensLoss(f, labels, key, { reduction: "mean" }),
  logistic: (f, _, signs) => softplus(f.mul(signs).neg()).mean(),
  hinge: (f, _, signs) => relu(f.mul(signs).neg().add(1)).mean(),
  exponential: (f, _, signs) => exp(f.mul(signs).neg()).mean(),
} satisfies Record<string, Loss>;

/** Test accuracy, and the first epoch after which 99.5 % of the training set is right. */
async function trained(name: keyof typeof losses, seed: number) {
  const [train, test] = samples(seed);
  const key = randomKey(seed);
  const start = initMlp(key.at("layers"), [width, hidden, 1], { lastGain: Math.SQRT2 });
  const scores = (layers: LinearParameters[], x: Tensor) => mlp(layers, x).reshape([x.shape[0]]);
  const loss = (layers: LinearParameters[], ids: Tensor<"i32">, labels: Tensor<"i32">, signs: Tensor, at: Key) =>
    losses[name](scores(layers, gather(train.x, ids)), labels, signs, at);
  const rule = sgd({ learningRate: 0.02, momentum: 0.9 });
  // The exponential loss has no bound on its slope.
  using training = optimize(loss, start, name === "exponential" ? chain(clipByGlobalNorm(10), rule) : chain(rule));
  const accuracy = async ({ x, y }: Sample) => {
    const found = await scores(training.params, x).data();
    return meanOf(Array.from(y, (label, i) => Number(label * found[i] > 0)));
  };
  let fitted = epochs;
  for (let epoch = 0, step = 0; epoch < epochs; epoch++) {
    const order = await permutation(key.at("order", epoch), train.y.length).data();
    for (let from = 0; from + batch <= order.length; from += batch, step++) {
      const ids = order.slice(from, from + batch);
      const y = ids.map((id) => train.y[id]);
      await training.step(tensor(ids), tensor(y), tensor(Float32Array.from(y)), key.at("step", step));
    }
    if (fitted === epochs && (await accuracy(train)) >= 0.995) fitted = epoch + 1;
  }
  return { test: await accuracy(test), fitted };
}

describe("ensLoss", () => {
  it("overfits less than a fixed loss, though it fits as fast", async () => {
    const names = long
      ? (["ensemble", "logistic", "hinge", "exponential"] as const)
      : (["ensemble", "logistic", "hinge"] as const);
    const found: Partial<Record<keyof typeof losses, { test: number; fitted: number }[]>> = {};
    for (const name of names) {
      found[name] = [];
      for (const seed of seeds) found[name].push(await trained(name, seed));
    }
    const of = (name: keyof typeof losses) => meanOf(found[name]!.map(({ test }) => test));
    const epochsOf = (name: keyof typeof losses) => meanOf(found[name]!.map(({ fitted }) => fitted)).toFixed(1);
    const wins = seeds.filter((_, i) => found.ensemble![i].test > found.logistic![i].test).length;
    const [overLogistic, overHinge] = [of("ensemble") - of("logistic"), of("ensemble") - of("hinge")];
    tellClaim({
      method: "ensLoss",
      claim:
        "A network that overfits does so less with a random calibrated loss at every step than with the logistic or the hinge loss.",
      run: `600 examples of 200 normal features, perceptron 200–128–1, SGD of rate 0.02 and momentum 0.9, ${epochs} epochs, λ = 0, ${seeds.length} seed(s)`,
      figure: `test accuracy ${names.map((name) => `${percent(of(name))} (${name}, 99.5 % of the training set fitted after ${epochsOf(name)} epochs)`).join(", ")}; above logistic for ${wins} of ${seeds.length} seed(s)`,
      seen: overLogistic > 0 && overHinge > 0.01,
    });
    expect(overLogistic).toBeGreaterThan(0);
    expect(overHinge).toBeGreaterThan(long ? 0.01 : 0);
  }, 600_000);
});
