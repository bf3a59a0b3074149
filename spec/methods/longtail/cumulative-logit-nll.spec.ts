import { cumulativeLogitNll, type OrdinalModel } from "cotangent/methods/longtail";
import { floats, ids, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { orderedModels, probabilitiesOf } from "./support/ordinal-examples.js";

const n = 6;
const inputs = floats([n * 3]).map((x) => Array.from({ length: n }, (_, i) => x.slice(3 * i, 3 * i + 3)));
const labels = ids(n, 4);
const moved = (model: OrdinalModel, by: Float64Array, t: number): OrdinalModel => ({
  ...model,
  intercepts: model.intercepts.map((v, k) => v + t * by[k]),
  slopes: model.slopes.map((v, at) => v + t * by[3 + at]),
});

describe("cumulativeLogitNll", () => {
  law("is −mean log(σ(η_k) − σ(η_{k−1}))", orderedModels, inputs, labels, async (model, x, y) => {
    const expected = -x.reduce((sum, row, i) => sum + Math.log(probabilitiesOf(model, row)[y[i]]), 0) / n;
    await expectClose([cumulativeLogitNll(model, x, y).value], [expected], { tolerance: 1e-10 });
  });

  law(
    "has the slopes that differences show",
    orderedModels,
    inputs,
    labels,
    floats([12], { min: -1, max: 1 }),
    (model, x, y, by) => {
      const { interceptGradient, slopeGradient } = cumulativeLogitNll(model, x, y);
      const along = [...interceptGradient, ...slopeGradient].reduce((sum, g, i) => sum + g * by[i], 0);
      const h = 1e-4;
      const at = (t: number) => cumulativeLogitNll(moved(model, by, t), x, y).value;
      const slope = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
      expect(Math.abs(slope - along)).toBeLessThan(1e-9 * Math.max(1, Math.abs(along)) + 1e-10);
    },
  );

  law("is convex between ordered models", orderedModels, orderedModels, inputs, labels, (a, b, x, y) => {
    const middle = {
      ...a,
      intercepts: a.intercepts.map((v, k) => (v + b.intercepts[k]) / 2),
      slopes: a.slopes.map((v, k) => (v + b.slopes[k]) / 2),
    };
    const at = (model: OrdinalModel) => cumulativeLogitNll(model, x, y).value;
    expect(at(middle)).toBeLessThanOrEqual((at(a) + at(b)) / 2 + 1e-12);
  });

  law(
    "is the same with the classes' order, and all signs, reversed",
    orderedModels,
    inputs,
    labels,
    async (model, x, y) => {
      const reversed = {
        ...model,
        intercepts: model.intercepts.map((v) => -v).reverse(),
        slopes: Float64Array.from([2, 1, 0].flatMap((k) => [...model.slopes.slice(3 * k, 3 * k + 3)].map((v) => -v))),
      };
      const found = cumulativeLogitNll(
        reversed,
        x,
        y.map((label) => 3 - label),
      );
      await expectClose([found.value], [cumulativeLogitNll(model, x, y).value], { tolerance: 1e-12 });
    },
  );

  law("stays exact where cumulative probabilities are next to 1", numbers({ min: 20, max: 600 }), async (far) => {
    const model = { classes: 3, features: 1, intercepts: Float64Array.of(far, far + 1), slopes: new Float64Array(2) };
    const { value, interceptGradient } = cumulativeLogitNll(model, [[0]], [1]); // σ(far + 1) − σ(far) = e^(−far)·(1 − 1/e), nearly
    await expectClose([value], [far - Math.log1p(-Math.exp(-1))], { tolerance: 1e-8 });
    await expectClose(interceptGradient, [1 / (1 - Math.exp(-1)), 1 - 1 / (1 - Math.exp(-1))], { tolerance: 1e-8 });
    await expectClose([cumulativeLogitNll(model, [[0]], [2]).value], [far + 1], { tolerance: 1e-8 });
  });

  it("is infinite, with no slope, where boundaries cross at what was seen", () => {
    const model = { classes: 3, features: 1, intercepts: Float64Array.of(1, 0), slopes: new Float64Array(2) };
    const { value, interceptGradient, slopeGradient } = cumulativeLogitNll(model, [[1]], [1]);
    expect(value).toBe(Infinity);
    expect([...interceptGradient, ...slopeGradient].every(Number.isNaN)).toBe(true);
    expect(cumulativeLogitNll(model, [[1]], [2]).value).toBeCloseTo(Math.LN2, 12);
  });

  it("names what is wrong", () => {
    const good = { classes: 3, features: 1, intercepts: Float64Array.of(0, 1), slopes: new Float64Array(2) };
    const call =
      (model: object, x: number[][] = [[1]], y: number[] = [0]) =>
      () =>
        cumulativeLogitNll({ ...good, ...model }, x, y);
    const name = "cumulativeLogitNll";
    expect(call({ classes: 2 })).toThrow(new RangeError(`${name}: classes is 2 but must be a whole number ≥ 3`));
    expect(call({ intercepts: new Float64Array(3) })).toThrow(
      new RangeError(`${name}: intercepts has length 3 but must have 2`),
    );
    expect(call({ slopes: new Float64Array(3) })).toThrow(
      new RangeError(`${name}: slopes has length 3 but must have 2`),
    );
    expect(call({}, [[1, 2]])).toThrow(
      new RangeError(`${name}: inputs[0] has 2 features but must have 1, as the model has`),
    );
    expect(call({}, [[Number.NaN]])).toThrow(new RangeError(`${name}: inputs[0][0] is NaN but must be finite`));
    expect(call({}, [[1]], [1.5])).toThrow(
      new RangeError(`${name}: labels[0] is 1.5 but must be a whole number in [0, 3)`),
    );
    expect(call({}, [])).toThrow(new RangeError(`${name}: inputs is empty but must have an example`));
  });
});
