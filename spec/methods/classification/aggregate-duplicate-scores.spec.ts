import { aggregateDuplicateScores } from "cotangent/methods/classification";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";

const labelOf = [0, 0, 1, 2, 2, 2, 3];
const scored = fc.shuffledSubarray([...labelOf.keys()]);

describe("aggregateDuplicateScores", () => {
  law("is the mean or the largest of the copies that were scored", scored, floats([7]), (copies, table) => {
    const scores = copies.map((copy) => table[copy]);
    const { labels, scores: means } = aggregateDuplicateScores(copies, scores, labelOf);
    const most = aggregateDuplicateScores(copies, scores, labelOf, "max");
    expect(new Set(labels)).toEqual(new Set(copies.map((copy) => labelOf[copy])));
    labels.forEach((label, at) => {
      const own = scores.filter((_, k) => labelOf[copies[k]] === label);
      expect(means[at]).toBeCloseTo(own.reduce((sum, score) => sum + score, 0) / own.length, 12);
      const largest = most.scores[most.labels.indexOf(label)];
      expect(largest).toBe(Math.max(...own));
      expect(largest).toBeGreaterThanOrEqual(means[at] - 1e-15);
    });
  });

  law(
    "has the best first, of equal ones the lower label",
    scored,
    fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 7, maxLength: 7 }),
    (copies, table) => {
      const { labels, scores } = aggregateDuplicateScores(
        copies,
        copies.map((copy) => table[copy]),
        labelOf,
        "max",
      );
      for (let i = 1; i < labels.length; i++) {
        expect(scores[i - 1] > scores[i] || (scores[i - 1] === scores[i] && labels[i - 1] < labels[i])).toBe(true);
      }
    },
  );

  law(
    "does not depend on the order of the copies, to the last bit",
    scored,
    scored,
    floats([7]),
    (copies, order, table) => {
      const again = [
        ...order.filter((copy) => copies.includes(copy)),
        ...copies.filter((copy) => !order.includes(copy)),
      ];
      for (const merge of ["mean", "max"] as const) {
        const of = (list: number[]) =>
          aggregateDuplicateScores(
            list,
            list.map((copy) => table[copy]),
            labelOf,
            merge,
          );
        expect(of(again)).toEqual(of(copies));
      }
    },
  );

  law("is the plain score where copies agree", floats([4]), (plain) => {
    const copies = [...labelOf.keys()];
    for (const merge of ["mean", "max"] as const) {
      const { labels, scores } = aggregateDuplicateScores(
        copies,
        copies.map((copy) => plain[labelOf[copy]]),
        labelOf,
        merge,
      );
      for (const [at, label] of labels.entries()) expect(Math.abs(scores[at] - plain[label])).toBeLessThan(1e-15);
    }
  });

  it("names the argument that is wrong", () => {
    expect(() => aggregateDuplicateScores([0], [1, 2], [0])).toThrow(
      new RangeError("aggregateDuplicateScores: scores has length 2 but must have that of copies, 1"),
    );
    expect(() => aggregateDuplicateScores([1], [1], [0])).toThrow(
      new RangeError("aggregateDuplicateScores: copies[0] is 1 but must be in [0, 1)"),
    );
    expect(() => aggregateDuplicateScores([0], [Number.NaN], [0])).toThrow(
      new RangeError("aggregateDuplicateScores: scores[0] is NaN but must be a number"),
    );
    expect(() => aggregateDuplicateScores([0], [1], [0], "min" as "max")).toThrow(
      new TypeError('aggregateDuplicateScores: merge is "min" but must be one of mean, max'),
    );
  });
});
