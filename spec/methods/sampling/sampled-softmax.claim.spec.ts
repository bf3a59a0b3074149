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
import { tellClaim } from "../../support/claims.js";

const long = process.env.COTANGENT_LONG === "1";
const [classes, width, batch, negatives] = [1000, 16, 64, 20];
const [trainings, tests] = [20_000, 5000];
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

/** Held-out losses of the full softmax, with q ∝ frequency, with uniform q, and without the correction. */
async function compared(seed: number) {
  const key = randomKey(seed);
  const means = evaluate(normal(key.at("means"), [classes, width]));
  const train = examples(means, key.at("train"), trainings);
  const test = examples(means, key.at("test"), tests);
  const counts = new Float64Array(classes).fill(1);
  for (const label of await train.labels.data()) counts[label]++;
  const unigram = aliasSampler({ weights: counts });

  const score = (loss: Loss) => heldOut(loss, train, test, key.at("steps"));
  const losses = {
    full: await score((table, x, labels) => fullLoss(table, { x, labels })),
    fitted: await score(sampled(unigram)),
    flat: await score(sampled(uniformSampler({ classes }))),
    forgotten: await score(uncorrected(unigram)),
  };
  for (const tensors of [means, train.x, train.labels, test.x, test.labels]) tensors.dispose();
  return losses;
}

describe("sampledSoftmaxLoss on Zipf-distributed classes", () => {
  it(
    "is ordered by how well q fits, and worst without its correction",
    async () => {
      const runs: Awaited<ReturnType<typeof compared>>[] = [];
      for (const seed of seeds) runs.push(await compared(seed));
      const gap = long ? 0.2 : 0;
      const each = (name: keyof (typeof runs)[number]) => runs.map((losses) => losses[name].toFixed(2)).join(", ");
      const about = {
        method: "sampledSoftmaxLoss",
        run: `${classes} Zipf-distributed Gaussian classes, ${trainings} examples, ${tests} tests, ${negatives} shared negatives, ${steps} steps of ${batch}, seeds ${seeds.join(", ")}`,
      };
      tellClaim({
        ...about,
        claim: "The better q fits, the lower the held-out loss: the full softmax, q ∝ frequency, uniform q.",
        figure: `full ${each("full")}; q ∝ frequency ${each("fitted")}; uniform q ${each("flat")} nats`,
        seen: runs.every(({ full, fitted, flat }) => full < fitted && fitted < flat),
      });
      tellClaim({
        ...about,
        claim: "Without the correction −log(m q) a well-fitting q is worse than a uniform one.",
        figure: `${each("forgotten")} nats, uniform q ${each("flat")}`,
        seen: runs.every(({ flat, forgotten }) => flat < forgotten - gap),
      });
      for (const { full, fitted, flat, forgotten } of runs) {
        expect(full).toBeLessThan(fitted);
        expect(fitted).toBeLessThan(flat);
        expect(flat).toBeLessThan(forgotten - gap);
      }
    },
    600_000 * seeds.length,
  );
});
