import { type ThresholdFeaturesOptions, thresholdFeatures } from "cotangent/methods/classification";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { type Sample, samples } from "./support/minimax-problems.js";

const column = (values: readonly number[]) => values.map((value) => [value]);

/** Points on a line with their classes, in any order, some at the same place. */
const lines = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 2 })), { minLength: 1, maxLength: 12 })
  .map((points) => ({ values: points.map(([x]) => x), labels: points.map(([, y]) => y) }));

/** n times the Gini impurity of the leaves that the cuts leave, from its definition. */
function impurity(values: readonly number[], labels: readonly number[], cuts: ArrayLike<number>): number {
  const leaves = new Map<number, number[]>();
  values.forEach((value, i) => {
    const leaf = Array.from(cuts).filter((cut) => value > cut).length;
    leaves.set(leaf, [...(leaves.get(leaf) ?? []), labels[i]]);
  });
  let total = 0;
  for (const members of leaves.values()) {
    const shares = [0, 1, 2].map((y) => members.filter((label) => label === y).length / members.length);
    total += members.length * (1 - shares.reduce((sum, share) => sum + share * share, 0));
  }
  return total;
}

const splitsOf = (values: readonly number[], labels: readonly number[], thresholds: number) =>
  Array.from(thresholdFeatures(column(values), labels, { classes: 3, thresholds }).thresholds[0]);

const between = (values: readonly number[]) => {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  return sorted.slice(1).map((value, i) => (value + sorted[i]) / 2);
};

describe("thresholdFeatures", () => {
  law("has a constant, and 1 where a coordinate is at most a threshold", samples, ({ classes, inputs, labels }) => {
    for (const splits of ["tree", "quantiles"] as const) {
      const psi = thresholdFeatures(inputs, labels, { classes, splits, thresholds: 2 });
      const pairs = psi.thresholds.flatMap((list, d) => Array.from(list, (t) => [d, t]));
      expect(psi.features).toBe(1 + pairs.length);
      for (const x of inputs) {
        expect(Array.from(psi.of(x))).toEqual([1, ...pairs.map(([d, t]) => Number(x[d] <= t))]);
      }
      expect(Array.from(psi.low)).toEqual([1, ...pairs.map(() => 0)]);
      expect(Array.from(psi.high)).toEqual([1, ...pairs.map(() => 1)]);
    }
  });

  law("with products has one for each two thresholds of different coordinates", samples, (sample) => {
    const plain = psiOf(sample, {});
    const psi = psiOf(sample, { products: true });
    const [first, second] = psi.thresholds.map((list) => Array.from(list));
    expect(psi.features).toBe(plain.features + first.length * second.length);
    for (const x of sample.inputs) {
      const products = first.flatMap((t) => second.map((s) => Number(x[0] <= t && x[1] <= s)));
      expect(Array.from(psi.of(x))).toEqual([...plain.of(x), ...products]);
    }
  });

  law("cuts first where Gini impurity falls most", lines, ({ values, labels }) => {
    const cuts = splitsOf(values, labels, 1);
    const best = Math.min(impurity(values, labels, []), ...between(values).map((t) => impurity(values, labels, [t])));
    expect(cuts.every((cut) => between(values).includes(cut))).toBe(true);
    expect(Math.abs(impurity(values, labels, cuts) - best)).toBeLessThan(1e-9);
  });

  law("cuts next the leaf in which that helps most", lines, fc.integer({ min: 1, max: 4 }), ({ values, labels }, k) => {
    const [fewer, more] = [splitsOf(values, labels, k), splitsOf(values, labels, k + 1)];
    expect(more.filter((cut) => fewer.includes(cut))).toEqual(fewer);
    const reached = impurity(values, labels, more);
    for (const t of between(values)) expect(reached).toBeLessThan(impurity(values, labels, [...fewer, t]) + 1e-9);
  });

  law("cuts no further than where a cut no longer helps", lines, ({ values, labels }) => {
    const cuts = splitsOf(values, labels, 20);
    const reached = impurity(values, labels, cuts);
    for (const t of between(values)) expect(impurity(values, labels, [...cuts, t])).toBeGreaterThan(reached - 1e-9);
    for (const cut of cuts) {
      const without = cuts.filter((other) => other !== cut);
      expect(impurity(values, labels, without)).toBeGreaterThan(reached + 1e-9);
    }
  });

  it("does not cut where nothing gets purer, whatever rounding makes of it", () => {
    // Both sides have one 0 to two 1s; in floating point the two together are off by a unit in the last place.
    for (const [left, right] of [
      [2, 5],
      [3, 4],
      [1, 7],
      [3, 7],
    ]) {
      const values = Array.from({ length: 3 * (left + right) }, (_, i) => Number(i >= 3 * left));
      expect(
        splitsOf(
          values,
          values.map((_, i) => Number(i % 3 > 0)),
          5,
        ),
      ).toEqual([]);
    }
  });

  it("takes quantiles, evenly spaced, each once and none above which there is nothing", () => {
    const quantiles = (values: number[], thresholds: number) =>
      Array.from(
        thresholdFeatures(
          column(values),
          values.map(() => 0),
          { classes: 2, splits: "quantiles", thresholds },
        ).thresholds[0],
      );
    expect(quantiles([5, 1, 4, 2, 3, 6, 8, 7], 3)).toEqual([2, 4, 6]);
    expect(quantiles([3, 1, 2], 1)).toEqual([2]);
    expect(quantiles([1, 1, 1, 2, 3, 3], 5)).toEqual([1, 2]);
    expect(quantiles([4, 4, 4], 2)).toEqual([]);
    expect(quantiles([2, 3, 1], 9)).toEqual([1, 2]);
  });

  it("has about 400 / (r·d) leaves a coordinate by default", () => {
    const values = Array.from({ length: 600 }, (_, i) => i);
    const psi = thresholdFeatures(
      values.map((v) => [v, -v]),
      values.map((v) => v % 2),
      { classes: 2 },
    );
    expect(psi.thresholds.map((list) => list.length)).toEqual([99, 99]);
    const crowded = thresholdFeatures([Array(500).fill(0), Array(500).fill(1)], [0, 1], { classes: 2 });
    expect(crowded.thresholds.every((list) => list.length === 1)).toBe(true);
  });
});

