import { argmax, evaluate, gather, type Key, normal, randomKey, square, type Tensor, tensor, zeros } from "cotangent";
import { linearSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { adjustLogits, classErrors, classPriors, logitAdjustedCrossEntropy } from "cotangent/methods/longtail";
import { lbfgs } from "cotangent/methods/optimizers";
import { describe, expect, it } from "vitest";

const seeds = process.env.COTANGENT_LONG === "1" ? [0, 1, 2, 3] : [0];

type Head = { readonly weights: Tensor; readonly bias: Tensor };
const logitsOf = (points: Tensor, { weights, bias }: Head) => points.matmul(weights.transpose()).add(bias);

/** The standard normal distribution function, as an integral: 1e-12 is more than enough here. */
function normalCdf(x: number): number {
  const [steps, from] = [2000, -12];
  const width = (x - from) / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const at = from + i * width;
    sum += Math.exp((-at * at) / 2) * (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2);
  }
  return (sum * width) / 3 / Math.sqrt(2 * Math.PI);
}

describe("logit adjustment", () => {
  it.each(seeds)(
    "reaches the least balanced error of two Gaussians, one in twenty positive (seed %i)",
    async (seed) => {
      const key = randomKey(seed);
      const [count, positives] = [10_000, 500];
      const labels = tensor(Int32Array.from({ length: count }, (_, i) => Number(i < positives)));
      const means = tensor(Float64Array.of(-1, -1, 1, 1), { shape: [2, 2] });
      const points = evaluate(gather(means, labels).add(normal(key, [count, 2], { dtype: "f64" })));
      const priors = tensor(classPriors([count - positives, positives]));
      const start = { weights: zeros([2, 2], { dtype: "f64" }), bias: zeros([2], { dtype: "f64" }) };
      const mean = { reduction: "mean" } as const;
      const plain = await lbfgs(
        ({ weights, bias }: Head) => linearSoftmaxCrossEntropy(points, weights, bias, labels, mean),
        start,
      );
      const adjusted = await lbfgs(
        (head: Head) => logitAdjustedCrossEntropy(logitsOf(points, head), labels, priors, mean),
        start,
      );
      /** Exact: the log-odds of a linear rule are Gaussian within each class. */
      const balancedErrorOf = async (head: Head) => {
        const [w, b] = [await head.weights.data(), await head.bias.data()];
        const [x, y, offset] = [w[2] - w[0], w[3] - w[1], b[1] - b[0]];
        const norm = Math.hypot(x, y);
        return (normalCdf(-(x + y + offset) / norm) + normalCdf((-x - y + offset) / norm)) / 2;
      };
      const bias = adjustLogits(plain.params.bias.reshape([1, 2]), priors).reshape([2]);
      const [before, postHoc, inLoss] = [
        await balancedErrorOf(plain.params),
        await balancedErrorOf({ ...plain.params, bias }),
        await balancedErrorOf(adjusted.params),
      ];
      const least = normalCdf(-Math.SQRT2);
      expect(least).toBeCloseTo(0.0786, 4);
      expect(before).toBeGreaterThan(0.165);
      expect(before).toBeLessThan(0.2);
      expect(postHoc - least).toBeLessThan(0.015);
      expect(inLoss - least).toBeLessThan(0.015);
      points.dispose();
    },
  );

  it("lifts the tail of 50 classes, 100:1, at little cost to the head", async () => {
    const runs = await Promise.all(seeds.map(longTail));
    const mean = (of: (run: (typeof runs)[number]) => number) =>
      runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
    expect(mean(({ plain, inLoss }) => inLoss.all - plain.all)).toBeGreaterThanOrEqual(0.05);
    expect(mean(({ plain, inLoss }) => inLoss.tail - plain.tail)).toBeGreaterThanOrEqual(0.15);
    expect(mean(({ plain, inLoss }) => inLoss.head - plain.head)).toBeGreaterThanOrEqual(-0.08);
    for (const { postHoc, inLoss } of runs) expect(Math.abs(postHoc.all - inLoss.all)).toBeLessThanOrEqual(0.02);
  }, 240_000);
});

/** Balanced accuracies of linear softmax on Gaussian classes with exponentially falling counts. */
async function longTail(seed: number) {
  const [classes, width, count, perClass] = [50, 16, 10_000, 100];
  const key = randomKey(seed);
  const means = evaluate(normal(key.at("means"), [classes, width]));
  const sample = (from: Key, counts: ArrayLike<number>) => {
    const list = Array.from(counts, (n, c) => Array<number>(n).fill(c)).flat();
    const labels = tensor(Int32Array.from(list));
    const points = evaluate(gather(means, labels).add(normal(from, [list.length, width]).mul(0.9)));
    return { labels, points };
  };
  const shares = Array.from({ length: classes }, (_, c) => 100 ** (-c / (classes - 1)));
  const total = shares.reduce((sum, share) => sum + share, 0);
  const counts = shares.map((share) => Math.round((share / total) * count));
  const train = sample(key.at("train"), counts);
  const test = sample(key.at("test"), Array<number>(classes).fill(perClass));
  const priors = tensor(classPriors(counts), { dtype: "f32" });
  const start = { weights: zeros([classes, width]), bias: zeros([classes]) };
  // The weight decay of the paper's schedule. Without any, maximum likelihood learns the dozen examples of the rarest
  // classes by heart: the gain is 0.04 then.
  const loss = (strength: number) => (head: Head) =>
    logitAdjustedCrossEntropy(logitsOf(train.points, head), train.labels, priors, { strength, reduction: "mean" }).add(
      square(head.weights)
        .sum()
        .mul(1e-4 / 2),
    );
  const unadjusted = await lbfgs(loss(0), start, { maxIterations: 60 });
  const adjusted = await lbfgs(loss(1), start, { maxIterations: 60 });
  const accuracies = async (logits: Tensor) => {
    const errors = [...(await classErrors(argmax(logits, 1), test.labels, { classes }).data())];
    const mean = (of: readonly number[]) => 1 - of.reduce((sum, error) => sum + error, 0) / of.length;
    return { all: mean(errors), head: mean(errors.slice(0, 17)), tail: mean(errors.slice(33)) };
  };
  const logits = logitsOf(test.points, unadjusted.params);
  return {
    plain: await accuracies(logits),
    postHoc: await accuracies(adjustLogits(logits, priors)),
    inLoss: await accuracies(logitsOf(test.points, adjusted.params)),
  };
}
