import { argmax, evaluate, gather, type Key, normal, randomKey, square, type Tensor, tensor, zeros } from "cotangent";
import { linearSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { adjustLogits, classErrors, classPriors, logitAdjustedCrossEntropy } from "cotangent/methods/longtail";
import { lbfgs } from "cotangent/methods/optimizers";
import { describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";

const seeds = process.env.COTANGENT_LONG === "1" ? [0, 1, 2, 3] : [0];
const binary = { count: 10_000, positives: 500 };
const tailed = { classes: 50, count: 10_000, perClass: 100 };

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
  it(
    "reaches the least balanced error of two Gaussians, one in twenty positive",
    async () => {
      const runs: Awaited<ReturnType<typeof twoGaussians>>[] = [];
      for (const seed of seeds) runs.push(await twoGaussians(seed));
      const least = normalCdf(-Math.SQRT2);
      const each = (name: keyof (typeof runs)[number]) => runs.map((run) => run[name].toFixed(4)).join(", ");
      const about = {
        claim: "Where a plain fit ignores the rare class, the balanced error is the least there is, to 0.015.",
        run: `two Gaussians at ±(1, 1), ${binary.count} examples, ${binary.positives} positive, linear rule, seeds ${seeds.join(", ")}`,
      };
      const ignored = runs.every(({ plain }) => plain > 0.165 && plain < 0.2);
      tellClaim({
        ...{ method: "adjustLogits", ...about },
        figure: `${each("postHoc")} after a plain fit of ${each("plain")}; the least is ${least.toFixed(4)}`,
        seen: ignored && runs.every(({ postHoc }) => postHoc - least < 0.015),
      });
      tellClaim({
        ...{ method: "logitAdjustedCrossEntropy", ...about },
        figure: `${each("inLoss")}, a plain fit ${each("plain")}; the least is ${least.toFixed(4)}`,
        seen: ignored && runs.every(({ inLoss }) => inLoss - least < 0.015),
      });
      expect(least).toBeCloseTo(0.0786, 4);
      for (const { plain, postHoc, inLoss } of runs) {
        expect(plain).toBeGreaterThan(0.165);
        expect(plain).toBeLessThan(0.2);
        expect(postHoc - least).toBeLessThan(0.015);
        expect(inLoss - least).toBeLessThan(0.015);
      }
    },
    60_000 * seeds.length,
  );

  it("lifts the tail of 50 classes, 100:1, at little cost to the head", async () => {
    const runs = await Promise.all(seeds.map(longTail));
    const mean = (of: (run: (typeof runs)[number]) => number) =>
      runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
    const gain = (part: keyof Accuracies) => mean(({ plain, inLoss }) => inLoss[part] - plain[part]);
    const parts = ["all", "head", "tail"] as const;
    const each = (of: "plain" | "postHoc" | "inLoss") =>
      parts.map((part) => percent(mean((run) => run[of][part]))).join(" / ");
    const run = `${tailed.classes} Gaussian classes, 100:1, ${tailed.count} examples, linear softmax, ${tailed.perClass} tests a class, means over seeds ${seeds.join(", ")}`;
    const apart = runs.map(({ postHoc, inLoss }) => Math.abs(postHoc.all - inLoss.all));
    tellClaim({
      ...{ method: "logitAdjustedCrossEntropy", run },
      claim:
        "It lifts the rarest third by 0.15 or more and all classes by 0.05, at little cost to the most frequent third.",
      figure: `accuracy of ${parts.join(" / ")} ${each("plain")} to ${each("inLoss")}`,
      seen: gain("all") >= 0.05 && gain("tail") >= 0.15 && gain("head") >= -0.08,
    });
    tellClaim({
      ...{ method: "adjustLogits", run },
      claim: "Adjusted after training, a plain fit is as good as one that was trained for balance, to 0.02.",
      figure: `accuracy of ${parts.join(" / ")} ${each("postHoc")}, trained for balance ${each("inLoss")}; at most ${percent(Math.max(...apart))} apart`,
      seen: Math.max(...apart) <= 0.02,
    });
    expect(gain("all")).toBeGreaterThanOrEqual(0.05);
    expect(gain("tail")).toBeGreaterThanOrEqual(0.15);
    expect(gain("head")).toBeGreaterThanOrEqual(-0.08);
    for (const distance of apart) expect(distance).toBeLessThanOrEqual(0.02);
  }, 240_000);
});

/** Balanced errors of a linear rule that was not adjusted, adjusted afterwards, and trained with the adjustment. */
async function twoGaussians(seed: number) {
  const key = randomKey(seed);
  const { count, positives } = binary;
  const labels = tensor(Int32Array.from({ length: count }, (_, i) => Number(i < positives)));
  const means = tensor(Float64Array.of(-1, -1, 1, 1), { shape: [2, 2] });
  const points = evaluate(gather(means, labels).add(normal(key, [count, 2], { dtype: "f64" })));
  const priors = tensor(classPriors([count - positives, positives]));
  const start = { weights: zeros([2, 2], { dtype: "f64" }), bias: zeros([2], { dtype: "f64" }) };
  const mean = { reduction: "mean" } as const;
  const { params } = await lbfgs(
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
  const bias = adjustLogits(params.bias.reshape([1, 2]), priors).reshape([2]);
  const errors = {
    plain: await balancedErrorOf(params),
    postHoc: await balancedErrorOf({ ...params, bias }),
    inLoss: await balancedErrorOf(adjusted.params),
  };
  points.dispose();
  return errors;
}

interface Accuracies {
  readonly all: number;
  /** Of the most frequent third of the classes, and of the rarest. */
  readonly head: number;
  readonly tail: number;
}

/** Balanced accuracies of linear softmax on Gaussian classes with exponentially falling counts. */
async function longTail(seed: number) {
  const { classes, count, perClass } = tailed;
  const width = 16;
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
  const accuracies = async (logits: Tensor): Promise<Accuracies> => {
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