function psiOf({ inputs, labels, classes }: Sample, options: Partial<ThresholdFeaturesOptions>) {
  return thresholdFeatures(inputs, labels, { classes, ...options });
}

describe("thresholdFeatures, wrong arguments", () => {
  const call =
    (inputs: number[][], labels: number[], options: Partial<ThresholdFeaturesOptions> = {}) =>
    () =>
      thresholdFeatures(inputs, labels, { classes: 2, ...options });

  it("names what is wrong", () => {
    expect(call([[1]], [0], { classes: 1 })).toThrow(
      new RangeError("thresholdFeatures: classes is 1 but must be a whole number ≥ 2"),
    );
    expect(call([[1]], [0], { splits: "even" as "tree" })).toThrow(
      new TypeError('thresholdFeatures: splits is "even" but must be one of tree, quantiles'),
    );
    expect(call([[1]], [0], { thresholds: 0 })).toThrow(
      new RangeError("thresholdFeatures: thresholds is 0 but must be a whole number ≥ 1"),
    );
    expect(call([], [])).toThrow(new RangeError("thresholdFeatures: inputs is empty but must have an example"));
    expect(call([[1], [1, 2]], [0, 0])).toThrow(
      new RangeError("thresholdFeatures: inputs[1] has 2 features but must have 1, as inputs[0] has"),
    );
    expect(call([[1], [Number.NaN]], [0, 0])).toThrow(
      new RangeError("thresholdFeatures: inputs[1][0] is NaN but must be finite"),
    );
    expect(call([[1]], [0, 1])).toThrow(
      new RangeError("thresholdFeatures: labels has length 2 but must have 1, one an input"),
    );
    expect(call([[1]], [2])).toThrow(
      new RangeError("thresholdFeatures: labels[0] is 2 but must be a whole number in [0, 2)"),
    );
  });
});
