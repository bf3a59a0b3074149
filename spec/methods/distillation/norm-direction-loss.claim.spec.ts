import { evaluate, gather, type Key, randomKey, read, relu, type Tensor } from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { kdPlusPlusLoss, teacherClassMeans } from "cotangent/methods/distillation";
import { initMlp, type LinearParameters, linear, mlp } from "cotangent/methods/layers";
import { beforeAll, describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";
import { clothes, PIXELS } from "./support/clothes.js";
import { judged, mean, trained } from "./support/training.js";
import type { Examples } from "./support/two-mode-classes.js";

const long = process.env.COTANGENT_LONG === "1";
const [seeds, epochs] = long ? [[0, 1, 2, 3, 4], 40] : [[0], 10];
const [large, small, width, classes] = [6000, 1500, 64, 10];

let data: { readonly train: Examples; readonly test: Examples };
beforeAll(async () => {
  data = await clothes(large / classes);
}, 60_000);

type Layers = LinearParameters[];

/** The ReLU layer of 64, and the logits of it. */
function network(layers: Layers, x: Tensor) {
  const features = relu(mlp(layers.slice(0, 2), x));
  return { features, logits: linear(layers[2], features) };
}

interface Outcome {
  readonly accuracy: number;
  /** Mean length of a feature of a test image. */
  readonly length: number;
  /** Mean cosine between it and its class's mean in the teacher. */
  readonly cosine: number;
}

async function judgedFeatures(layers: Layers, means: ArrayLike<number>): Promise<Outcome> {
  const { features, logits } = network(layers, data.test.x);
  const { rows, ids } = await read({ rows: features, ids: data.test.labels });
  let [length, cosine] = [0, 0];
  ids.forEach((label, i) => {
    let [square, product, mark] = [0, 0, 0];
    for (let k = 0; k < width; k++) {
      const [x, c] = [rows[i * width + k], means[label * width + k]];
      [square, product, mark] = [square + x * x, product + x * c, mark + c * c];
    }
    length += Math.sqrt(square) / ids.length;
    cosine += square === 0 ? 0 : product / Math.sqrt(square * mark) / ids.length;
  });
  return { accuracy: (await judged(logits, data.test.labels)).accuracy, length, cosine };
}

async function students(key: Key): Promise<Readonly<Record<"plain" | "both" | "teacher", Outcome>>> {
  const { x, labels } = data.train;
  const of = <T extends Tensor | Tensor<"i32">>(all: T, ids: Tensor<"i32">) => gather(all as Tensor, ids) as T;
  const start = (name: string, hidden: number) =>
    initMlp(key.at(name), [PIXELS, hidden, width, classes], { lastGain: Math.SQRT2 });
  const teacher = await trained(
    (layers: Layers, ids) => sparseSoftmaxCrossEntropy(mlp(layers, of(x, ids)), of(labels, ids)).mean(),
    start("teacher", 256),
    large,
    { epochs: 3, learningRate: 0.05 },
    key.at("lessons"),
  );
  const said = evaluate(network(teacher, x));
  const means = evaluate(teacherClassMeans(said.features, labels, classes));
  const learn = (featureWeight: number) =>
    trained(
      (layers: Layers, ids) => {
        const other = { features: of(said.features, ids), logits: of(said.logits, ids) };
        const options = { featureWeight, reduction: "mean" } as const;
        return kdPlusPlusLoss(network(layers, of(x, ids)), other, means, of(labels, ids), options);
      },
      start("student", 24),
      small, // the first of the teacher's, which are in shuffled order
      { epochs, learningRate: 0.02 },
      key.at("order"),
    );
  const marks = await means.data();
  return {
    plain: await judgedFeatures(await learn(0), marks),
    both: await judgedFeatures(await learn(1), marks),
    teacher: await judgedFeatures(teacher, marks),
  };
}

describe("normDirectionLoss on pictures of clothes", () => {
  it("makes features longer and turns them towards their class, at no cost in accuracy", async () => {
    const runs: Awaited<ReturnType<typeof students>>[] = [];
    for (const seed of seeds) runs.push(await students(randomKey(seed)));
    const of = (which: keyof (typeof runs)[0], what: keyof Outcome) => mean(runs.map((run) => run[which][what]));
    const told = {
      method: "normDirectionLoss",
      run: `Fashion-MNIST, 1500 images to learn from and 5000 to judge by, ${epochs} epochs, ${seeds.length === 1 ? "seed 0" : "seeds 0 to 4"}`,
    };
    const moved = runs.filter(({ plain, both }) => both.length > plain.length && both.cosine > plain.cosine).length;
    tellClaim({
      ...told,
      claim: "features come out longer, and along their class's mean in the teacher",
      figure: `mean length ${of("both", "length").toFixed(1)} against ${of("plain", "length").toFixed(1)} (the teacher's ${of("teacher", "length").toFixed(1)}), cosine ${of("both", "cosine").toFixed(2)} against ${of("plain", "cosine").toFixed(2)}, in ${moved} of ${runs.length} runs`,
      seen: moved === runs.length,
    });
    tellClaim({
      ...told,
      claim: "the student is more accurate than by distilling logits alone",
      figure: `${percent(of("both", "accuracy"))} against ${percent(of("plain", "accuracy"))}`,
      seen: of("both", "accuracy") > of("plain", "accuracy") + 0.002,
    });
    expect(moved).toBe(runs.length);
    expect(of("both", "accuracy")).toBeGreaterThanOrEqual(of("plain", "accuracy") - 0.01);
  }, 600_000);
});
