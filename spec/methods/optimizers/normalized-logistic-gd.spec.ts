import { grad, softplus, type Tensor, tensor } from "cotangent";
import {
  batchPerceptron,
  logisticGd,
  normalizedBatchPerceptron,
  normalizedLogisticGd,
  separationBound,
} from "cotangent/methods/optimizers";
import { floats, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { lowerBoundPoints, marginsOf, separablePoints, smallest } from "./support/separable-points.js";

const rates = fc.constantFrom(0.1, 1, 10, 100);
const steps = fc.integer({ min: 0, max: 5 });
type Points = { readonly inputs: number[][]; readonly labels: number[] };
const lossOf = ({ inputs, labels }: Points) => {
  const b = tensor(Float64Array.from(inputs.flatMap((p, i) => p.map((x) => labels[i] * x))), {
    shape: [inputs.length, 2],
  }) as Tensor;
  return (theta: Tensor) => softplus(b.matmul(theta.reshape([2, 1])).neg()).mean();
};
const of = (weights: ArrayLike<number>) => tensor(Float64Array.from(weights)) as Tensor;

describe("logisticGd", () => {
  law(
    "steps along the gradient of the mean logistic loss",
    separablePoints,
    rates,
    steps,
    async (points, learningRate, t) => {
      const { inputs, labels } = points;
      const before = logisticGd(inputs, labels, { learningRate, maxIterations: t });
      const after = logisticGd(inputs, labels, { learningRate, maxIterations: t + 1 });
      if (before.separated) return expect(after).toEqual(before);
      const slope = await grad(lossOf(points))(of(before.weights)).data();
      const expected = before.weights.map((w, j) => w - learningRate * slope[j]);
      await expectClose(after.weights, expected, { tolerance: 1e-12 });
    },
  );

  law(
    "has a convex loss, which falls along any separating direction for ever",
    separablePoints,
    floats([2]),
    floats([2]),
    async (points, a, b) => {
      const f = (theta: ArrayLike<number>) => lossOf(points)(of(theta)).item();
      const middle = await f(a.map((v, i) => (v + b[i]) / 2));
      expect(middle).toBeLessThanOrEqual(((await f(a)) + (await f(b))) / 2 + 1e-12);
      const { weights } = normalizedLogisticGd(points.inputs, points.labels, { learningRate: 10 });
      const scale = 3 / Math.hypot(...weights);
      const far = [1, 2, 4].map((k) => weights.map((v) => k * scale * v));
      const values = await Promise.all(far.map(f));
      expect(values[1]).toBeLessThan(values[0]);
      expect(values[2]).toBeLessThan(values[1]);
    },
  );

  law(
    "over its rate goes to the batch perceptron as the rate grows",
    separablePoints,
    fc.integer({ min: 1, max: 6 }),
    async (points, t) => {
      await expectLimit(points, t, logisticGd, batchPerceptron);
    },
  );

  it("has a loss that says nothing of progress", async () => {
    const points = {
      inputs: [
        [1, -1],
        [1, 4],
      ],
      labels: [1, 1],
    };
    const at = (maxIterations: number) =>
      logisticGd(points.inputs, points.labels, { learningRate: 100, maxIterations });
    await expectClose(at(1).weights, [50, 75], { tolerance: 1e-12 });
    await expectClose(lossOf(points)(of(at(1).weights)), 12.5, { tolerance: 1e-11 });
    expect(at(1).separated).toBe(false);
    await expectClose(at(2).weights, [100, 25], { tolerance: 1e-8 });
    expect(at(2).separated).toBe(true);
    expect(await lossOf(points)(of(at(2).weights)).item()).toBeLessThan(1e-30);
  });
});

describe("normalizedLogisticGd", () => {
  law(
    "steps along the mean of b weighed by the chance of a mistake",
    separablePoints,
    rates,
    steps,
    async ({ inputs, labels }, learningRate, t) => {
      const before = normalizedLogisticGd(inputs, labels, { learningRate, maxIterations: t });
      const after = normalizedLogisticGd(inputs, labels, { learningRate, maxIterations: t + 1 });
      if (before.separated) return expect(after).toEqual(before);
      const p = marginsOf({ inputs, labels }, before.weights).map((m) => 1 / (1 + Math.exp(m)));
      const total = p.reduce((a, b) => a + b);
      const expected = before.weights.map(
        (w, j) => w + (learningRate * inputs.reduce((sum, a, i) => sum + p[i] * labels[i] * a[j], 0)) / total,
      );
      await expectClose(after.weights, expected, { tolerance: 1e-11 });
    },
  );

  law("separates within its bound", separablePoints, rates, ({ inputs, labels, radius, margin }, learningRate) => {
    const { separated, iterations, weights } = normalizedLogisticGd(inputs, labels, { learningRate });
    expect(separated).toBe(true);
    expect(smallest(marginsOf({ inputs, labels }, weights))).toBeGreaterThan(0);
    const bound = separationBound({ examples: inputs.length, radius, margin, learningRate });
    expect(iterations).toBeLessThanOrEqual(bound.normalizedLogisticGd);
  });

  law(
    "takes no step longer than learningRate · R",
    separablePoints,
    rates,
    steps,
    ({ inputs, labels, radius }, learningRate, t) => {
      const at = (maxIterations: number) =>
        normalizedLogisticGd(inputs, labels, { learningRate, maxIterations }).weights;
      const [a, b] = [at(t), at(t + 1)];
      expect(Math.hypot(...b.map((v, i) => v - a[i]))).toBeLessThanOrEqual(learningRate * radius * (1 + 1e-12));
    },
  );

  law(
    "over its rate goes to the normalized batch perceptron as the rate grows",
    separablePoints,
    fc.integer({ min: 1, max: 6 }),
    async (points, t) => {
      await expectLimit(points, t, normalizedLogisticGd, normalizedBatchPerceptron);
      const first = normalizedLogisticGd(points.inputs, points.labels, { learningRate: 1, maxIterations: 1 }).weights;
      const mean = [0, 1].map(
        (j) => points.inputs.reduce((sum, a, i) => sum + points.labels[i] * a[j], 0) / points.inputs.length,
      );
      await expectClose(first, mean, { tolerance: 1e-13 });
    },
  );

  it("stays finite where every chance of a mistake underflows", () => {
    const points = {
      inputs: [
        [1e6, 1],
        [-1e6, 1.5],
      ],
      labels: [1, 1],
    };
    const { weights, separated } = normalizedLogisticGd(points.inputs, points.labels, {
      learningRate: 1e9,
      maxIterations: 500,
    });
    expect(weights.every(Number.isFinite)).toBe(true);
    expect(separated).toBe(true);
  });
});

/** Compares iterates at a large rate, where no iterate before comes near a point that it would not decide about. */
async function expectLimit(points: Points, t: number, logistic: typeof logisticGd, batch: typeof batchPerceptron) {
  const at = (maxIterations: number) => batch(points.inputs, points.labels, { maxIterations });
  for (let i = 1; i <= t; i++) {
    if (smallest(marginsOf(points, at(i).weights).map(Math.abs)) < 1e-5) return;
  }
  const learningRate = 1e8;
  const limit = logistic(points.inputs, points.labels, { learningRate, maxIterations: t });
  await expectClose(
    limit.weights.map((w) => w / learningRate),
    at(t).weights,
    { tolerance: 1e-12 },
  );
  expect(limit.separated).toBe(at(t).separated);
}

describe.each([
  ["logisticGd", logisticGd],
  ["normalizedLogisticGd", normalizedLogisticGd],
] as const)("%s", (name, find) => {
  law("starts at 0 with a rate of 1, and stops as soon as all are separated", separablePoints, ({ inputs, labels }) => {
    expect([...find(inputs, labels, { maxIterations: 0 }).weights]).toEqual([0, 0]);
    expect(find(inputs, labels, { maxIterations: 3 })).toEqual(
      find(inputs, labels, { maxIterations: 3, learningRate: 1 }),
    );
    const { iterations, separated } = find(inputs, labels, { learningRate: 50 });
    expect(separated).toBe(true);
    if (iterations > 0)
      expect(find(inputs, labels, { learningRate: 50, maxIterations: iterations - 1 }).separated).toBe(false);
  });

  law("flags what no hyperplane separates", numbers({ min: 0.1, max: 2 }), (x) => {
    const { separated, iterations } = find(
      [
        [x, 1],
        [x, 1],
      ],
      [1, -1],
      { maxIterations: 40 },
    );
    expect([separated, iterations]).toEqual([false, 40]);
  });

  it("names the argument that is wrong", () => {
    expect(() => find([], [])).toThrow(new RangeError(`${name}: inputs is empty but must have an example`));
    expect(() => find([[1], [2]], [1])).toThrow(
      new RangeError(`${name}: labels has length 1 but must have 2, one an input`),
    );
    expect(() => find([[1]], [0])).toThrow(new RangeError(`${name}: labels[0] is 0 but must be 1 or -1`));
    expect(() =>
      find(
        [
          [1, 2],
          [0, 0],
        ],
        [1, 1],
      ),
    ).toThrow(
      new RangeError(
        `${name}: inputs[1] is zero but must have a direction; add a constant feature for a hyperplane off the origin`,
      ),
    );
    expect(() => find([[Number.NaN]], [1])).toThrow(new RangeError(`${name}: inputs[0][0] is NaN but must be finite`));
    expect(() => find([[1]], [1], { learningRate: 0 })).toThrow(
      new RangeError(`${name}: learningRate is 0 but must be a finite number > 0`),
    );
    expect(() => find([[1]], [1], { maxIterations: -1 })).toThrow(
      new RangeError(`${name}: maxIterations is -1 but must be a whole number ≥ 0`),
    );
  });
});

it("the lower-bound set takes the iterations that the paper counts", () => {
  const { inputs, labels } = lowerBoundPoints(1000);
  const normalized = [100, 10, 1, 0.1].map(
    (learningRate) => normalizedLogisticGd(inputs, labels, { learningRate }).iterations,
  );
  expect(normalized).toEqual([2, 2, 16, 157]);
  expect([100, 10].map((learningRate) => logisticGd(inputs, labels, { learningRate }).iterations)).toEqual([308, 729]);
});
