import { randomKey } from "cotangent";
import { type LinearScorerOptions, linearScorer } from "cotangent/methods/classification";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

type Loss = NonNullable<LinearScorerOptions["loss"]>;
const losses = fc.constantFrom<Loss[]>("logistic", "squaredHinge", "softmax");
const ownClasses = fc.subarray([0, 1, 2], { minLength: 1 });

const lossOf: Record<Loss, (scores: number[], own: number[]) => number> = {
  logistic: (u, own) => u.reduce((sum, v, c) => sum + Math.log1p(Math.exp(own.includes(c) ? -v : v)), 0),
  squaredHinge: (u, own) => u.reduce((sum, v, c) => sum + Math.max(0, 1 - (own.includes(c) ? v : -v)) ** 2, 0),
  softmax: (u, own) => {
    const logNormalizer = Math.log(u.reduce((sum, v) => sum + Math.exp(v), 0));
    return own.reduce((sum, c) => sum + (logNormalizer - u[c]) / own.length, 0);
  },
};

const logConfidenceOf: Record<Loss, (scores: number[]) => number[]> = {
  logistic: (u) => u.map((v) => -Math.log1p(Math.exp(-v))),
  squaredHinge: (u) => u.map((v) => -(Math.max(0, 1 - v) ** 3)),
  softmax: (u) => u.map((v) => v - Math.log(u.reduce((sum, w) => sum + Math.exp(w), 0))),
};

/** Adagrad on one example, with slopes of the loss by central differences. */
function reference(loss: Loss, x: Float64Array, own: number[], epochs: number, learningRate: number): number[] {
  const inputs = [...x, 1];
  const weights = [0, 1, 2].map(() => inputs.map(() => 0));
  const squares = [0, 1, 2].map(() => inputs.map(() => 0));
  const scores = () => weights.map((row) => row.reduce((sum, w, j) => sum + w * inputs[j], 0));
  for (let epoch = 0; epoch < epochs; epoch++) {
    const u = scores();
    const slopes = u.map((_, c) => {
      const at = (by: number) =>
        lossOf[loss](
          u.map((v, d) => (c === d ? v + by : v)),
          own,
        );
      const slope = (at(1e-5) - at(-1e-5)) / 2e-5;
      return Math.abs(slope) < 1e-9 ? 0 : slope; // Adagrad's first step is as long for a slope that is only rounding
    });
    for (const [c, row] of weights.entries()) {
      for (const [j, value] of inputs.entries()) {
        const slope = slopes[c] * value;
        squares[c][j] += slope ** 2;
        if (slope !== 0) row[j] -= (learningRate * slope) / Math.sqrt(squares[c][j]);
      }
    }
  }
  return logConfidenceOf[loss](scores());
}

const learn = (loss: Loss, x: ArrayLike<number>, own: number[], epochs: number, learningRate: number) =>
  linearScorer({ loss, epochs, learningRate })({
    inputs: [{ indices: [0, 1], values: x }],
    width: 2,
    classes: 3,
    targets: [own],
    key: randomKey(0),
  });

describe("linearScorer", () => {
  law(
    "takes Adagrad's steps down its loss",
    losses,
    floats([2]),
    ownClasses,
    fc.integer({ min: 1, max: 4 }),
    async (loss, x, own, epochs) => {
      const scorer = await learn(loss, x, own, epochs, 0.05);
      const found = scorer.logConfidences({ indices: [0, 1], values: x }, [0, 1, 2]);
      // The reference's slopes are differences: 1e-5 apart, so right to about 1e-9.
      await expectClose(found, reference(loss, x, own, epochs, 0.05), { tolerance: 1e-7 });
    },
  );

  law(
    "has log confidences that are at most 0, those asked for",
    losses,
    floats([2], { min: -30, max: 30 }),
    ownClasses,
    async (loss, x, own) => {
      const scorer = await learn(loss, x, own, 3, 0.5);
      const row = { indices: [0, 1], values: x };
      const all = scorer.logConfidences(row, [0, 1, 2]);
      expect(all.every((value) => value <= 0 && value > Number.NEGATIVE_INFINITY)).toBe(true);
      if (loss !== "softmax") expect(Array.from(scorer.logConfidences(row, [2, 0]))).toEqual([all[2], all[0]]);
    },
  );

  law("tells apart what a line divides", losses, async (loss) => {
    const inputs = Array.from({ length: 40 }, (_, i) => ({ indices: [0, 1], values: [Math.cos(i), Math.sin(i)] }));
    const classOf = inputs.map(({ values: [a, b] }) => Number(a + 2 * b > 0));
    const problem = { inputs, width: 2, classes: 2, targets: classOf.map((c) => [c]), key: randomKey(1) };
    const scorer = await linearScorer({ loss, epochs: 60, learningRate: 0.3 })(problem);
    inputs.forEach((input, i) => {
      const [no, yes] = scorer.logConfidences(input, [0, 1]);
      expect(Number(yes > no)).toBe(classOf[i]);
    });
  });

  law("learns nothing of a class that no example is told of", losses, async (loss) => {
    const inputs = [
      { indices: [0], values: [1] },
      { indices: [1], values: [-2] },
    ];
    const problem = { inputs, width: 2, classes: 4, targets: [[0], [1]], candidates: [[0, 2], [2]], key: randomKey(2) };
    const scorer = await linearScorer({ loss })(problem);
    const untold = scorer.logConfidences(inputs[0], [3])[0];
    await expectClose([untold], [logConfidenceOf[loss]([0])[0]], { tolerance: 1e-15 });
    const [first, second] = inputs.map((input) => scorer.logConfidences(input, [0, 1, 2]));
    expect(first[0]).toBeGreaterThan(first[2]);
    expect(second[1]).toBeGreaterThan(second[2]);
  });

  law("depends on its key only", losses, async (loss) => {
    const inputs = Array.from({ length: 5 }, (_, i) => ({ indices: [0], values: [i - 2] }));
    const run = async (seed: number) => {
      const problem = { inputs, width: 1, classes: 2, targets: inputs.map((_, i) => [i % 2]), key: randomKey(seed) };
      return (await linearScorer({ loss, epochs: 1 })(problem)).logConfidences(inputs[0], [0, 1]);
    };
    expect(await run(1)).toEqual(await run(1));
    expect(await run(1)).not.toEqual(await run(2));
  });

  it("with softmax learns nothing from an example without a class", async () => {
    const inputs = [{ indices: [0], values: [1] }];
    const scorer = await linearScorer({ loss: "softmax" })({
      inputs,
      width: 1,
      classes: 2,
      targets: [[]],
      key: randomKey(0),
    });
    await expectClose(scorer.logConfidences(inputs[0], [0, 1]), [-Math.log(2), -Math.log(2)], { tolerance: 1e-15 });
  });

  it("names the argument that is wrong", () => {
    expect(() => linearScorer({ loss: "hinge" as "softmax" })).toThrow(
      new TypeError('linearScorer: loss is "hinge" but must be one of logistic, squaredHinge, softmax'),
    );
    expect(() => linearScorer({ epochs: 0 })).toThrow(
      new RangeError("linearScorer: epochs is 0 but must be a whole number ≥ 1"),
    );
    expect(() => linearScorer({ learningRate: 0 })).toThrow(
      new RangeError("linearScorer: learningRate is 0 but must be a finite number > 0"),
    );
  });
});
