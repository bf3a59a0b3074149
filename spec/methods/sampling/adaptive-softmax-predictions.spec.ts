import { cpu, normal, randomKey, tensor, zeros } from "cotangent";
import {
  adaptiveSoftmax,
  adaptiveSoftmaxLogProbabilities,
  adaptiveSoftmaxPredictions,
} from "cotangent/methods/sampling";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { gpu, law } from "../../support/law.js";
import { adaptiveProblems, hiddenOf, largeLayer, layerOf } from "./support/adaptive-layers.js";

describe("adaptiveSoftmaxPredictions", () => {
  law("are the argmax of all log-probabilities", adaptiveProblems, async (problem) => {
    const { classes, rows, cutoffs } = problem;
    const all = await adaptiveSoftmaxLogProbabilities(hiddenOf(problem), layerOf(problem)).data();
    const found = await adaptiveSoftmaxPredictions(hiddenOf(problem), layerOf(problem));
    for (let row = 0; row < rows; row++) {
      const own = [...all.slice(row * classes, (row + 1) * classes)];
      expect(found.classes[row]).toBe(own.indexOf(Math.max(...own)));
      expect(found.logProbabilities[row]).toBeCloseTo(Math.max(...own), 12);
    }
    expect(found.scores).toBeLessThanOrEqual(rows * (classes + cutoffs.length));
    expect(found.scores).toBeGreaterThanOrEqual(rows * ((cutoffs[0] ?? classes) + cutoffs.length));
  });

  it("compute fewer scores than there are classes", async () => {
    const [rows, classes] = [200, 60];
    const layer = largeLayer(randomKey(2), classes, [10, 25]);
    const hidden = normal(randomKey(3), [rows, 8], { dtype: "f64" });
    const { classes: found, scores } = await adaptiveSoftmaxPredictions(hidden, layer);
    expect(scores).toBeLessThan(0.8 * rows * classes);
    const all = await adaptiveSoftmaxLogProbabilities(hidden, layer).data();
    for (let row = 0; row < rows; row++) {
      const own = [...all.slice(row * classes, (row + 1) * classes)];
      expect(found[row]).toBe(own.indexOf(Math.max(...own)));
    }
    expect(new Set(Array.from(found, (c) => (c < 10 ? 0 : c < 25 ? 1 : 2)))).toEqual(new Set([0, 1, 2]));
  });

  it("skip every tail where the head is sure, and take the first of equals", async () => {
    const of = (shape: number[]) => zeros(shape, { dtype: "f64" });
    const tails = [{ projection: of([1, 2]), weights: of([1, 1]) }];
    const even = await adaptiveSoftmaxPredictions(of([1, 2]), { head: of([3, 2]), tails });
    expect([...even.classes]).toEqual([0]);
    expect(even.scores).toBe(3);
    const headBias = tensor(Float64Array.of(0, 0, 1));
    const sure = await adaptiveSoftmaxPredictions(of([2, 2]), { head: of([3, 2]), headBias, tails });
    expect([...sure.classes]).toEqual([2, 2]);
    expect(sure.scores).toBe(8);
    await expectClose(sure.logProbabilities, new Array(2).fill(1 - Math.log(2 + Math.E)), { tolerance: 1e-14 });
  });

  it("are the same in single precision on every backend", async () => {
    const on = async (backend?: ReturnType<typeof cpu>) => {
      const place = backend === undefined ? {} : { backend };
      const layer = adaptiveSoftmax(randomKey(5, place), { classes: 40, features: 6, cutoffs: [4] });
      const values = Float32Array.from({ length: 120 }, (_, i) => 3 * Math.sin(i));
      return adaptiveSoftmaxPredictions(tensor(values, { ...place, shape: [20, 6] }), layer);
    };
    const expected = await on(cpu());
    for (const found of [await on(), ...(gpu === undefined ? [] : [await on(gpu)])]) {
      expect(found.classes).toEqual(expected.classes);
      expect(found.scores).toBe(expected.scores);
      await expectClose(found.logProbabilities, expected.logProbabilities, { tolerance: 1e-6 }); // single precision
    }
  });

  it("name what is wrong", async () => {
    const layer = largeLayer(randomKey(1), 6, [2, 4]);
    await expect(adaptiveSoftmaxPredictions(zeros([0, 8], { dtype: "f64" }), layer)).rejects.toThrow(
      "adaptiveSoftmaxPredictions: hidden has shape [0, 8] but must have a row",
    );
    await expect(adaptiveSoftmaxPredictions(zeros([1, 8]), layer)).rejects.toThrow(
      "adaptiveSoftmaxPredictions: head is f64 but must match hidden, f32; cast one of them",
    );
  });
});
