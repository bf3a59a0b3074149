import {
  argmax,
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
import { classPriors } from "cotangent/methods/longtail";
import { optimize, sgd } from "cotangent/methods/optimizers";
import {
  aliasSampler,
  disentangledSampledLoss,
  logitAdjustTarget,
  type NegativeWeighting,
  sampledLoss,
  uniformSampler,
  withinBatchNegatives,
} from "cotangent/methods/sampling";
import { describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";

const long = process.env.COTANGENT_LONG === "1";
const [classes, width, batch, negatives] = [50, 16, 64, 16];
const [count, perClass] = [10_000, 200];
const steps = long ? 6000 : 1000;

type Table = { readonly weights: Tensor; readonly bias: Tensor };
type Loss = (table: Table, x: Tensor, labels: Tensor<"i32">, key: Key) => Tensor;

interface Accuracy {
  readonly balanced: number;
  /** Of the third of the classes that is most frequent, and of the one that is least. */
  readonly head: number;
  readonly tail: number;
}

interface Problem {
  readonly x: Float32Array;
  readonly labels: Int32Array;
  readonly test: Tensor;
  readonly testLabels: Int32Array;
  readonly priors: Float64Array;
}

/** Gaussian classes whose frequencies fall exponentially, the first a hundred times as frequent as the last. */
async function longTail(key: Key): Promise<Problem> {
  const weights = Float64Array.from({ length: classes }, (_, y) => 100 ** (-y / (classes - 1)));
  const means = evaluate(normal(key.at("means"), [classes, width]));
  const examples = (labels: Tensor<"i32">, at: Key) =>
    evaluate(gather(means, labels).add(normal(at, [labels.size, width]).mul(0.9)));
  const labels = await aliasSampler({ weights }).draw(key.at("labels"), count).data();
  const testLabels = Int32Array.from({ length: classes * perClass }, (_, i) => Math.floor(i / perClass));
  const train = examples(tensor(labels), key.at("train"));
  const x = await train.data();
  const test = examples(tensor(testLabels), key.at("test"));
  const counts = new Float64Array(classes);
  for (const label of labels) counts[label]++;
  means.dispose();
  train.dispose();
  return { x: x as Float32Array, labels, test, testLabels, priors: classPriors(counts, { least: 1 }) };
}

/** Accuracy on balanced data after training. */
async function trained(loss: Loss, { x, labels, test, testLabels }: Problem, key: Key): Promise<Accuracy> {
  const start = { weights: zeros([classes, width]), bias: zeros([classes]) };
  using training = optimize(loss, start, sgd({ learningRate: 0.3 }));
  for (let step = 0; step < steps; step++) {
    const from = (step * batch) % (count - batch + 1);
    const rows = tensor(x.slice(from * width, (from + batch) * width), { shape: [batch, width] });
    await training.step(rows, tensor(labels.slice(from, from + batch)), key.at(step));
  }
  const { weights, bias } = training.params;
  const predicted = await argmax(test.matmul(transposeLast(weights)).add(bias), 1).data();
  const share = (first: number, last: number) => {
    let right = 0;
    for (let i = first * perClass; i < last * perClass; i++) if (predicted[i] === testLabels[i]) right++;
    return right / ((last - first) * perClass);
  };
  const third = Math.floor(classes / 3);
  return { balanced: share(0, classes), head: share(0, third), tail: share(classes - third, classes) };
}

/** All scores, with or without τ·log π on them. */
const full =
  (shift?: Float64Array): Loss =>
  ({ weights, bias }, x, labels) => {
    const scores = x.matmul(transposeLast(weights)).add(bias);
    const adjusted = shift === undefined ? scores : scores.add(tensor(Float32Array.from(shift)));
    const target = x.mul(gather(weights, labels)).sum(1).add(gather(bias, labels));
    const added = shift === undefined ? target : target.add(gather(tensor(Float32Array.from(shift)), labels));
    return logSumExp(adjusted, 1).sub(added).mean();
  };

describe("schemes of negative sampling on long-tailed classes", () => {
  it("are ordered by the weights that they imply, and disentangled ones do not depend on the sampler", async () => {
    const key = randomKey(0);
    const problem = await longTail(key.at("problem"));
    const { priors } = problem;
    const frequencies = aliasSampler({ probabilities: priors });
    const [uniform, options] = [uniformSampler({ classes }), { negatives, reduction: "mean" } as const];
    const target = logitAdjustTarget(priors);

    const fromUniform =
      (weighting: NegativeWeighting): Loss =>
      (table, x, labels, k) =>
        sampledLoss(x, table, labels, uniform, k, { ...options, weighting });
    const fromBatch =
      (weighting: NegativeWeighting): Loss =>
      (table, x, labels, k) =>
        sampledLoss(x, table, labels, withinBatchNegatives(labels, frequencies), k, {
          ...options,
          weighting,
          shared: false,
        });
    const score = (loss: Loss) => trained(loss, problem, key.at("steps"));

    const relative = await score(fromBatch("relative"));
    const importance = await score(fromUniform("importance"));
    const constant = await score(fromBatch("constant"));
    const disentangled = await score((table, x, labels, k) =>
      disentangledSampledLoss(x, table, labels, uniform, k, target, options),
    );
    const disentangledBatch = await score(fromBatch(target));
    const order = [relative, importance, constant, disentangled];
    const names = ["relative from the batch", "uniform importance", "constant from the batch", "disentangled"];
    const isOrdered = order.every(
      ({ balanced, tail }, i) => i === 0 || (balanced > order[i - 1].balanced + 0.02 && tail > order[i - 1].tail),
    );
    const fallsAtHead = long
      ? order.every(({ head }, i) => i === 0 || head < order[i - 1].head)
      : disentangled.head < relative.head;
    const apart = Math.abs(disentangled.balanced - disentangledBatch.balanced);
    const figure = ({ balanced, head, tail }: Accuracy) => `${percent(balanced)} (${percent(head)} / ${percent(tail)})`;
    const run = `${classes} Gaussian classes of frequencies 100:1, ${count} examples, linear softmax, ${steps} steps of ${batch}, ${negatives} negatives, seed 0; accuracy on balanced data (most frequent third / rarest third)`;
    tellClaim({
      ...{ method: "sampledLoss", run },
      claim: "Sampler and weighting decide what happens to rare labels: 0.02 or more from each scheme to the next.",
      figure: order.map((accuracy, i) => `${names[i]} ${figure(accuracy)}`).join(", "),
      seen: isOrdered && fallsAtHead,
    });
    tellClaim({
      ...{ method: "disentangledSampledLoss", run },
      claim: "Weights for a wanted ρ do as well with any sampler, to 0.02.",
      figure: `uniform negatives ${figure(disentangled)}, from the batch ${figure(disentangledBatch)}`,
      seen: apart <= 0.02,
    });
    const complete = long && {
      softmax: await score(full()),
      adjusted: await score(full(priors.map(Math.log))),
      relative: await score(fromUniform("relative")),
      constant: await score(fromUniform("constant")),
    };
    if (complete) {
      tellClaim({
        ...{ method: "disentangledSampledLoss", run },
        claim: "Weights for a logit-adjusted ρ do as well as a full softmax with adjusted logits, to 0.02.",
        figure: `${figure(disentangled)}, full ${figure(complete.adjusted)}`,
        seen: Math.abs(disentangled.balanced - complete.adjusted.balanced) <= 0.02,
      });
      tellClaim({
        ...{ method: "sampledLoss", run },
        claim: "A full softmax is ahead of uniform importance weights and behind constant ones from the batch.",
        figure: `full ${figure(complete.softmax)}, ${names[1]} ${figure(importance)}, ${names[2]} ${figure(constant)}`,
        seen: importance.balanced < complete.softmax.balanced && complete.softmax.balanced < constant.balanced,
      });
      tellClaim({
        ...{ method: "sampledLoss", run },
        claim: "With uniform negatives relative and constant weights are the same.",
        figure: `${figure(complete.relative)} and ${figure(complete.constant)}`,
        seen: Math.abs(complete.relative.balanced - complete.constant.balanced) < 0.005,
      });
    }
    for (let i = 1; i < order.length; i++) {
      expect(order[i].balanced).toBeGreaterThan(order[i - 1].balanced + 0.02);
      expect(order[i].tail).toBeGreaterThan(order[i - 1].tail);
    }
    expect(disentangled.head).toBeLessThan(relative.head);
    expect(apart).toBeLessThanOrEqual(0.02);
    if (complete) {
      for (let i = 1; i < order.length; i++) expect(order[i].head).toBeLessThan(order[i - 1].head);
      expect(importance.balanced).toBeLessThan(complete.softmax.balanced);
      expect(complete.softmax.balanced).toBeLessThan(constant.balanced);
      expect(Math.abs(disentangled.balanced - complete.adjusted.balanced)).toBeLessThanOrEqual(0.02);
      expect(complete.relative.balanced).toBeCloseTo(complete.constant.balanced, 2); // the same losses, but for rounding
    }
    problem.test.dispose();
  }, 600_000);
});
