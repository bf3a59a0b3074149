import {
  type ExpectationIntervalsOptions,
  expectationIntervals,
  oneHotFeatures,
} from "cotangent/methods/classification";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { uniforms } from "./support/gaussian-tasks.js";
import { grid, gridFeatures, samples } from "./support/minimax-problems.js";

const slacks = fc.integer({ min: 0, max: 40 }).map((tenths) => tenths / 10);

describe("expectationIntervals", () => {
  law("are τ ± λ/√n, clipped to the features' range", samples, slacks, async ({ classes, inputs, labels }, slack) => {
    const features = oneHotFeatures(gridFeatures, classes);
    const { low, high } = expectationIntervals(features, inputs, labels, { slack });
    const mean = Array.from({ length: features.features }, (_, j) => {
      const of = inputs.map((x, i) => features.of(x)[labels[i] * features.features + j]);
      return of.reduce((sum, value) => sum + value, 0) / of.length;
    });
    const wide = slack / Math.sqrt(inputs.length);
    await expectClose(
      low,
      mean.map((t, j) => Math.max(features.low[j], t - wide)),
    );
    await expectClose(
      high,
      mean.map((t, j) => Math.min(features.high[j], t + wide)),
    );
  });

  law("take a slack for each feature", samples, async ({ classes, inputs, labels }) => {
    const features = oneHotFeatures(gridFeatures, classes);
    const each = Array.from({ length: features.features }, (_, j) => j / 20);
    const all = expectationIntervals(features, inputs, labels, { slack: each });
    for (const j of each.keys()) {
      const one = expectationIntervals(features, inputs, labels, { slack: each[j] });
      expect([all.low[j], all.high[j]]).toEqual([one.low[j], one.high[j]]);
    }
  });

  it("have slack 0.25 unless told", () => {
    const features = oneHotFeatures(gridFeatures, 2);
    const call = (options?: ExpectationIntervalsOptions) =>
      expectationIntervals(features, grid, [0, 0, 0, 0, 0, 1, 1, 1, 1], options);
    expect(call()).toEqual(call({ slack: 0.25 }));
  });

  it("are Hoeffding's with a probability of failure", async () => {
    const features = oneHotFeatures(gridFeatures, 2); // widths 1, 1, 2 in each class
    const inputs = Array.from({ length: 2500 }, (_, i) => grid[i % 9]);
    const labels = inputs.map((_, i) => i % 2);
    const { low, high } = expectationIntervals(features, inputs, labels, { failure: 0.1 });
    const half = Math.sqrt(Math.log(12 / 0.1) / 2 / 2500);
    // The first two are clipped at neither end; the third ranges over twice as much.
    await expectClose([high[0] - low[0], high[2] - low[2]], [2 * half, 4 * half], { tolerance: 1e-12 });
  });

  it("miss a true mean no more often than said", () => {
    // By Hoeffding P(miss) ≤ 0.2, so that of 400 samples 120 or more miss with probability below 1e-6.
    const features = oneHotFeatures(gridFeatures, 2);
    const next = uniforms(1);
    const chance = (x: readonly number[]) => (1 + x[0] + 2 * x[1]) / 8; // of class 1; inputs are uniform on the grid
    const truth = Array.from({ length: features.features }, (_, j) =>
      grid.reduce((sum, x) => {
        const values = features.of(x);
        return sum + ((1 - chance(x)) * values[j] + chance(x) * values[features.features + j]) / 9;
      }, 0),
    );
    let misses = 0;
    for (let trial = 0; trial < 400; trial++) {
      const inputs = Array.from({ length: 20 }, () => grid[Math.floor(9 * next())]);
      const labels = inputs.map((x) => Number(next() < chance(x)));
      const { low, high } = expectationIntervals(features, inputs, labels, { failure: 0.2 });
      if (truth.some((value, j) => value < low[j] || value > high[j])) misses++;
    }
    expect(misses).toBeLessThan(120);
  });
});

describe("expectationIntervals, wrong arguments", () => {
  const features = oneHotFeatures(gridFeatures, 2);
  const call =
    (options: ExpectationIntervalsOptions, inputs = grid.slice(0, 1), labels = [0]) =>
    () =>
      expectationIntervals(features, inputs, labels, options);

  it("names what is wrong", () => {
    expect(call({ slack: -1 })).toThrow(
      new RangeError("expectationIntervals: slack is -1 but must be a finite number ≥ 0"),
    );
    expect(call({ slack: [0, 0, 0, 0, -1, 0] })).toThrow(
      new RangeError("expectationIntervals: slack[4] is -1 but must be a finite number ≥ 0"),
    );
    expect(call({ slack: [1] })).toThrow(
      new RangeError("expectationIntervals: slack has length 1 but must have 6, one a feature"),
    );
    for (const failure of [0, 1]) {
      expect(call({ failure })).toThrow(
        new RangeError(`expectationIntervals: failure is ${failure} but must be in (0, 1)`),
      );
    }
    expect(call({ slack: 1, failure: 0.1 })).toThrow(
      new TypeError("expectationIntervals: slack and failure are both given but must not be; each says how wide to be"),
    );
    expect(call({}, [], [])).toThrow(new RangeError("expectationIntervals: inputs is empty but must have an example"));
    expect(call({}, [[0, Number.NaN]])).toThrow(
      new RangeError("expectationIntervals: inputs[0][1] is NaN but must be finite"),
    );
    expect(call({}, [[0, 0]], [2])).toThrow(
      new RangeError("expectationIntervals: labels[0] is 2 but must be a whole number in [0, 2)"),
    );
    expect(call({}, [[0, 0]], [])).toThrow(
      new RangeError("expectationIntervals: labels has length 0 but must have 1, one an input"),
    );
  });
});
