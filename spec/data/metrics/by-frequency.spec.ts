import {
  byFrequency,
  type FrequencyOptions,
  type LabelLists,
  precisionAt,
  propensityScoredPrecisionAt,
  recallAt,
} from "cotangent/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rankings } from "../support/arbitraries.js";

const counts = [0, 1, 2, 4, 5, 9, 10, 99, 100, 5000];
const at1 = (ranked: LabelLists, truth: LabelLists) => precisionAt(ranked, truth, { k: 1 });

describe("byFrequency", () => {
  it("puts counts 0, 1, 2–4, 5–9, 10–99 and ≥ 100 in bands of their own", () => {
    const truth = [counts.map((_, label) => label)];
    const bands = byFrequency([[8]], truth, at1, { counts });
    expect(bands.map(({ from, below, labels }) => [from, below, labels])).toEqual([
      [0, 1, 1],
      [1, 2, 1],
      [2, 5, 2],
      [5, 10, 2],
      [10, 100, 2],
      [100, Number.POSITIVE_INFINITY, 2],
    ]);
    expect(bands.map(({ metric }) => metric.mean)).toEqual([0, 0, 0, 0, 0, 1]);
  });

  it("is the metric on the band's true labels, over the examples that have one", () => {
    const ranked = [
      [0, 1],
      [1, 0],
      [2, 1],
    ];
    const truth = [[0, 1], [0], [1, 2]];
    const options = { counts: [1, 50, 50], boundaries: [0, 10] };
    const [rare, common] = byFrequency(ranked, truth, (r, t) => recallAt(r, t, { k: 1 }), options);
    expect(rare).toEqual({
      from: 0,
      below: 10,
      labels: 1,
      examples: Int32Array.of(0, 1),
      metric: { mean: 0.5, values: Float64Array.of(1, 0) },
    });
    expect(common!.examples).toEqual(Int32Array.of(0, 2));
    expect(common!.metric).toEqual({ mean: 0.25, values: Float64Array.of(0, 0.5) });
  });

  it("splits precision: over the bands its sums add up", () => {
    const frequencies = fc.array(fc.nat(200), { minLength: 10, maxLength: 10 });
    fc.assert(
      fc.property(rankings, frequencies, fc.integer({ min: 1, max: 6 }), ({ ranked, truth }, some, k) => {
        const precision = (r: LabelLists, t: LabelLists) => precisionAt(r, t, { k });
        const bands = byFrequency(ranked, truth, precision, { counts: some });
        const sum = bands.reduce(
          (total, { metric, examples }) => total + (examples.length && metric.mean * examples.length),
          0,
        );
        expect(sum).toBeCloseTo(precision(ranked, truth).mean * truth.length, 10);
        expect(bands.reduce((total, { labels }) => total + labels, 0)).toBe(10);
      }),
    );
  });

  it("is the metric itself with one band, and NaN in a band without examples", () => {
    fc.assert(
      fc.property(rankings, ({ ranked, truth }) => {
        const labelled = truth.map((labels) => (labels.length === 0 ? [3] : labels));
        const scored = (r: LabelLists, t: LabelLists) =>
          propensityScoredPrecisionAt(r, t, { k: 3, propensities: Array(10).fill(0.5) });
        const [all, none] = byFrequency(ranked, labelled, scored, { counts, boundaries: [0, 10_000] });
        expect(all!.metric).toEqual(scored(ranked, labelled));
        expect(none!.metric.mean).toBeNaN();
        expect(none!.examples).toHaveLength(0);
      }),
    );
  });

  it.each<[number[][], number[][], FrequencyOptions, string]>([
    [[[0]], [], { counts }, "ranked has 1 examples but must have as many as truth, 0"],
    [[[0]], [[1, 10]], { counts }, "truth[0][1] is 10 but must be in [0, 10)"],
    [[[0]], [[-1]], { counts }, "truth[0][0] is -1 but must be in [0, 10)"],
    [[[0]], [[0]], { counts: [3, -1] }, "counts[1] is -1 but must be a whole number ≥ 0"],
    [[[0]], [[0]], { counts, boundaries: [1, 2] }, "boundaries is [1, 2] but must ascend in whole numbers from 0"],
    [
      [[0]],
      [[0]],
      { counts, boundaries: [0, 2, 2] },
      "boundaries is [0, 2, 2] but must ascend in whole numbers from 0",
    ],
    [[[0]], [[0]], { counts, boundaries: [] }, "boundaries is [] but must ascend in whole numbers from 0"],
    [[[0]], [[0]], { counts, boundaries: [0, 1.5] }, "boundaries is [0, 1.5] but must ascend in whole numbers from 0"],
  ])("names the argument that is wrong", (ranked, truth, options, problem) => {
    expect(() => byFrequency(ranked, truth, at1, options)).toThrow(new RangeError(`byFrequency: ${problem}`));
  });
});
