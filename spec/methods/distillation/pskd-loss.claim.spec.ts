import { gather, grad, type Key, oneHot, randomKey, type Tensor } from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { initPskdMemory, pskdLoss, readPskdMemory, writePskdMemory } from "cotangent/methods/distillation";
import { initMlp, type LinearParameters, mlp } from "cotangent/methods/layers";
import { applyUpdates, sgd } from "cotangent/methods/optimizers";
import { beforeAll, describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";
import { clothes, PIXELS } from "./support/clothes.js";
import { halfSquares, type Judgement, judged, mean, passes, type Recipe, trained } from "./support/training.js";
import type { Examples } from "./support/two-mode-classes.js";

const long = process.env.COTANGENT_LONG === "1";
const seeds = long ? [0, 1, 2] : [0];
const [count, classes] = [1000, 10];
const recipe: Recipe & { readonly batch: number } = { epochs: 60, learningRate: 0.01, batch: 32, weightDecay: 5e-4 };

let data: { readonly train: Examples; readonly test: Examples };
beforeAll(async () => {
  data = await clothes(count / classes);
}, 60_000);

type Layers = LinearParameters[];
const judge = (layers: Layers) => judged(mlp(layers, data.test.x), data.test.labels, 10);
const start = (key: Key): Layers => initMlp(key.at("network"), [PIXELS, 64, classes], { lastGain: Math.SQRT2 });

async function byLabels(key: Key, labelSmoothing: number): Promise<Judgement> {
  const { x, labels } = data.train;
  const loss = (layers: Layers, ids: Tensor<"i32">) =>
    sparseSoftmaxCrossEntropy(mlp(layers, gather(x, ids)), gather(labels, ids), { labelSmoothing }).mean();
  return judge(await trained(loss, start(key), count, recipe, key.at("order")));
}

async function bySelf(key: Key): Promise<Judgement> {
  const { x, labels } = data.train;
  const { epochs, learningRate, weightDecay = 0 } = recipe;
  const optimizer = sgd({ learningRate, momentum: 0.9 });
  const params = start(key);
  let held = { params, state: optimizer.init(params), memory: initPskdMemory(count, classes, x) };
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const step = ({ params, state, memory }: typeof held, ids: Tensor<"i32">): typeof held => {
      let logits: Tensor | undefined;
      const loss = (layers: Layers) => {
        logits = mlp(layers, gather(x, ids));
        const hard = oneHot(gather(labels, ids), classes, "f32");
        const past = readPskdMemory(memory, ids);
        const own = pskdLoss(logits, hard, past, { epoch, epochs, reduction: "mean" });
        return own.add(halfSquares(layers).mul(weightDecay));
      };
      const { updates, state: next } = optimizer.update(grad(loss)(params), state, params);
      return {
        params: applyUpdates(params, updates),
        state: next,
        memory: writePskdMemory(memory, ids, logits as Tensor), // after the step, from what the loss was computed of
      };
    };
    held = await passes(step, held, count, { epochs: 1, batch: recipe.batch }, key.at("order").at(epoch));
  }
  return judge(held.params);
}

describe("pskdLoss on pictures of clothes", () => {
  it("makes probabilities better, and costs no accuracy", async () => {
    const runs: Record<"self" | "labels" | "smoothed", Judgement>[] = [];
    for (const seed of seeds) {
      const key = randomKey(seed);
      runs.push({ self: await bySelf(key), labels: await byLabels(key, 0), smoothed: await byLabels(key, 0.1) });
    }
    const of = (which: keyof (typeof runs)[0], what: "accuracy" | "calibration" | "logLoss") =>
      mean(runs.map((run) => run[which][what]));
    const run = `Fashion-MNIST, 1000 images to learn from and 5000 to judge by, 64 hidden units, 60 epochs, ${seeds.length === 1 ? "seed 0" : "seeds 0 to 2"}`;
    tellClaim({
      ...{ method: "pskdLoss", run },
      claim: "a network that learns from its own past predictions is better calibrated than by cross-entropy",
      figure: `expected calibration error ${of("self", "calibration").toFixed(3)} against ${of("labels", "calibration").toFixed(3)}`,
      seen: of("self", "calibration") <= 0.8 * of("labels", "calibration"),
    });
    tellClaim({
      ...{ method: "pskdLoss", run },
      claim: "its log-loss is lower than by cross-entropy, and than by smoothed labels",
      figure: `${of("self", "logLoss").toFixed(3)} nats against ${of("labels", "logLoss").toFixed(3)} and ${of("smoothed", "logLoss").toFixed(3)}`,
      seen: of("self", "logLoss") <= Math.min(0.92 * of("labels", "logLoss"), of("smoothed", "logLoss")),
    });
    tellClaim({
      ...{ method: "pskdLoss", run },
      claim: "it is more accurate than by cross-entropy",
      figure: `${percent(of("self", "accuracy"))} against ${percent(of("labels", "accuracy"))}`,
      seen: of("self", "accuracy") > of("labels", "accuracy"),
    });
    expect(of("self", "accuracy")).toBeGreaterThanOrEqual(of("labels", "accuracy") - 0.01);
    expect(of("self", "calibration")).toBeLessThanOrEqual(0.8 * of("labels", "calibration"));
    expect(of("self", "logLoss")).toBeLessThanOrEqual(0.92 * of("labels", "logLoss"));
    expect(of("self", "logLoss")).toBeLessThan(of("smoothed", "logLoss"));
  }, 600_000);
});
