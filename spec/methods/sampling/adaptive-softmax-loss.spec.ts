import { cpu, grad, leavesOf, randomKey, read, type Tensor, takeAlongAxis, tensor, valueAndGrad } from "cotangent";
import { linearSoftmaxCrossEntropy } from "cotangent/methods/classification";
import {
  type AdaptiveSoftmax,
  adaptiveSoftmax,
  adaptiveSoftmaxLogProbabilities,
  adaptiveSoftmaxLoss,
} from "cotangent/methods/sampling";
import { checkGradient } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes, SIZE } from "../../support/extremes.js";
import { gpu, law } from "../../support/law.js";
import { adaptiveProblems, definitionOf, hiddenOf, largeLayer, layerOf, unknown } from "./support/adaptive-layers.js";

type Inputs = { readonly hidden: Tensor; readonly layer: AdaptiveSoftmax };

const lossOf =
  (labels: Tensor<"i32">) =>
  ({ hidden, layer }: Inputs): Tensor =>
    adaptiveSoftmaxLoss(hidden, layer, labels, { reduction: "mean" });

/** The mean of −log p(y | h), from the log-probabilities of all classes. */
const lossOfAll =
  (labels: Int32Array) =>
  ({ hidden, layer }: Inputs): Tensor => {
    const all = adaptiveSoftmaxLogProbabilities(hidden, layer);
    return takeAlongAxis(all, tensor(labels, { shape: [labels.length, 1] }) as Tensor<"i32">)
      .mean()
      .neg();
  };

/** Throws unless all the losses have the same value and the same gradients. */
async function expectSame(x: Inputs, ...losses: readonly ((x: Inputs) => Tensor)[]): Promise<void> {
  const [expected, ...found] = await read(losses.map((loss) => leavesOf(valueAndGrad(loss)(x))));
  for (const leaves of found) {
    for (const [i, values] of leaves.entries()) await expectClose(values, expected[i], { tolerance: 1e-12 });
  }
}

