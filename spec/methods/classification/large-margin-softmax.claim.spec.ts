import { argmax, gather, type Key, normal, permutation, randomKey, read, type Tensor, tensor } from "cotangent";
import { largeMarginSoftmaxLoss, lSoftmaxAnneal, lSoftmaxLogits } from "cotangent/methods/classification";
import { initMlp, type LinearParameters, mlp } from "cotangent/methods/layers";
import { adam, optimize } from "cotangent/methods/optimizers";
import { beforeAll, describe, expect, it } from "vitest";
import { type FashionImage, loadFashionMnist } from "../../../datasets/fashion-mnist.js";
import { percent, tellClaim } from "../../support/claims.js";

const long = process.env.COTANGENT_LONG === "1";
const [epochs, seeds, margins] = long ? [15, [0, 1, 2], [1, 2, 4]] : [5, [0], [1, 4]];
const rate = 15 / epochs; // the margin has come as far at the end, however short the run
const [pixels, width, classes, batch] = [784, 10, 10, 128];

interface Images {
  readonly x: Tensor;
  readonly labels: Int32Array;
}
let [train, test]: Images[] = [];

beforeAll(async () => {
  const data = await loadFashionMnist({ trainEach: 1000, testEach: 1000 });
  const centre = new Float64Array(pixels);
  for (const image of data.train) {
    image.pixels.forEach((grey, i) => {
      centre[i] += grey / data.train.length;
    });
  }
  const centred = (images: readonly FashionImage[]) => {
    const x = Float32Array.from({ length: images.length * pixels }, (_, i) => {
      return (images[Math.floor(i / pixels)].pixels[i % pixels] - centre[i % pixels]) / 255;
    });
    const labels = Int32Array.from(images, ({ label }) => label);
    return { x: tensor(x, { shape: [images.length, pixels] }), labels };
  };
  [train, test] = [centred(data.train), centred(data.test)];
}, 60_000);

type Network = { readonly layers: LinearParameters[]; readonly weights: Tensor };

interface Geometry {
  /** Mean angle between a feature and the weight of its class, in degrees. */
  readonly toWeight: number;
  /** Mean angle between two centres of unit features over the mean angle of a feature to its own. */
  readonly separation: number;
  /** On the test images. */
  readonly accuracy: number;
}

const lengthOf = (v: ArrayLike<number>) =>
  Math.sqrt(Array.from(v, (value) => value * value).reduce((a, b) => a + b, 0));

