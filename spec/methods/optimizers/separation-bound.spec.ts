import { separationBound } from "cotangent/methods/optimizers";
import { expect, it } from "vitest";

it("separationBound is what the theorems say", () => {
  const bound = separationBound({ examples: 50, radius: 3, margin: 0.5, learningRate: 4 });
  expect(bound.perceptron).toBeCloseTo(36, 12);
  expect(bound.normalizedBatchPerceptron).toBeCloseTo(36, 12);
  expect(bound.batchPerceptron).toBeCloseTo(1800, 10);
  expect(bound.normalizedLogisticGd).toBeCloseTo(36 + 2 * Math.log(99), 12);
  expect(separationBound({ examples: 1, radius: 1, margin: 1 }).normalizedLogisticGd).toBe(1);
});

it("separationBound names the argument that is wrong", () => {
  const good = { examples: 2, radius: 1, margin: 0.5 };
  const call = (change: object) => () => separationBound({ ...good, ...change });
  expect(call({ examples: 0 })).toThrow(
    new RangeError("separationBound: examples is 0 but must be a whole number ≥ 1"),
  );
  expect(call({ radius: 0 })).toThrow(new RangeError("separationBound: radius is 0 but must be a finite number > 0"));
  expect(call({ margin: 0 })).toThrow(new RangeError("separationBound: margin is 0 but must be a finite number > 0"));
  expect(call({ learningRate: -1 })).toThrow(
    new RangeError("separationBound: learningRate is -1 but must be a finite number > 0"),
  );
  expect(call({ margin: 2 })).toThrow(new RangeError("separationBound: margin is 2 but must be at most the radius, 1"));
});
