import type { LabelLists, Metric, RankingOptions } from "cotangent/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rankings } from "./arbitraries.js";

type RankingMetric = (ranked: LabelLists, truth: LabelLists, options: RankingOptions) => Metric;
const ks = fc.integer({ min: 1, max: 12 });
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

// Two examples, k = 3: the first has its hits at places 1 and 3 of 4 true labels, the second at place 2 of 1.
const ranked = [[5, 9, 2, 7], Uint32Array.of(0, 1)];
const truth = [[2, 5, 7, 8], [1]];

/** What holds for every metric of a ranking: `brute` is its definition, `byHand` its values on the two examples above. */
export function rankingLaws(
  name: string,
  metric: RankingMetric,
  brute: (ranked: number[], truth: number[], k: number) => number,
  byHand: readonly number[],
): void {
  describe(name, () => {
    it("is its definition, example by example", () => {
      fc.assert(
        fc.property(rankings, ks, (lists, k) => {
          const { mean: average, values } = metric(lists.ranked, lists.truth, { k });
          expect(values).toHaveLength(lists.truth.length);
          values.forEach((value, at) => {
            expect(value).toBeCloseTo(brute(lists.ranked[at]!, lists.truth[at]!, k), 12);
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1 + 1e-15);
          });
          expect(average).toBeCloseTo(mean(values), 12);
        }),
      );
    });

    it("has the value computed by hand", () => {
      const { mean: average, values } = metric(ranked, truth, { k: 3 });
      values.forEach((value, at) => {
        expect(value).toBeCloseTo(byHand[at]!, 14);
      });
      expect(average).toBeCloseTo(mean(byHand), 14);
    });

    it("depends on neither the order of the truth, nor predictions after the k-th, nor the labels' names", () => {
      fc.assert(
        fc.property(rankings, ks, (lists, k) => {
          const { values } = metric(lists.ranked, lists.truth, { k });
          const rename = (label: number) => 7 * label + 3;
          const other = metric(
            lists.ranked.map((list) => list.slice(0, k).map(rename)),
            lists.truth.map((list) => [...list].reverse().map(rename)),
            { k },
          );
          expect(other.values).toEqual(values);
        }),
      );
    });

    it("never falls when a hit moves up past a miss", () => {
      fc.assert(
        fc.property(rankings, ks, fc.nat(8), (lists, k, place) => {
          const swapped = lists.ranked.map((list, at) => {
            const copy = [...list];
            const isHit = (label: number | undefined) => label !== undefined && lists.truth[at]!.includes(label);
            if (isHit(copy[place + 1]) && !isHit(copy[place])) copy.splice(place, 2, copy[place + 1]!, copy[place]!);
            return copy;
          });
          const before = metric(lists.ranked, lists.truth, { k }).values;
          metric(swapped, lists.truth, { k }).values.forEach((value, at) => {
            expect(value).toBeGreaterThanOrEqual(before[at]! - 1e-15);
          });
        }),
      );
    });

    it("counts examples without labels as 0, or skips them", () => {
      const [lists, labels] = [
        [[1], [2]],
        [[1], []],
      ];
      expect(metric(lists, labels, { k: 1 })).toEqual({ mean: 0.5, values: Float64Array.of(1, 0) });
      expect(metric(lists, labels, { k: 1, withoutLabels: "skip" })).toEqual({
        mean: 1,
        values: Float64Array.of(1, Number.NaN),
      });
      expect(metric([[1]], [[]], { k: 1, withoutLabels: "skip" }).mean).toBeNaN();
      expect(metric([], [], { k: 1 })).toEqual({ mean: Number.NaN, values: Float64Array.of() });
    });

    it("is 0 where nothing is predicted", () => {
      expect(metric([[]], [[1]], { k: 3 }).mean).toBe(0);
    });

    it.each<[number[][], number[][], RankingOptions, Error]>([
      [[], [], { k: 0 }, new RangeError(`${name}: k is 0 but must be a whole number ≥ 1`)],
      [
        [],
        [],
        { k: 1, withoutLabels: "x" as "skip" },
        new TypeError(`${name}: withoutLabels is "x" but must be one of zero, skip`),
      ],
      [[[1]], [], { k: 1 }, new RangeError(`${name}: ranked has 1 examples but must have as many as truth, 0`)],
      [[[1, 2, 1]], [[1]], { k: 3 }, new RangeError(`${name}: ranked[0][2] is 1 again but must be there once`)],
      [[[1]], [[4, 4]], { k: 3 }, new RangeError(`${name}: truth[0][1] is 4 again but must be there once`)],
      [[[-1]], [[4]], { k: 3 }, new RangeError(`${name}: ranked[0][0] is -1 but must be a whole number ≥ 0`)],
      [[[1]], [[0.5]], { k: 3 }, new RangeError(`${name}: truth[0][0] is 0.5 but must be a whole number ≥ 0`)],
    ])("names the argument that is wrong: %j of %j", (wrongRanked, wrongTruth, options, error) => {
      expect(() => metric(wrongRanked, wrongTruth, options)).toThrow(error);
    });
  });
}
