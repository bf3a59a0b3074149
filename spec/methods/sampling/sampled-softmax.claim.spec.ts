import {
  evaluate,
  gather,
  type Key,
  logSumExp,
  normal,
  randomKey,
  type Tensor,
  tensor,
  transposeLast,
  zeros,
} from "cotangent";
import { adagrad, optimize } from "cotangent/methods/optimizers";
import { aliasSampler, type Sampler, sampledSoftmaxLoss, uniformSampler } from "cotangent/methods/sampling";
import { describe, expect, it } from "vitest";

const long = process.env.COTANGENT_LONG === "1";
const [classes, width, batch, negatives] = [1000, 16, 64, 20];
const [steps, seeds] = long ? [4000, [0, 1, 2]] : [300, [0]];

interface Examples {
  readonly x: Tensor;
  readonly labels: Tensor<"i32">;
}

/** Gaussian classes, noise 0.8, labels by Zipf's law. */
function examples(means: Tensor, key: Key, count: number): Examples {
  const zipf = aliasSampler({ weights: Float64Array.from({ length: classes }, (_, j) => 1 / (j + 1)) });
  const labels = evaluate(zipf.draw(key.at("labels"), count));
  const x = evaluate(gather(means, labels).add(normal(key.at("noise"), [count, width]).mul(0.8)));
  return { x, labels };
}

type Table = { readonly weights: Tensor; readonly bias: Tensor };
type Loss = (table: Table, x: Tensor, labels: Tensor<"i32">, key: Key) => Tensor;

function fullLoss({ weights, bias }: Table, { x, labels }: Examples): Tensor {
  const scores = x.matmul(transposeLast(weights)).add(bias);
  const target = x.mul(gather(weights, labels)).sum(1).add(gather(bias, labels));
  return logSumExp(scores, 1).sub(target).mean();
}

/** Held-out loss after training. */
async function heldOut(loss: Loss, train: Examples, test: Examples, key: Key): Promise<number> {
  const count = train.labels.size;
  const [x, labels] = [await train.x.data(), await train.labels.data()];
  const start = { weights: zeros([classes, width]), bias: zeros([classes]) };
  using training = optimize(loss, start, adagrad({ learningRate: 0.3 }));
  for (let step = 0; step < steps; step++) {
    const from = (step * batch) % (count - batch + 1);
    const rows = tensor(x.slice(from * width, (from + batch) * width), { shape: [batch, width] });
    await training.step(rows, tensor(labels.slice(from, from + batch)), key.at(step));
  }
  return fullLoss(training.params, test).item();
}

const sampled =
  (sampler: Sampler): Loss =>
  (table, x, labels, key) =>
    sampledSoftmaxLoss(x, table, labels, sampler, key, { negatives, reduction: "mean" });

/** The same without −log(m q): what is easily forgotten. */
const uncorrected =
  (sampler: Sampler): Loss =>
  (table, x, labels, key) => {
    const constant = { ...sampler, logProbability: (of: Tensor<"i32">) => zeros(of.shape).sub(Math.log(negatives)) };
    return sampledSoftmaxLoss(x, table, labels, constant, key, { negatives, reduction: "mean" });
  };

describe("sampledSoftmaxLoss on Zipf-distributed classes", () => {
  it.each(seeds)(
    "is ordered by how well q fits, and worst without its correction (seed %i)",
    async (seed) => {
      const key = randomKey(seed);
      const means = evaluate(normal(key.at("means"), [classes, width]));
      const train = examples(means, key.at("train"), 20_000);
      const test = examples(means, key.at("test"), 5000);
      const counts = new Float64Array(classes).fill(1);
      for (const label of await train.labels.data()) counts[label]++;
      const unigram = aliasSampler({ weights: counts });

      const score = (loss: Loss) => heldOut(loss, train, test, key.at("steps"));
      const full = await score((table, x, labels) => fullLoss(table, { x, labels }));
      const fitted = await score(sampled(unigram));
      const flat = await score(sampled(uniformSampler({ classes })));
      const forgotten = await score(uncorrected(unigram));
      expect(full).toBeLessThan(fitted);
      expect(fitted).toBeLessThan(flat);
      expect(flat).toBeLessThan(forgotten - (long ? 0.2 : 0));
      for (const tensors of [means, train.x, train.labels, test.x, test.labels]) tensors.dispose();
    },
    600_000,
  );
});
