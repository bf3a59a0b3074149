import { argmax, compile, grad, type Tensor, tensor } from "cotangent";
import { lSoftmaxLogits } from "cotangent/methods/classification";
import { checkGradient, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import {
  type AngularBatch,
  batches,
  dot,
  logitsOf,
  norm,
  scaled,
  slopesOf,
  smoothBatches,
  tensorsOf,
  wOf,
  xOf,
} from "./support/angular-batches.js";

const margins = fc.integer({ min: 1, max: 8 });
const annealings = numbers({ min: 0, max: 20 });

function logits(batch: AngularBatch, options: Parameters<typeof lSoftmaxLogits>[3]): Tensor {
  const { features, weights, labels } = tensorsOf(batch);
  return lSoftmaxLogits(features, weights, labels, options);
}

const single = (x: number[], ...w: number[][]): AngularBatch => ({
  rows: 1,
  classes: w.length,
  width: x.length,
  x: Float64Array.from(x),
  w: Float64Array.from(w.flat()),
  labels: Int32Array.of(0),
});

/** The label's logit of the first row, and its gradient by features and weights. */
function slopes(batch: AngularBatch, margin: number) {
  const { features, weights, labels } = tensorsOf(batch);
  const target = (at: { features: Tensor; weights: Tensor }) =>
    lSoftmaxLogits(at.features, at.weights, labels, { margin })
      .mul(tensor(Float64Array.from({ length: batch.classes }, (_, j) => Number(j === batch.labels[0]))))
      .sum();
  return { value: target({ features, weights }), ...grad(target)({ features, weights }) };
}

describe("lSoftmaxLogits", () => {
  law("are inner products but for the label's", batches, margins, annealings, async (batch, margin, annealing) => {
    const expected = logitsOf(batch, margin, annealing).flat();
    await expectClose(logits(batch, { margin, annealing }), expected, { tolerance: 1e-12 });
    await expectClose(logits(batch, { margin }), logitsOf(batch, margin).flat(), { tolerance: 1e-12 });
    const compiled = tensor(Float64Array.of(annealing)).reshape([]);
    await expectClose(logits(batch, { margin, annealing: compiled }), expected, { tolerance: 1e-12 });
  });

  it("have a margin of 4 and no annealing by default", async () => {
    const batch = single([1, 2], [0.5, -1], [1, 1]);
    const byDefault = await logits(batch, {}).data();
    expect(byDefault).toEqual(await logits(batch, { margin: 4, annealing: 0 }).data());
    expect(byDefault).not.toEqual(await logits(batch, { margin: 5 }).data());
    expect(byDefault).not.toEqual(await logits(batch, { annealing: 1 }).data());
  });

  law("have the gradients of f in closed form", smoothBatches, async ({ batch: { x, w, width }, margin }) => {
    const batch = single([...x.subarray(0, width)], [...w.subarray(0, width)], [...w.subarray(width, 2 * width)]);
    const found = slopes(batch, margin);
    const expected = slopesOf(batch.x, wOf(batch, 0), margin);
    await expectClose(found.features, expected.x, { tolerance: 1e-10 });
    await expectClose(found.weights, [...expected.w, ...Array(width).fill(0)], { tolerance: 1e-10 });
  });

  law("have ∂f/∂w = 4sc·x − (‖x‖/‖w‖)(2sc² + 1)·w for m = 2", batches, async (from) => {
    const batch = single([...xOf(from, 0)], [...wOf(from, 0)], [...wOf(from, 1)]);
    const [x, w] = [batch.x, wOf(batch, 0)];
    const c = dot(x, w) / (norm(x) * norm(w));
    const s = Math.sign(c);
    const expected = x.map((xk, i) => 4 * s * c * xk - (norm(x) / norm(w)) * (2 * s * c * c + 1) * w[i]);
    const { weights } = slopes(batch, 2);
    await expectClose((await weights.data()).subarray(0, x.length), expected, { tolerance: 1e-10 });
  });

  law("agree with central differences to second order", smoothBatches, annealings, async (problem, annealing) => {
    const { labels, ...at } = tensorsOf(problem.batch);
    const f = ({ features, weights }: typeof at) => {
      const z = lSoftmaxLogits(features, weights, labels, { margin: problem.margin, annealing });
      return z.mul(z).sum();
    };
    await checkGradient(f, at, { order: 2 });
  });

  it("have a continuous gradient across every breakpoint", async () => {
    for (let m = 2; m <= 8; m++) {
      for (let j = 1; j < m; j++) {
        const at = (by: number) => {
          const theta = (j * Math.PI) / m + by;
          return slopes(single([2 * Math.cos(theta), 2 * Math.sin(theta)], [3, 0], [0, 1]), m);
        };
        const [before, on, after] = [at(-1e-10), at(0), at(1e-10)];
        for (const part of ["value", "features", "weights"] as const) {
          await expectClose(before[part], on[part], { tolerance: 1e-7 }); // f'' is up to 6m² there
          await expectClose(after[part], on[part], { tolerance: 1e-7 }); // f'' is up to 6m² there
        }
        await expectClose(on.value, [6 * (1 - 2 * j)], { tolerance: 1e-12 });
        const step = 1e-6; // differences of order h where the curvature jumps
        const [right, left] = [await at(step).value.item(), await at(-step).value.item()];
        expect(Math.abs(right - left) / (2 * step)).toBeLessThan(1e-3); // along the circle f is flat here
      }
    }
  });

  law("are plain inner products for m = 1, and predict by them", batches, async (batch) => {
    const { features, weights } = tensorsOf(batch);
    const plain = features.matmul(weights.transpose());
    await expectClose(logits(batch, { margin: 1 }), plain, { tolerance: 0 });
    await expectClose(logits(batch, { margin: 1, annealing: 3 }), plain, { tolerance: 0 });
    const guess = await argmax(logits(batch, { margin: 1 }), 1).data();
    const best = Array.from(batch.labels, (_, i) => {
      const products = Array.from({ length: batch.classes }, (__, j) => dot(xOf(batch, i), wOf(batch, j)));
      return products.indexOf(Math.max(...products));
    });
    expect([...guess]).toEqual(best);
  });

  law("scale with each norm, so that x · ∂z_y/∂x = z_y = w_y · ∂z_y/∂w_y", batches, margins, async (batch, margin) => {
    const z = await logits(batch, { margin }).data();
    for (const [ofX, ofW] of [
      [2.5, 1],
      [1, 0.3],
      [1e160, 1], // squares overflow
      [1e-200, 1], // squares vanish
      [1, 1e-200],
    ]) {
      const found = await logits(scaled(batch, ofX, ofW), { margin }).data();
      await expectClose(
        found.map((value) => value / ofX / ofW),
        z,
        { tolerance: 1e-12 },
      );
    }
    const { value, features, weights } = slopes(batch, margin);
    const target = await value.item();
    const [toX, toW] = [await features.data(), await weights.data()];
    expect(Math.abs(dot(toX, batch.x) - target)).toBeLessThan(1e-9 * Math.max(1, Math.abs(target)));
    expect(Math.abs(dot(toW, batch.w) - target)).toBeLessThan(1e-9 * Math.max(1, Math.abs(target)));
  });

  it("are right where features are parallel, antiparallel or numbers, value and gradient", async () => {
    for (let margin = 1; margin <= 8; margin++) {
      for (const [x, w] of [
        [
          [1, 2, 3],
          [0.3, 0.6, 0.9],
        ],
        [
          [1, 2, 3],
          [-0.3, -0.6, -0.9],
        ],
        [[0.7], [3]],
        [[0.7], [-3]],
      ]) {
        const isParallel = x[0] * w[0] > 0;
        const { value, features, weights } = slopes(single(x, w, x), margin);
        const psi = isParallel ? 1 : 1 - 2 * margin;
        const lengths = norm(x) * norm(w);
        await expectClose(value, [lengths * psi], { tolerance: 1e-13 });
        await expectClose(
          features,
          x.map((xk) => (xk / norm(x)) * norm(w) * psi), // along the ray, where f is linear; flat across it
          { tolerance: 1e-10 },
        );
        const toLabel = (await weights.data()).subarray(0, x.length);
        await expectClose(
          toLabel,
          w.map((wk) => (wk / norm(w)) * norm(x) * psi),
          { tolerance: 1e-10 },
        );
      }
    }
  });

  it("take zeros with onWarning: no margin there, and no gradient from it", async () => {
    const messages: string[] = [];
    const onWarning = (message: string) => messages.push(message);
    const labels = tensor(Int32Array.of(0, 1));
    for (const annealing of [0, 3]) {
      const at = {
        features: tensor(Float64Array.of(0, 0, 1, 2), { shape: [2, 2] }),
        weights: tensor(Float64Array.of(3, 4, 0, 0), { shape: [2, 2] }),
      };
      const f = ({ features, weights }: typeof at) =>
        lSoftmaxLogits(features, weights, labels, { margin: 3, annealing, onWarning });
      await expectClose(f(at), [0, 0, 11, 0], { tolerance: 0 });
      const ofLabels = grad((tree: typeof at) =>
        f(tree)
          .mul(tensor(Float64Array.of(1, 0, 0, 1), { shape: [2, 2] }))
          .sum(),
      )(at);
      const share = annealing / (1 + annealing);
      await expectClose(ofLabels.features, [3 * share, 4 * share, 0, 0], { tolerance: 1e-15 });
      await expectClose(ofLabels.weights, [0, 0, share, 2 * share], { tolerance: 1e-15 });
    }
    expect(messages.slice(0, 2)).toEqual([
      "lSoftmaxLogits: features is zero in row 0, where the margin's part of the logit is 0, without a gradient",
      "lSoftmaxLogits: weights is zero in row 1, where the margin's part of the logit is 0, without a gradient",
    ]);
  });

  it("take the weight of the plain logit for a constant, also as a tensor", async () => {
    const { features, weights, labels } = tensorsOf(single([1, 2], [3, 1], [0, 1]));
    const f = (annealing: Tensor) => lSoftmaxLogits(features, weights, labels, { annealing }).sum();
    await expectClose(grad(f)(tensor(Float64Array.of(2)).reshape([])), [0], { tolerance: 0 });
    const compiled = compile((annealing: Tensor) => lSoftmaxLogits(features, weights, labels, { annealing }));
    for (const annealing of [5, 0]) {
      using found = compiled(tensor(Float64Array.of(annealing), { shape: [] }));
      await expectClose(found, lSoftmaxLogits(features, weights, labels, { annealing }), { tolerance: 1e-15 });
    }
  });

  it("are plain where a label that was not looked at is no class", async () => {
    const { features, weights } = tensorsOf(single([1, 2], [3, 1], [0, 1]));
    const z = lSoftmaxLogits(features, weights, tensor(Int32Array.of(1)).add(1));
    await expectClose(z, [5, 2], { tolerance: 0 });
  });
});

describe("lSoftmaxLogits, wrong arguments", () => {
  const features = (...values: number[]) => tensor(Float64Array.from(values), { shape: [1, values.length] });
  const weights = tensor(Float64Array.of(1, 0, 0, 1, 1, 1), { shape: [3, 2] });
  const label = (id: number) => tensor(Int32Array.of(id));
  const call = (options: object, x = features(1, 2), w: Tensor = weights, labels = label(0)) => {
    return () => lSoftmaxLogits(x, w, labels, options);
  };

  it("names what is wrong with the options", () => {
    for (const margin of [0, 2.5, -1, Number.NaN]) {
      expect(call({ margin })).toThrow(`lSoftmaxLogits: margin is ${margin} but must be a whole number ≥ 1`);
    }
    for (const annealing of [-1, Number.NaN, Infinity]) {
      const message = `lSoftmaxLogits: annealing is ${annealing} but must be a finite number ≥ 0`;
      expect(call({ annealing })).toThrow(message);
      expect(call({ annealing: tensor(Float64Array.of(annealing), { shape: [] }) })).toThrow(message);
    }
    expect(call({ annealing: tensor(Float64Array.of(1)) })).toThrow(
      "lSoftmaxLogits: annealing has shape [1] but must be []",
    );
    expect(call({ annealing: tensor(1) })).toThrow(
      "lSoftmaxLogits: annealing is f32 but must match features, f64; cast one of them",
    );
    expect(call({ bias: tensor(Float64Array.of(0, 0, 0)) })).toThrow(
      "lSoftmaxLogits: options has a bias but must have none; the margin is between directions",
    );
  });

  it("names what is wrong with the tensors", () => {
    expect(call({}, features(1, 2), weights, label(3))).toThrow(
      "lSoftmaxLogits: labels is 3 at [0] but must be in [0, 3)",
    );
    expect(call({}, features(1, 2), weights, tensor(Int32Array.of(0, 1)))).toThrow(
      "lSoftmaxLogits: labels has shape [2] but must be [1]",
    );
    expect(call({}, features(1, 2, 3))).toThrow("lSoftmaxLogits: weights has shape [3, 2] but must be [any, 3]");
    expect(call({}, features())).toThrow("lSoftmaxLogits: features has shape [1, 0] but must have a column");
    expect(call({}, features(1, 2), tensor(new Float64Array(0), { shape: [0, 2] }))).toThrow(
      "lSoftmaxLogits: weights has shape [0, 2] but must have a class",
    );
    expect(call({}, tensor(Float64Array.of(1, 2)))).toThrow(
      "lSoftmaxLogits: features has shape [2] but must have 2 axes",
    );
    expect(call({}, tensor([[1, 2]]))).toThrow(
      "lSoftmaxLogits: weights is f64 but must match features, f32; cast one of them",
    );
    expect(call({}, tensor(Int32Array.of(1, 2), { shape: [1, 2] }) as unknown as Tensor)).toThrow(
      "lSoftmaxLogits: features is i32 but must be f32 or f64; cast it",
    );
  });

  it("names values that are not finite or zero", () => {
    expect(call({}, features(1, Number.NaN))).toThrow("lSoftmaxLogits: features is NaN at [0, 1] but must be finite");
    const broken = tensor(Float64Array.of(1, 0, 0, 1, -Infinity, 1), { shape: [3, 2] });
    expect(call({ margin: 1 }, features(1, 2), broken)).toThrow(
      "lSoftmaxLogits: weights is -Infinity at [2, 0] but must be finite",
    );
    const hint = "but must have a direction there; with onWarning the margin's part is 0";
    expect(call({}, features(0, 0))).toThrow(`lSoftmaxLogits: features is zero in row 0 ${hint}`);
    const gap = tensor(Float64Array.of(1, 0, 0, 0, 1, 1), { shape: [3, 2] });
    expect(call({}, features(1, 2), gap)).toThrow(`lSoftmaxLogits: weights is zero in row 1 ${hint}`);
    expect(call({ margin: 1 }, features(0, 0), gap)).not.toThrow();
  });
});
