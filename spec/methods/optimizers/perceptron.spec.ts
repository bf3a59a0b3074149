import { batchPerceptron, normalizedBatchPerceptron, perceptron, separationBound } from "cotangent/methods/optimizers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { lowerBoundPoints, marginsOf, separablePoints, smallest } from "./support/separable-points.js";

const rules = { batchPerceptron, normalizedBatchPerceptron, perceptron };

describe.each(Object.entries(rules))("%s", (name, find) => {
  law("separates within its bound", separablePoints, ({ inputs, labels, radius, margin }) => {
    const { weights, separated, iterations } = find(inputs, labels, { maxIterations: 1e6 });
    expect(separated).toBe(true);
    expect(smallest(marginsOf({ inputs, labels }, weights))).toBeGreaterThan(0);
    const bound = separationBound({ examples: inputs.length, radius, margin });
    expect(iterations).toBeLessThanOrEqual(bound[name as keyof typeof rules]);
    expect(find(inputs, labels, { maxIterations: iterations - 1 }).separated).toBe(false);
  });

  law(
    "adds what is on the wrong side",
    separablePoints,
    fc.integer({ min: 1, max: 6 }),
    async ({ inputs, labels }, t) => {
      const [before, after] = [t - 1, t].map((maxIterations) => find(inputs, labels, { maxIterations }));
      if (before.separated) return;
      const wrong = marginsOf({ inputs, labels }, before.weights).flatMap((m, i) => (m > 0 ? [] : [i]));
      const change = after.weights.map((w, j) => w - before.weights[j]);
      const total = [0, 1].map((j) => wrong.reduce((sum, i) => sum + labels[i] * inputs[i][j], 0));
      if (name === "perceptron") {
        const added = wrong.filter((i) => inputs[i].every((x, j) => Math.abs(labels[i] * x - change[j]) < 1e-9));
        expect(added.length).toBeGreaterThan(0);
      } else {
        const share = name === "batchPerceptron" ? (t === 1 ? 0.5 : 1) / inputs.length : 1 / wrong.length;
        await expectClose(
          change,
          total.map((v) => share * v),
          { tolerance: 1e-12 },
        );
      }
    },
  );

  it("flags what no hyperplane separates", () => {
    const { separated, iterations } = find(
      [
        [1, 1],
        [1, 1],
      ],
      [1, -1],
      { maxIterations: 30 },
    );
    expect([separated, iterations]).toEqual([false, 30]);
  });

  it("names the argument that is wrong", () => {
    expect(() => find([], [])).toThrow(new RangeError(`${name}: inputs is empty but must have an example`));
    expect(() => find([[1]], [2])).toThrow(new RangeError(`${name}: labels[0] is 2 but must be 1 or -1`));
    expect(() => find([[0]], [1])).toThrow(
      new RangeError(
        `${name}: inputs[0] is zero but must have a direction; add a constant feature for a hyperplane off the origin`,
      ),
    );
    expect(() => find([[1]], [1], { maxIterations: 0.5 })).toThrow(
      new RangeError(`${name}: maxIterations is 0.5 but must be a whole number ≥ 0`),
    );
  });
});

it("perceptron goes round: the next mistake is looked for after the last", () => {
  const inputs = [
    [1, 0],
    [-0.5, 1],
    [0, 1],
  ];
  const first = perceptron(inputs, [1, 1, 1], { maxIterations: 2 }).weights;
  expect([...first]).toEqual([0.5, 1]); // the first two in turn, though the first came right
});

it("a set of one against many takes batch perceptrons a number of steps that grows with it", () => {
  const counts = [100, 1000, 10_000].map((n) => {
    const { inputs, labels } = lowerBoundPoints(n);
    return [batchPerceptron, normalizedBatchPerceptron, perceptron].map((find) => find(inputs, labels).iterations);
  });
  expect(counts).toEqual([
    [31, 2, 2],
    [301, 2, 2],
    [3001, 2, 2],
  ]);
});
