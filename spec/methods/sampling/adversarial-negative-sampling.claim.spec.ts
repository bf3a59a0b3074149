import {
  argmax,
  categorical,
  gather,
  type Key,
  logSoftmax,
  normal,
  permutation,
  randomKey,
  read,
  type Tensor,
  takeAlongAxis,
  tensor,
  zeros,
} from "cotangent";
import { adagrad, optimize } from "cotangent/methods/optimizers";
import {
  adversarialNegativeSamplingLoss,
  aliasSampler,
  fitAdversarialTree,
  principalComponents,
  projectOntoComponents,
  removeSamplingBias,
  type Sampler,
  uniformSampler,
} from "cotangent/methods/sampling";
import { describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";

// To 6000 steps, with all baselines and learning rates, it takes minutes: that runs where COTANGENT_LONG=1.
const isLong = process.env.COTANGENT_LONG === "1";
const [classes, superClasses, width, train, test, batch] = [256, 16, 32, 20_000, 4_000, 100];

type Table = { weights: Tensor; bias: Tensor };
interface Split {
  readonly x: Tensor;
  readonly y: Tensor<"i32">;
}

/** 16 far centres, 16 classes about each, frequencies like 1/√rank; the labels are in no order. */
async function hierarchy(key: Key): Promise<(name: string, count: number) => Promise<Split>> {
  const centres = normal(key.at("centres"), [superClasses, 1, width]).mul(2);
  const spread = normal(key.at("spread"), [superClasses, classes / superClasses, width]).mul(0.7);
  const means = tensor((await centres.add(spread).data()) as Float32Array, { shape: [classes, width] });
  const ranks = await permutation(key.at("ranks"), classes).data();
  const logits = tensor(Float32Array.from(ranks, (rank) => -0.5 * Math.log(rank + 1)));
  return async (name, count) => {
    const y = tensor(await categorical(key.at(name, "labels"), logits, [count]).data());
    const noise = normal(key.at(name, "noise"), [count, width]).mul(0.8);
    return { x: tensor(await gather(means, y).add(noise).data(), { shape: [count, width] }), y };
  };
}

async function quality(scores: Tensor, y: Tensor<"i32">): Promise<{ accuracy: number; logLikelihood: number }> {
  const likelihood = takeAlongAxis(logSoftmax(scores), y.reshape([-1, 1])).mean();
  const result = await read({ best: argmax(scores), y, likelihood });
  const right = result.best.filter((label, i) => label === result.y[i]).length;
  return { accuracy: right / result.y.length, logLikelihood: result.likelihood[0] };
}

describe("the adversarial softmax on a hierarchy of 256 classes", () => {
  it("is far ahead of uniform negatives after 500 steps, and useless until its bias is removed", async () => {
    const key = randomKey(11);
    const draw = await hierarchy(key);
    const data = await draw("train", train);
    const held = await draw("test", test);
    const basis = await principalComponents(data.x, { components: 8 });
    const featuresOf = async ({ x }: Split) => {
      const z = projectOntoComponents(x, basis);
      return tensor(await z.data(), { shape: z.shape });
    };
    const [z, heldZ] = [await featuresOf(data), await featuresOf(held)];
    const began = performance.now();
    const tree = await fitAdversarialTree(z, data.y, { classes });
    const fitted = performance.now() - began;
    const counts = new Float64Array(classes).fill(1e-3); // every class can occur
    for (const label of await data.y.data()) counts[label]++;
    const frequency = aliasSampler({ weights: counts });
    const all = tensor(Int32Array.from({ length: classes }, (_, label) => label));

    type Loss = (table: Table, x: Tensor, y: Tensor<"i32">, z: Tensor, key: Key) => Tensor;
    const against =
      (samplerOf: (z: Tensor) => Sampler): Loss =>
      (table, x, y, features, step) =>
        adversarialNegativeSamplingLoss(x, table, y, samplerOf(features), step, { reduction: "mean" });
    const methods: Record<string, { loss: Loss; debias: (scores: Tensor) => Tensor }> = {
      adversarial: {
        loss: against((features) => tree.given(features)),
        debias: (scores) => removeSamplingBias(scores, tree, heldZ),
      },
      uniform: { loss: against(() => uniformSampler({ classes })), debias: (scores) => scores.sub(Math.log(classes)) },
      frequency: { loss: against(() => frequency), debias: (scores) => scores.add(frequency.logProbability(all)) },
      softmax: {
        loss: ({ weights, bias }, x, y) =>
          takeAlongAxis(logSoftmax(x.matmul(weights.transpose()).add(bias)), y.reshape([-1, 1]))
            .mean()
            .neg(),
        debias: (scores) => scores,
      },
    };

    const run = async (name: string, learningRate: number, stops: readonly number[]) => {
      const { loss, debias } = methods[name];
      const start: Table = { weights: zeros([classes, width]), bias: zeros([classes]) };
      using training = optimize(loss, start, adagrad({ learningRate, initialAccumulator: 1e-8 }));
      const found = [];
      let order: Int32Array = new Int32Array(0);
      for (let step = 0; step < stops[stops.length - 1]; step++) {
        const place = (step * batch) % train;
        if (place === 0) order = await permutation(key.at("order", step), train).data();
        const ids = tensor(order.slice(place, place + batch));
        await training.step(gather(data.x, ids), gather(data.y, ids), gather(z, ids), key.at("step", step));
        if (!stops.includes(step + 1)) continue;
        const { weights, bias } = training.params;
        const scores = held.x.matmul(weights.transpose()).add(bias);
        const raw = await quality(scores, held.y);
        found.push({ ...(await quality(debias(scores), held.y)), raw: raw.accuracy });
      }
      return found;
    };

    const alone = await quality(tree.logProbabilities(heldZ), held.y);
    const problem = `${classes} classes in ${superClasses} groups, ${width} dimensions, ${train} examples, ${test} tests`;
    if (isLong) {
      const names = Object.keys(methods);
      const [rates, stops] = [
        [0.03, 0.1, 0.3],
        [500, 2000, 6000],
      ];
      const best: Record<string, { rate: number; at: Awaited<ReturnType<typeof run>> }> = {};
      for (const name of names) {
        const tried = [];
        for (const rate of rates) tried.push({ rate, accuracy: (await run(name, rate, [500]))[0].accuracy });
        const { rate } = tried.reduce((best, next) => (next.accuracy > best.accuracy ? next : best));
        best[name] = { rate, at: await run(name, rate, stops) };
      }
      const about = {
        method: "adversarialNegativeSamplingLoss",
        run: `${problem}, ${stops.join(", ")} steps of ${batch}, the best of the rates ${rates.join(", ")}`,
      };
      const each = (of: (quality: { accuracy: number; logLikelihood: number }) => string) =>
        names.map((name) => `${name} (${best[name].rate}) ${best[name].at.map(of).join(", ")}`).join("; ");
      tellClaim({
        ...about,
        claim: "Its accuracy is still ahead of uniform and frequency negatives after 2000 steps.",
        figure: each(({ accuracy }) => percent(accuracy)),
        seen: ["uniform", "frequency"].every((name) => best.adversarial.at[1].accuracy > best[name].at[1].accuracy),
      });
      tellClaim({
        ...about,
        claim: "Its log-likelihood is still ahead of uniform and frequency negatives after 6000 steps.",
        figure: each(({ logLikelihood }) => logLikelihood.toFixed(2)),
        seen: ["uniform", "frequency"].every(
          (name) => best.adversarial.at[2].logLikelihood > best[name].at[2].logLikelihood,
        ),
      });
      tellClaim({
        ...{ method: "fitAdversarialTree", run: `${problem}, projected to 8 dimensions` },
        claim: "The tree is fitted in less than two seconds.",
        figure: `${(fitted / 1000).toFixed(1)} s`,
        seen: fitted < 2000,
      });
      expect(fitted).toBeLessThan(2000);
    }
    const [adversarial] = await run("adversarial", 0.1, [500]);
    const [uniform] = await run("uniform", 0.3, [500]);
    const about = { run: `${problem}, 500 steps of ${batch} at rate 0.1, uniform negatives at 0.3` };
    tellClaim({
      ...{ method: "adversarialNegativeSamplingLoss", ...about },
      claim: "Hard negatives learn faster: it is ahead of uniform negatives by 0.2 in accuracy or more.",
      figure: `${percent(adversarial.accuracy)} against ${percent(uniform.accuracy)}`,
      seen: adversarial.accuracy - uniform.accuracy >= 0.2,
    });
    tellClaim({
      ...{ method: "adversarialNegativeSamplingLoss", ...about },
      claim: "It is ahead of the tree that it draws from by 0.2 in accuracy or more.",
      figure: `${percent(adversarial.accuracy)} against ${percent(alone.accuracy)}`,
      seen: adversarial.accuracy > alone.accuracy + 0.2,
    });
    tellClaim({
      ...{ method: "removeSamplingBias", ...about },
      claim: "The raw scores are useless: removing the bias is worth 0.5 in accuracy or more.",
      figure: `${percent(adversarial.raw)} before, ${percent(adversarial.accuracy)} after`,
      seen: adversarial.accuracy - adversarial.raw >= 0.5,
    });
    expect(adversarial.accuracy - uniform.accuracy).toBeGreaterThanOrEqual(0.2);
    expect(adversarial.accuracy - adversarial.raw).toBeGreaterThanOrEqual(0.5);
    expect(adversarial.accuracy).toBeGreaterThan(alone.accuracy + 0.2);
  }, 1_800_000);
});