/** In degrees. */
function angle(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let product = 0;
  for (let i = 0; i < a.length; i++) product += a[i] * b[i];
  const cosine = product / (lengthOf(a) * lengthOf(b));
  return (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI;
}

const mean = (values: readonly number[]) => values.reduce((total, value) => total + value, 0) / values.length;

async function trained(margin: number, key: Key): Promise<Geometry> {
  const start: Network = {
    layers: initMlp(key.at("layers"), [pixels, 128, width]),
    weights: normal(key.at("weights"), [classes, width]).mul(1 / Math.sqrt(width)),
  };
  const loss = ({ layers, weights }: Network, ids: Tensor<"i32">, labels: Tensor<"i32">, annealing: number) => {
    const features = mlp(layers, gather(train.x, ids));
    return largeMarginSoftmaxLoss(features, weights, labels, { margin, annealing, reduction: "mean" });
  };
  using training = optimize(loss, start, adam({ learningRate: 1e-3 }));
  const count = train.labels.length;
  for (let epoch = 0, step = 0; epoch < epochs; epoch++) {
    const order = await permutation(key.at("order", epoch), count).data();
    for (let from = 0; from + batch <= count; from += batch, step++) {
      const ids = order.slice(from, from + batch);
      const labels = tensor(ids.map((id) => train.labels[id]));
      await training.step(tensor(ids), labels, lSoftmaxAnneal(step, { rate }));
    }
  }
  return geometry(training.params);
}

async function geometry({ layers, weights }: Network): Promise<Geometry> {
  const features = mlp(layers, train.x);
  const logits = lSoftmaxLogits(mlp(layers, test.x), weights, tensor(test.labels), { margin: 1 });
  const values = await read({ features, weights, guess: argmax(logits, 1) });
  const rowOf = (rows: ArrayLike<number>, i: number) => Array.from({ length: width }, (_, k) => rows[i * width + k]);
  const centres = Array.from({ length: classes }, () => new Float64Array(width));
  const rows = Array.from(train.labels, (label, i) => ({ label, row: rowOf(values.features, i) }));
  for (const { label, row } of rows) {
    const length = lengthOf(row);
    row.forEach((value, k) => {
      centres[label][k] += value / length;
    });
  }
  const between = centres.flatMap((a, i) => centres.slice(i + 1).map((b) => angle(a, b)));
  return {
    toWeight: mean(rows.map(({ label, row }) => angle(row, rowOf(values.weights, label)))),
    separation: mean(between) / mean(rows.map(({ label, row }) => angle(row, centres[label]))),
    accuracy: mean(Array.from(test.labels, (label, i) => Number(values.guess[i] === label))),
  };
}

describe("largeMarginSoftmaxLoss on Fashion-MNIST", () => {
  it("draws features to the weight of their class, and classes apart", async () => {
    const found: Geometry[] = [];
    for (const margin of margins) {
      const runs: Geometry[] = [];
      for (const seed of seeds) runs.push(await trained(margin, randomKey(seed)));
      found.push({
        toWeight: mean(runs.map(({ toWeight }) => toWeight)),
        separation: mean(runs.map(({ separation }) => separation)),
        accuracy: mean(runs.map(({ accuracy }) => accuracy)),
      });
    }
    const [first, last] = [found[0], found[found.length - 1]];
    const each = (of: (geometry: Geometry) => string) => `${found.map(of).join(", ")} for m = ${margins.join(", ")}`;
    const about = {
      method: "largeMarginSoftmaxLoss",
      run: `Fashion-MNIST, ${train.labels.length} training and ${test.labels.length} test images, perceptron ${pixels}–128–${width}, ${epochs} epochs, means over seeds ${seeds.join(", ")}`,
    };
    tellClaim({
      ...about,
      claim: "The larger m, the nearer features lie to the weight of their class.",
      figure: `mean angle ${each(({ toWeight }) => `${toWeight.toFixed(0)}°`)}`,
      seen:
        found.every(({ toWeight }, i) => i === 0 || toWeight < found[i - 1].toWeight) &&
        last.toWeight <= 0.6 * first.toWeight,
    });
    tellClaim({
      ...about,
      claim: "The larger m, the further apart classes lie for how wide they are.",
      figure: `angle between class centres over angle to the own centre ${each(({ separation }) => separation.toFixed(1))}`,
      seen: found.every(({ separation }, i) => i === 0 || separation > found[i - 1].separation),
    });
    tellClaim({
      ...about,
      claim: "A larger m raises the test accuracy.",
      figure: each(({ accuracy }) => percent(accuracy)),
      seen: found.every(({ accuracy }, i) => i === 0 || accuracy > found[i - 1].accuracy),
    });
    tellClaim({
      ...about,
      claim: `A margin of ${margins[1]} costs at most a point of test accuracy.`,
      figure: `${percent(found[1].accuracy)} against ${percent(first.accuracy)}`,
      seen: found[1].accuracy >= first.accuracy - 0.01,
    });
    for (let i = 1; i < found.length; i++) {
      expect(found[i].toWeight).toBeLessThan(found[i - 1].toWeight);
      expect(found[i].separation).toBeGreaterThan(found[i - 1].separation);
    }
    expect(last.toWeight).toBeLessThanOrEqual(0.6 * first.toWeight);
    // Five epochs are too few for the accuracy to settle.
    if (long) expect(found[1].accuracy).toBeGreaterThanOrEqual(first.accuracy - 0.01);
  }, 600_000);
});
