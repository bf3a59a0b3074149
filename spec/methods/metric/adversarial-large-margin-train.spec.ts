import { grad, type Tensor, tensor } from "cotangent";
import {
  adversarialLargeMarginTrain,
  hyperbolicAdversary,
  hyperbolicLogisticLoss,
  hyperbolicMargin,
  hyperbolicPerceptron,
  lorentzInner,
  robustLogisticLoss,
} from "cotangent/methods/metric";
import { numbers, seeds } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { lorentzPoints, matrix, normals, pointAt, product, signs } from "./support/lorentz-points.js";
import { separablePlane } from "./support/separable-plane.js";

const labels = fc.array(fc.constantFrom(-1, 1), { minLength: 4, maxLength: 4 });

describe("adversarialLargeMarginTrain", () => {
  law(
    "does gradient steps on the logistic loss at the adversaries, which are constants",
    lorentzPoints(4),
    labels,
    normals,
    numbers({ min: 0, max: 1 }),
    numbers({ min: 1, max: 3 }),
    async (points, y, unit, radius, scale) => {
      let w = unit.map((value) => scale * value);
      const start = w;
      for (let step = 0; step < 2; step++) {
        const x = hyperbolicAdversary(matrix(points), signs(y), tensor(w), radius);
        const loss = (t: Tensor) => hyperbolicLogisticLoss(lorentzInner(x, t), signs(y), { reduction: "mean" });
        const slope = await grad(loss)(tensor(w)).data();
        w = w.map((value, i) => value - 0.05 * slope[i]);
        const length = -product(w, w);
        if (length < 0.1) return; // near a null vector normalization multiplies what rounding has left
        if (length < 1) w = w.map((value) => value / Math.sqrt(length));
      }
      const found = adversarialLargeMarginTrain(
        { points, labels: y },
        { radius, learningRate: 0.05, maxSteps: 2, stopWhenCorrect: false, start },
      );
      expect(found.restarts).toBe(0);
      expect(found.steps).toBe(2);
      await expectClose(found.normal, w, { tolerance: 1e-10 });
    },
  );

  law(
    "stops with a margin above the radius, and says what it attains",
    seeds,
    numbers({ min: 0, max: 0.2 }),
    (seed, radius) => {
      const data = separablePlane(seed, { count: 30, margin: 0.3, offset: 0 });
      const found = adversarialLargeMarginTrain(data, { radius, maxSteps: 20_000 });
      expect(found.steps).toBeLessThan(20_000);
      expect(found.margin).toBeGreaterThan(radius);
      expect(found.margin).toBe(hyperbolicMargin(found.normal, data));
      expect(found.robustLoss).toBe(robustLogisticLoss(found.normal, data, radius));
      expect(-product(found.normal, found.normal)).toBeGreaterThan(1 - 1e-9);
    },
  );

  law("is at its goal at once where it starts there", seeds, (seed) => {
    const data = separablePlane(seed, { count: 20, margin: 0.3 });
    const found = adversarialLargeMarginTrain(data, { radius: 0.29, start: data.normal });
    expect(found.steps).toBe(0);
    expect([...found.normal]).toEqual([...data.normal]);
    const learned = hyperbolicPerceptron(data).normal;
    const onwards = adversarialLargeMarginTrain(data, { radius: 0, start: learned });
    expect([onwards.steps, [...onwards.normal]]).toEqual([0, [...learned]]);
  });

  law("does not care for the names of the classes", seeds, (seed) => {
    const { points, labels: y } = separablePlane(seed, { count: 20 });
    const run = (sign: number) =>
      adversarialLargeMarginTrain(
        { points, labels: y.map((label) => sign * label) },
        { radius: 0.1, maxSteps: 20, start: [0, sign, 0] },
      );
    expect([...run(-1).normal.map((value) => -value + 0)]).toEqual([...run(1).normal.map((value) => value + 0)]);
  });

  it("goes on when it is told to, and then certifies its margin", () => {
    const data = separablePlane(3, { count: 10, margin: 0.5, offset: 0 });
    const found = adversarialLargeMarginTrain(data, { radius: 0.3, maxSteps: 20_000, stopWhenCorrect: false });
    expect(found.steps).toBe(20_000);
    expect(found.robustLoss).toBeLessThan(Math.log(2) / 10);
    expect(found.margin).toBeGreaterThan(0.3);
  });

  it("takes a step back that leaves the space-like normals, and halves the rate", () => {
    const data = { points: [pointAt(2, [1, 0]), pointAt(1.9, [-1, 0])], labels: [1, 1] };
    const once = adversarialLargeMarginTrain(data, { radius: 0, learningRate: 10, maxSteps: 1 });
    expect([once.restarts, once.steps, [...once.normal]]).toEqual([1, 1, [0, 1, 0]]);
    const again = adversarialLargeMarginTrain(data, {
      radius: 0,
      learningRate: 10,
      maxSteps: 40,
      stopWhenCorrect: false,
    });
    expect(again.restarts).toBeGreaterThan(1);
    expect(-product(again.normal, again.normal)).toBeGreaterThan(0);
    const [halved, small] = [2, 1].map((maxSteps) =>
      adversarialLargeMarginTrain(
        { points: [pointAt(2, [1, 0])], labels: [1] },
        { radius: 0, learningRate: maxSteps === 2 ? 0.25 : 0.125, maxSteps },
      ),
    );
    expect(halved.restarts).toBe(1);
    expect([...halved.normal]).toEqual([...small.normal]);
  });

  it("takes back a step to a null vector, too", () => {
    const data = { points: [[1, 0]], labels: [1] }; // the slope at (0, 1) is (−1/2, 0)
    const found = adversarialLargeMarginTrain(data, { radius: 0, learningRate: 2, maxSteps: 1 });
    expect([found.restarts, [...found.normal]]).toEqual([1, [0, 1]]);
  });

  it("takes one dimension, duplicates, the origin and coordinates up to cosh(15)", () => {
    const at = (r: number) => [Math.cosh(r), Math.sinh(r)];
    const data = { points: [at(0), at(15), at(15), at(2)], labels: [1, -1, -1, -1] };
    const found = adversarialLargeMarginTrain(data, { radius: 0.4 });
    expect(found.margin).toBeGreaterThan(0.4);
  });

  it("does 10 000 steps of 0.1 at most unless told otherwise", () => {
    const twins = {
      points: [
        [1, 0],
        [1, 0],
      ],
      labels: [1, -1],
    };
    const found = adversarialLargeMarginTrain(twins, { radius: 0 });
    expect(found.steps).toBe(10_000);
    const data = separablePlane(1, { count: 10 });
    const [given, named] = [{}, { learningRate: 0.1 }].map((rest) =>
      adversarialLargeMarginTrain(data, { radius: 0.1, maxSteps: 3, ...rest }),
    );
    expect([...given.normal]).toEqual([...named.normal]);
  });

  it("names the argument that is wrong", () => {
    const data = { points: [[1, 0]], labels: [1] };
    const call =
      (options: Partial<Parameters<typeof adversarialLargeMarginTrain>[1]>, other: Partial<typeof data> = {}) =>
      () =>
        adversarialLargeMarginTrain({ ...data, ...other }, { radius: 0.1, ...options });
    expect(call({ radius: -1 })).toThrow("adversarialLargeMarginTrain: radius is -1 but must be a finite number ≥ 0");
    expect(call({ learningRate: 0 })).toThrow(
      "adversarialLargeMarginTrain: learningRate is 0 but must be a finite number > 0",
    );
    expect(call({ maxSteps: -1 })).toThrow(
      "adversarialLargeMarginTrain: maxSteps is -1 but must be a whole number ≥ 0",
    );
    expect(call({ start: [1, 1] })).toThrow(
      "adversarialLargeMarginTrain: normal has w * w = 0 but must be space-like, w * w < 0",
    );
    expect(call({ start: [0, 1, 0] })).toThrow(
      "adversarialLargeMarginTrain: normal has 3 coordinates but must have 2, as points do",
    );
    expect(call({}, { labels: [0] })).toThrow(
      "adversarialLargeMarginTrain: labels holds 0 at 0 but must hold -1 and 1",
    );
    expect(call({}, { points: [[2, 0]] })).toThrow(
      "adversarialLargeMarginTrain: point 0 has x * x = 4 but must have 1, be on the hyperboloid",
    );
  });
});