describe("adaptiveSoftmaxLoss", () => {
  law("is −log p(y | h), value and all gradients, wherever the labels are known", adaptiveProblems, async (problem) => {
    const x = { hidden: hiddenOf(problem), layer: layerOf(problem) };
    const { labels } = problem;
    await expectSame(x, lossOfAll(labels), lossOf(tensor(labels)), lossOf(unknown(labels)));
    const rows = (await definitionOf(problem)).map(({ logProbabilities }, i) => -logProbabilities[problem.labels[i]]);
    await expectClose(adaptiveSoftmaxLoss(x.hidden, x.layer, tensor(problem.labels)), rows, { tolerance: 1e-12 });
    const sum = adaptiveSoftmaxLoss(x.hidden, x.layer, tensor(problem.labels), { reduction: "sum" });
    await expectClose(sum, [rows.reduce((total, loss) => total + loss, 0)], { tolerance: 1e-12 });
  });

  it("is so for batches of any size, with rows that fill up a tail's", async () => {
    for (const rows of [17, 33, 77]) {
      const layer = largeLayer(randomKey(rows), 30, [4, 12]);
      const values = Float64Array.from({ length: rows * 8 }, (_, i) => Math.sin(i * i));
      const labels = Int32Array.from({ length: rows }, (_, i) => (i * i + 3 * i) % 30);
      const x = { hidden: tensor(values, { shape: [rows, 8] }), layer };
      await expectSame(x, lossOfAll(labels), lossOf(tensor(labels)));
    }
  });

  it("keeps a row without a number out of the tails of others, also where rows fill up", async () => {
    const layer = largeLayer(randomKey(2), 30, [4]);
    const values = Float64Array.from({ length: 18 * 8 }, (_, i) => (i < 8 ? Number.NaN : Math.sin(i)));
    const labels = Int32Array.from({ length: 18 }, (_, i) => (i === 0 ? 0 : 4 + i)); // 17 rows, filled up to 18
    const hidden = tensor(values, { shape: [18, 8] });
    const loss = (of: AdaptiveSoftmax) => adaptiveSoftmaxLoss(hidden, of, tensor(labels), { reduction: "sum" });
    const [{ weights, projection }] = (await read(grad(loss)(layer))).tails;
    expect(weights.every(Number.isFinite) && projection.every(Number.isFinite)).toBe(true);
  });

  law(
    "has slope softmax − onehot in the scores of the head, and of a tail on its rows",
    adaptiveProblems,
    async (problem) => {
      const { classes, cutoffs, labels } = problem;
      const layer = layerOf({ ...problem, bias: true });
      const total = (of: AdaptiveSoftmax) =>
        adaptiveSoftmaxLoss(hiddenOf(problem), of, tensor(labels), { reduction: "sum" });
      const slope = await read(grad(total)(layer));
      const rows = await definitionOf({ ...problem, bias: true });
      const frequent = cutoffs[0] ?? classes;
      const tailOf = (label: number) => cutoffs.filter((start) => start <= label).length - 1;
      const head = new Float64Array(frequent + cutoffs.length);
      const tails = layer.tails.map(({ weights }) => new Float64Array(weights.size));
      rows.forEach(({ first, tails: ofTails }, r) => {
        const i = tailOf(labels[r]);
        first.forEach((log, k) => {
          head[k] += Math.exp(log) - Number(k === (i < 0 ? labels[r] : frequent + i));
        });
        if (i < 0) return;
        const { inner, scores } = ofTails[i];
        const sum = scores.reduce((s, score) => s + Math.exp(score), 0);
        scores.forEach((score, k) => {
          const share = Math.exp(score) / sum - Number(cutoffs[i] + k === labels[r]);
          inner.forEach((value, j) => {
            tails[i][k * inner.length + j] += share * value;
          });
        });
      });
      await expectClose(slope.headBias!, head, { tolerance: 1e-12 });
      for (const [i, expected] of tails.entries())
        await expectClose(slope.tails[i].weights, expected, { tolerance: 1e-12 });
    },
  );

  law("takes nothing to a tail from rows whose label is elsewhere", adaptiveProblems, async (problem) => {
    const { cutoffs, classes, labels, features } = problem;
    for (const make of [(y: Int32Array) => tensor(y), unknown]) {
      const slopes = async (values: Float64Array) => {
        const hidden = hiddenOf({ ...problem, hidden: values });
        const f = (layer: AdaptiveSoftmax) => adaptiveSoftmaxLoss(hidden, layer, make(labels), { reduction: "sum" });
        return (await read(grad(f)(layerOf(problem)))).tails;
      };
      const plain = await slopes(problem.hidden);
      for (const [i, start] of cutoffs.entries()) {
        const isIn = (row: number) => labels[row] >= start && labels[row] < (cutoffs[i + 1] ?? classes);
        const others = await slopes(problem.hidden.map((h, j) => (isIn(Math.floor(j / features)) ? h : h + 1)));
        expect(others[i]).toEqual(plain[i]);
        if (labels.some((_, row) => isIn(row))) continue;
        expect(plain[i].projection.every((value) => value === 0)).toBe(true);
        expect(plain[i].weights.every((value) => value === 0)).toBe(true);
      }
    }
  });

  law("is a full softmax without tails", adaptiveProblems, async (problem) => {
    const plain = { ...problem, cutoffs: [] };
    const full = ({ hidden, layer: { head, headBias } }: Inputs) =>
      linearSoftmaxCrossEntropy(hidden, head, headBias, tensor(problem.labels), { reduction: "mean" });
    await expectSame({ hidden: hiddenOf(problem), layer: layerOf(plain) }, full, lossOf(tensor(problem.labels)));
  });

  law("is the head's softmax with one class in each tail", adaptiveProblems, async (problem) => {
    const cutoffs = [...Array(problem.classes).keys()].slice(1);
    const layer = layerOf({ ...problem, cutoffs });
    const full = ({ hidden, layer: { head, headBias } }: Inputs) =>
      linearSoftmaxCrossEntropy(hidden, head, headBias, tensor(problem.labels), { reduction: "mean" });
    await expectSame({ hidden: hiddenOf(problem), layer }, full, lossOf(tensor(problem.labels)));
  });

  it("agrees with central differences to second order", async () => {
    const problem = {
      classes: 6,
      features: 3,
      cutoffs: [2, 4],
      divValue: 1.5,
      bias: true,
      seed: 4,
      rows: 3,
      hidden: Float64Array.of(0.4, -1, 0.7, 1.2, 0.3, -0.5, 0.6, 0.9, -0.8),
      labels: Int32Array.of(0, 5, 3),
    };
    const x = { hidden: hiddenOf(problem), layer: layerOf(problem) };
    await checkGradient(lossOf(tensor(problem.labels)), x, { order: 2 });
    await checkGradient(lossOf(unknown(problem.labels)), x, { order: 2 });
  });

  it("is NaN for a label on a device that is no class", async () => {
    const layer = largeLayer(randomKey(1), 6, [2, 4]);
    const hidden = tensor(new Float64Array(24).fill(0.1), { shape: [3, 8] });
    const losses = await adaptiveSoftmaxLoss(hidden, layer, unknown(Int32Array.of(6, -1, 5))).data();
    expect([...losses].map(Number.isNaN)).toEqual([true, true, false]);
  });

  it("is the same in single precision on every backend, value and gradient", async () => {
    const on = async (backend?: ReturnType<typeof cpu>) => {
      const place = backend === undefined ? {} : { backend };
      const layer = adaptiveSoftmax(randomKey(5, place), { classes: 12, features: 6, cutoffs: [4] });
      const values = Float32Array.from({ length: 36 }, (_, i) => 3 * Math.sin(i));
      const hidden = tensor(values, { ...place, shape: [6, 6] });
      const labels = tensor(
        Int32Array.from({ length: 6 }, (_, i) => 2 * i + 1),
        place,
      );
      const { value, grad: slope } = await read(valueAndGrad(lossOf(labels))({ hidden, layer }));
      const { tails, head } = slope.layer;
      return [...value, ...slope.hidden, ...head, ...tails.flatMap((tail) => [...tail.projection, ...tail.weights])];
    };
    const expected = await on(cpu());
    await expectClose(await on(), expected, { tolerance: 1e-6 }); // single precision
    if (gpu !== undefined) await expectClose(await on(gpu), expected, { tolerance: 2e-6 }); // single precision
  });

  it("names what is wrong", () => {
    const layer = largeLayer(randomKey(1), 6, [2, 4]);
    const hidden = tensor(new Float64Array(8), { shape: [1, 8] });
    const call = (labels: Int32Array, options = {}) => adaptiveSoftmaxLoss(hidden, layer, tensor(labels), options);
    expect(() => call(Int32Array.of(6))).toThrow("adaptiveSoftmaxLoss: labels holds 6 at 0 but must be in [0, 6)");
    expect(() => call(Int32Array.of(-1))).toThrow("adaptiveSoftmaxLoss: labels holds -1 at 0 but must be in [0, 6)");
    expect(() => call(Int32Array.of(1, 2))).toThrow("adaptiveSoftmaxLoss: labels has shape [2] but must be [1]");
    expect(() => call(Int32Array.of(1), { reduction: "max" })).toThrow(
      'adaptiveSoftmaxLoss: reduction is "max" but must be one of none, mean, sum',
    );
    const empty = tensor(new Float64Array(0), { shape: [0, 8] });
    expect(() => adaptiveSoftmaxLoss(empty, layer, tensor(new Int32Array(0)))).toThrow(
      "adaptiveSoftmaxLoss: hidden has shape [0, 8] but must have a row",
    );
  });
});

finiteAtExtremes(
  "adaptiveSoftmaxLoss",
  (x, { labels }) => {
    // Five classes and the tail's row in the head, then a tail of three: together all eight columns.
    const all = Array.from({ length: SIZE * SIZE }, (_, i) => (i % (SIZE + 1) === 0 ? 1 : 0));
    const [head, projection] = [
      extreme.beside(x, all.slice(0, 48), [6, SIZE]),
      extreme.beside(x, all.slice(40), [3, SIZE]),
    ];
    const weights = extreme.beside(x, [1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3]);
    return adaptiveSoftmaxLoss(x, { head, tails: [{ projection, weights }] }, labels);
  },
  { cancels: true },
);
