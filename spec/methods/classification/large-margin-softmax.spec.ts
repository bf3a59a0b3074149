import { type Backend, cpu, grad, type Tensor, tensor, valueAndGrad } from "cotangent";
import {
  type LargeMarginSoftmaxLossOptions,
  largeMarginSoftmaxLoss,
  lSoftmaxLogits,
  sparseSoftmaxCrossEntropy,
} from "cotangent/methods/classification";
import { checkGradient, floats, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { gpu, law } from "../../support/law.js";
import {
  type AngularBatch,
  batches,
  logitsOf,
  norm,
  reflected,
  scaled,
  slopesOf,
  smoothBatches,
  tensorsOf,
  wOf,
  xOf,
} from "./support/angular-batches.js";

const margins = fc.integer({ min: 1, max: 8 });
const annealings = numbers({ min: 0, max: 20 });

function losses(batch: AngularBatch, options: LargeMarginSoftmaxLossOptions): Tensor {
  const { features, weights, labels } = tensorsOf(batch);
  return largeMarginSoftmaxLoss(features, weights, labels, options);
}

function slopes(batch: AngularBatch, loss: (features: Tensor, weights: Tensor, labels: Tensor<"i32">) => Tensor) {
  const { labels, ...at } = tensorsOf(batch);
  return grad(({ features, weights }: typeof at) => loss(features, weights, labels).sum())(at);
}

/** The softmax of a row. */
function softmaxOf(row: readonly number[]): number[] {
  const top = Math.max(...row);
  const terms = row.map((z) => Math.exp(z - top));
  const total = terms.reduce((a, b) => a + b, 0);
  return terms.map((term) => term / total);
}

describe("largeMarginSoftmaxLoss", () => {
  law("is −log softmax(z)_y", batches, margins, annealings, async (batch, margin, annealing) => {
    const expected = logitsOf(batch, margin, annealing).map((row, i) => {
      const top = Math.max(...row);
      return Math.log(row.reduce((sum, z) => sum + Math.exp(z - top), 0)) + top - row[batch.labels[i]];
    });
    const total = expected.reduce((a, b) => a + b, 0);
    await expectClose(losses(batch, { margin, annealing }), expected, { tolerance: 1e-12 });
    await expectClose(losses(batch, { margin, annealing, reduction: "sum" }), [total], { tolerance: 1e-12 });
    await expectClose(losses(batch, { margin, annealing, reduction: "mean" }), [total / batch.rows], {
      tolerance: 1e-12,
    });
  });

  law(
    "has gradient softmax(z) − onehot(y) by z, and that of f for the label",
    smoothBatches,
    annealings,
    async ({ batch, margin }, annealing) => {
      const toX = new Float64Array(batch.x.length);
      const toW = new Float64Array(batch.w.length);
      logitsOf(batch, margin, annealing).forEach((row, i) => {
        const [x, label] = [xOf(batch, i), batch.labels[i]];
        const shares = softmaxOf(row);
        const bySlope = shares.map((share, j) => share - Number(j === label));
        expect(Math.abs(bySlope.reduce((a, b) => a + b, 0))).toBeLessThan(1e-14);
        bySlope.forEach((by, j) => {
          const w = wOf(batch, j);
          const f = slopesOf(x, w, margin);
          const blend = (plain: number, inMargin: number) =>
            j === label ? (annealing * plain + inMargin) / (1 + annealing) : plain;
          for (let k = 0; k < batch.width; k++) {
            toX[i * batch.width + k] += by * blend(w[k], f.x[k]);
            toW[j * batch.width + k] += by * blend(x[k], f.w[k]);
          }
        });
      });
      const found = slopes(batch, (...at) => largeMarginSoftmaxLoss(...at, { margin, annealing }));
      await expectClose(found.features, toX, { tolerance: 1e-10 });
      await expectClose(found.weights, toW, { tolerance: 1e-10 });
    },
  );

  law("agrees with central differences to second order", smoothBatches, annealings, async (problem, annealing) => {
    const { labels, ...at } = tensorsOf(problem.batch);
    const options = { margin: problem.margin, annealing, reduction: "sum" } as const;
    const f = ({ features, weights }: typeof at) => largeMarginSoftmaxLoss(features, weights, labels, options);
    await checkGradient(f, at, { order: 2 });
  });

  law("is softmax cross-entropy for m = 1, value and gradient", batches, async (batch) => {
    const plain = (features: Tensor, weights: Tensor, labels: Tensor<"i32">) =>
      sparseSoftmaxCrossEntropy(features.matmul(weights.transpose()), labels);
    const { features, weights, labels } = tensorsOf(batch);
    await expectClose(losses(batch, { margin: 1 }), plain(features, weights, labels), { tolerance: 0 });
    const [found, expected] = [
      slopes(batch, (...at) => largeMarginSoftmaxLoss(...at, { margin: 1 })),
      slopes(batch, plain),
    ];
    await expectClose(found.features, expected.features, { tolerance: 1e-14 });
    await expectClose(found.weights, expected.weights, { tolerance: 1e-14 });
  });

  law("comes to softmax cross-entropy as annealing grows", batches, margins, async (batch, margin) => {
    const plain = await losses(batch, { margin: 1 }).data();
    for (const annealing of [0, 0.5, 10, 1e4, 1e12]) {
      const found = await losses(batch, { margin, annealing }).data();
      found.forEach((loss, i) => {
        const most = ((2 * margin - 2) * norm(wOf(batch, batch.labels[i])) * norm(xOf(batch, i))) / (1 + annealing);
        expect(loss - plain[i]).toBeGreaterThan(-1e-12);
        expect(loss - plain[i]).toBeLessThan(most + 1e-12);
      });
    }
    const [limit, expected] = [{ margin, annealing: 1e15 }, { margin: 1 }].map((options) =>
      slopes(batch, (...at) => largeMarginSoftmaxLoss(...at, options)),
    );
    await expectClose(limit.features, expected.features, { tolerance: 1e-11 });
    await expectClose(limit.weights, expected.weights, { tolerance: 1e-11 });
  });

  law("rises with the margin and falls with annealing", batches, annealings, async (batch, annealing) => {
    let below = await losses(batch, { margin: 1 }).data();
    for (let margin = 2; margin <= 8; margin++) {
      const found = await losses(batch, { margin, annealing }).data();
      const eased = await losses(batch, { margin, annealing: annealing + 0.5 }).data();
      found.forEach((loss, i) => {
        expect(loss).toBeGreaterThan(below[i] - 1e-12);
        expect(eased[i]).toBeLessThan(loss + 1e-12);
      });
      below = found;
    }
  });

  law("does not change when all is rotated together", batches, floats([4], { min: 0.5, max: 2 }), async (batch, v) => {
    const axis = v.subarray(0, batch.width);
    const turned = { ...batch, x: reflected(batch.x, axis), w: reflected(batch.w, axis) };
    const before = await losses(batch, { margin: 3 }).data();
    await expectClose(losses(turned, { margin: 3 }), before, { tolerance: 1e-11 });
  });

  law(
    "leaves a gap of (m − 1)/(m + 1) of the angle between two classes of equal norms",
    numbers({ min: 0.1, max: 3 }),
    numbers({ min: 0.5, max: 3 }),
    margins,
    floats([8], { min: 0, max: 1 }),
    async (alpha, length, margin, shares) => {
      const boundary = alpha / (margin + 1);
      const angles = [boundary, alpha - boundary, ...shares.map((share) => share * alpha)];
      const difference = async (label: number) => {
        const x = tensor(Float64Array.from(angles.flatMap((theta) => [2 * Math.cos(theta), 2 * Math.sin(theta)])), {
          shape: [angles.length, 2],
        });
        const w = tensor(Float64Array.of(length, 0, length * Math.cos(alpha), length * Math.sin(alpha)), {
          shape: [2, 2],
        });
        const z = await lSoftmaxLogits(x, w, tensor(Int32Array.from(angles, () => label)), { margin }).data();
        return angles.map((_, i) => (z[2 * i + label] - z[2 * i + 1 - label]) / (2 * length));
      };
      const [first, second] = [await difference(0), await difference(1)];
      expect(Math.abs(first[0])).toBeLessThan(1e-12);
      expect(Math.abs(second[1])).toBeLessThan(1e-12);
      angles.forEach((theta, i) => {
        const [own, other] = [theta, alpha - theta];
        if (Math.abs(own - boundary) < 1e-6 || Math.abs(other - boundary) < 1e-6) return;
        expect(first[i] > 0).toBe(own < boundary);
        expect(second[i] > 0).toBe(other < boundary);
        if (own <= Math.PI / margin) expect(first[i] > 0).toBe(own < other / margin);
      });
    },
  );

  it("is finite, value and gradient, at logits of ±500 and more", async () => {
    const batch = { rows: 2, classes: 2, width: 2, labels: Int32Array.of(0, 1) };
    const x = Float64Array.of(20, 10, -15, 25);
    const w = Float64Array.of(20, -10, 15, 18);
    for (const factor of [1, 1e6]) {
      const big = scaled({ ...batch, x, w }, factor);
      const found = slopes(big, (...at) => largeMarginSoftmaxLoss(...at));
      for (const part of [losses(big, {}), found.features, found.weights]) {
        expect((await part.data()).every(Number.isFinite)).toBe(true);
      }
    }
  });

  it("is NaN where a label that was not looked at is no class", async () => {
    const { features, weights } = tensorsOf({
      rows: 1,
      classes: 2,
      width: 1,
      x: Float64Array.of(2),
      w: Float64Array.of(1, 3),
      labels: Int32Array.of(0),
    });
    const loss = largeMarginSoftmaxLoss(features, weights, tensor(Int32Array.of(1)).add(1));
    expect(await loss.item()).toBeNaN();
  });

  it("is the same in single precision on every backend, value and gradient", async () => {
    const on = async (place: { readonly backend?: Backend }) => {
      const at = {
        features: tensor([1.2, -0.7, 0.3, -2, 0.5, 0.9, 0, 0, 0], { ...place, shape: [3, 3] }),
        weights: tensor([0.8, 0.1, -0.5, 0.4, 1.1, 0.2], { ...place, shape: [2, 3] }),
      };
      const labels = tensor(Int32Array.of(0, 0, 1), place);
      const f = ({ features, weights }: typeof at) =>
        largeMarginSoftmaxLoss(features, weights, labels, { annealing: 0.5, onWarning: () => {} }).sum();
      const { value, grad: slope } = valueAndGrad(f)(at);
      return [await value.item(), ...(await slope.features.data()), ...(await slope.weights.data())];
    };
    const expected = await on({ backend: cpu() });
    await expectClose(await on({}), expected, { tolerance: 3e-6 }); // single precision, slopes of T_4 up to 16
    if (gpu !== undefined) await expectClose(await on({ backend: gpu }), expected, { tolerance: 3e-6 }); // the same
  });

  it("names what is wrong", () => {
    const name = "largeMarginSoftmaxLoss";
    const [x, w] = [tensor([[1, 2]]), tensor([1, 0, 0, 1], { shape: [2, 2] })];
    const call =
      (options: object, id = 0, of = x) =>
      () =>
        largeMarginSoftmaxLoss(of, w, tensor(Int32Array.of(id)), options);
    expect(call({ reduction: "max" })).toThrow(`${name}: reduction is "max" but must be one of none, mean, sum`);
    expect(call({ margin: 1.5 })).toThrow(`${name}: margin is 1.5 but must be a whole number ≥ 1`);
    expect(call({ annealing: -1 })).toThrow(`${name}: annealing is -1 but must be a finite number ≥ 0`);
    expect(call({}, 2)).toThrow(`${name}: labels is 2 at [0] but must be in [0, 2)`);
    expect(call({}, -1)).toThrow(`${name}: labels is -1 at [0] but must be in [0, 2)`);
    expect(call({ bias: w })).toThrow(
      `${name}: options has a bias but must have none; the margin is between directions`,
    );
    expect(call({}, 0, tensor([[0, 0]]))).toThrow(
      `${name}: features is zero in row 0 but must have a direction there; with onWarning the margin's part is 0`,
    );
    expect(call({}, 0, tensor([[Number.NaN, 0]]))).toThrow(`${name}: features is NaN at [0, 0] but must be finite`);
  });
});

finiteAtExtremes(
  "largeMarginSoftmaxLoss",
  (x, { labels }) => largeMarginSoftmaxLoss(x, extreme.identity(x), labels, { margin: 4, annealing: 1 }),
  { cancels: true },
);
