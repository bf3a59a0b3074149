import { countMatches } from "cotangent/methods/classification";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { memberships } from "./support/labelled-rows.js";

describe("countMatches", () => {
  law("is Yᵀ·M", memberships(6, 4), memberships(6, 3), (labelLists, matched) => {
    const counts = countMatches(labelLists, matched, { labels: 4, clusters: 3 });
    for (let l = 0; l < 4; l++) {
      for (let c = 0; c < 3; c++) {
        const both = labelLists.filter((list, i) => list.includes(l) && matched[i].includes(c));
        expect(counts[l].get(c) ?? 0).toBe(both.length);
      }
    }
  });

  it("names the argument that is wrong", () => {
    const sizes = { labels: 2, clusters: 2 };
    expect(() => countMatches([[0]], [[0]], { labels: 0, clusters: 2 })).toThrow(
      new RangeError("countMatches: labels is 0 but must be a whole number ≥ 1"),
    );
    expect(() => countMatches([[0]], [[0]], { labels: 2, clusters: 0.5 })).toThrow(
      new RangeError("countMatches: clusters is 0.5 but must be a whole number ≥ 1"),
    );
    expect(() => countMatches([[2]], [[0]], sizes)).toThrow(
      new RangeError("countMatches: labelLists[0][0] is 2 but must be a whole number in [0, 2)"),
    );
    expect(() => countMatches([[0, 0]], [[0]], sizes)).toThrow(
      new RangeError("countMatches: labelLists[0][1] is 0 again but must come once"),
    );
    expect(() => countMatches([[0]], [[-1]], sizes)).toThrow(
      new RangeError("countMatches: matched[0][0] is -1 but must be a whole number in [0, 2)"),
    );
    expect(() => countMatches([[0]], [], sizes)).toThrow(
      new RangeError("countMatches: matched has 0 lists but must have 1, one an example"),
    );
  });
});
