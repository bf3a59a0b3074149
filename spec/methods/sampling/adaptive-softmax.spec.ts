import { eye, leavesOf, randomKey, type Tensor, tensor } from "cotangent";
import { adaptiveSoftmax, adaptiveSoftmaxLogProbabilities } from "cotangent/methods/sampling";
import { simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { adaptiveProblems } from "./support/adaptive-layers.js";

const key = randomKey(3);

describe("adaptiveSoftmax", () => {
  law("has (c_1 + J)·d + Σ d_i (d + k_i) parameters, uniform in ±1/√d", adaptiveProblems, async (problem) => {
    const { classes, features, cutoffs, divValue, seed } = problem;
    const layer = adaptiveSoftmax(randomKey(seed), { classes, features, cutoffs, divValue, dtype: "f64" });
    let count = ((cutoffs[0] ?? classes) + cutoffs.length) * features;
    cutoffs.forEach((start, i) => {
      const width = Math.max(1, Math.floor(features / divValue ** (i + 1)));
      expect(layer.tails[i].projection.shape).toEqual([width, features]);
      count += width * (features + (cutoffs[i + 1] ?? classes) - start);
    });
    expect(leavesOf(layer).reduce((sum, { size }) => sum + size, 0)).toBe(count);
    for (const values of await Promise.all(leavesOf(layer).map((leaf) => leaf.data()))) {
      expect(Array.from(values).every((value) => Math.abs(value) <= 1 / Math.sqrt(features))).toBe(true);
    }
  });

  it("fills the whole interval, in f32 by default, each part with numbers of its own", async () => {
    const layer = adaptiveSoftmax(key, { classes: 900, features: 16, cutoffs: [300, 600], divValue: 1, bias: true });
    expect(leavesOf(layer).every(({ dtype }) => dtype === "f32")).toBe(true);
    expect(layer.headBias?.shape).toEqual([302]);
    const parts = await Promise.all(leavesOf(layer).map(async (leaf) => [...(await leaf.mul(4).data())]));
    for (const values of parts) {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
      // Uniform in ±1: six deviations of each mean.
      expect(Math.abs(mean)).toBeLessThan(6 * Math.sqrt(1 / 3 / values.length));
      expect(Math.abs(square - 1 / 3)).toBeLessThan(6 * Math.sqrt(4 / 45 / values.length));
    }
    expect(new Set(parts.map(([first]) => first)).size).toBe(parts.length);
  });

  const tables = fc
    .record({ classes: fc.integer({ min: 2, max: 7 }), contexts: fc.integer({ min: 1, max: 3 }) })
    .chain(({ classes, contexts }) =>
      fc.record({
        classes: fc.constant(classes),
        contexts: fc.constant(contexts),
        cutoffs: fc.subarray([...Array(classes).keys()].slice(1), { maxLength: Math.min(3, classes - 1) }),
        table: fc.array(simplex(classes), { minLength: contexts, maxLength: contexts }),
      }),
    );

  law("can be any table of positive probabilities", tables, async ({ classes, contexts, cutoffs, table }) => {
    const frequent = cutoffs[0] ?? classes;
    const massOf = (row: Float64Array, i: number) =>
      row.slice(cutoffs[i], cutoffs[i + 1] ?? classes).reduce((sum, p) => sum + p, 0);
    const matrix = (rows: number, at: (row: number, context: number) => number) =>
      tensor(
        Float64Array.from({ length: rows * contexts }, (_, i) => at(Math.floor(i / contexts), i % contexts)),
        { shape: [rows, contexts] },
      );
    const identity = eye(contexts, { backend: tensor([0]).backend, dtype: "f64" }) as Tensor;
    const layer = {
      head: matrix(frequent + cutoffs.length, (k, c) =>
        Math.log(k < frequent ? table[c][k] : massOf(table[c], k - frequent)),
      ),
      tails: cutoffs.map((start, i) => ({
        projection: identity,
        weights: matrix((cutoffs[i + 1] ?? classes) - start, (k, c) =>
          Math.log(table[c][start + k] / massOf(table[c], i)),
        ),
      })),
    };
    const expected = table.flatMap((row) => [...row.map(Math.log)]);
    await expectClose(adaptiveSoftmaxLogProbabilities(identity, layer), expected, { tolerance: 1e-12 });
  });

  it("gives a tail that has less than a dimension one, and says so", () => {
    const said: string[] = [];
    const onWarning = (message: string) => said.push(message);
    const layer = adaptiveSoftmax(key, { classes: 9, features: 8, cutoffs: [3, 6], onWarning });
    expect(layer.tails.map(({ projection }) => projection.shape[0])).toEqual([2, 1]);
    expect(said).toEqual(["adaptiveSoftmax: divValue is 4, which leaves tail 2 without a dimension; it was given 1"]);
  });

  it("names what is wrong", () => {
    const call = (options: object) => () => adaptiveSoftmax(key, { classes: 5, features: 4, cutoffs: [2], ...options });
    expect(call({ classes: 1, cutoffs: [] })).toThrow("adaptiveSoftmax: classes is 1 but must be a whole number ≥ 2");
    expect(call({ features: 0 })).toThrow("adaptiveSoftmax: features is 0 but must be a whole number ≥ 1");
    expect(call({ divValue: 0.5 })).toThrow("adaptiveSoftmax: divValue is 0.5 but must be a finite number ≥ 1");
    expect(call({ dtype: "i32" })).toThrow('adaptiveSoftmax: dtype is "i32" but must be one of f32, f64');
    expect(call({ cutoffs: [3, 2] })).toThrow("adaptiveSoftmax: cutoffs[1] is 2 but must be above the one before, 3");
    expect(call({ cutoffs: [2, 2] })).toThrow("adaptiveSoftmax: cutoffs[1] is 2 but must be above the one before, 2");
    for (const cutoff of [0, 5, -1, 1.5, Number.NaN]) {
      expect(call({ cutoffs: [cutoff] })).toThrow(
        `adaptiveSoftmax: cutoffs[0] is ${cutoff} but must be a whole number in (0, 5)`,
      );
    }
    expect(call({ classes: 2, cutoffs: [1] })).not.toThrow();
  });
});
