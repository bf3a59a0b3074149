import { matchingQuality } from "cotangent/methods/classification";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { memberships } from "./support/labelled-rows.js";

describe("matchingQuality", () => {
  law(
    "is the share of pairs in matched clusters, and the mean of M·Sᵀ·1",
    memberships(6, 5, 1),
    memberships(6, 4),
    memberships(5, 4, 1),
    (labelLists, matched, assignment) => {
      const { recall, candidates } = matchingQuality(labelLists, matched, assignment);
      const times = (i: number, l: number) => assignment[l].filter((c) => matched[i].includes(c)).length;
      const pairs = labelLists.flatMap((list, i) => list.map((l) => times(i, l) > 0));
      expect(recall).toBeCloseTo(pairs.filter(Boolean).length / pairs.length, 12);
      const all = matched.flatMap((_, i) => assignment.map((_, l) => times(i, l)));
      expect(candidates).toBeCloseTo(all.reduce((sum, count) => sum + count, 0) / 6, 12);
    },
  );

  it("has no recall where there are no labels", () => {
    expect(matchingQuality([[], []], [[0], [0]], [[0], [1]])).toEqual({ recall: Number.NaN, candidates: 1 });
  });

  it("names the argument that is wrong", () => {
    expect(() => matchingQuality([[0]], [], [[0]])).toThrow(
      new RangeError("matchingQuality: matched has 0 lists but must have 1, as labelLists has"),
    );
  });
});
