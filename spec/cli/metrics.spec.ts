import { Vocabulary } from "cotangent/data";
import { describe, expect, it } from "vitest";
import { describeBand, evaluateRankings } from "../../cli/src/metrics.js";
import type { Ranked } from "../../cli/src/ranking.js";
import { showCount, showEvaluation, showShare } from "../../cli/src/report.js";

const labels = new Vocabulary(["a", "b", "c", "d", "e"], [200, 20, 3, 1, 1], null);
const ranked = (truth: number[], ids: number[]): Ranked => ({
  labels: truth,
  ids: Int32Array.from(ids),
  scores: new Float32Array(5),
});
const rankings = [
  ranked([0], [0, 1, 2, 3, 4]),
  ranked([1, 3], [0, 1, 3, 2, 4]),
  ranked([2], [1, 0, 3, 4, 2]),
  ranked([], [0, 1, 2, 3, 4]),
];

describe("evaluateRankings", () => {
  const evaluation = evaluateRankings(rankings, labels, 225);

  it("takes means over the examples with a label that training showed", () => {
    expect(evaluation).toMatchObject({ examples: 4, scored: 3 });
    expect(evaluation.precision).toEqual([1 / 3, (1 / 3 + 2 / 3 + 0) / 3, (1 / 5 + 2 / 5 + 1 / 5) / 3]);
    expect(evaluation.recallAt5).toBe(1);
    expect(evaluation.balancedAccuracy).toBe(1 / 4); // four labels, one of them found
  });

  it("tells frequent labels from rare ones", () => {
    expect(evaluation.bands).toEqual([
      { from: 1, to: 1, labels: 2, examples: 1, precisionAt1: 0 },
      { from: 2, to: 4, labels: 1, examples: 1, precisionAt1: 0 },

      { from: 10, to: 99, labels: 1, examples: 1, precisionAt1: 0 },
      { from: 100, to: undefined, labels: 1, examples: 1, precisionAt1: 1 },
    ]);
    expect(evaluation.bands.map(describeBand)).toEqual(["once", "2–4 times", "10–99 times", "100 times or more"]);
  });

  it("is shown as two tables", () => {
    const shown = showEvaluation(evaluation);
    expect(shown.split("\n")[0]).toBe("3 of 4 examples have a label that training showed; over these:");
    expect(shown).toMatch(/│ precision +│ 0\.333 │ 0\.333 │ 0\.267 │/);
    expect(shown).toMatch(/│ recall +│ +│ +│ 1\.000 │/);
    expect(shown).toMatch(/│ 100 times or more +│ +1 │ +1 │ +1\.000 │/);
  });
});

describe("numbers in reports", () => {
  it("are grouped by thousands, or have three decimals", () => {
    expect([7, 1234, 1234567].map(showCount)).toEqual(["7", "1 234", "1 234 567"]);
    expect([0.12345, 1, Number.NaN].map(showShare)).toEqual(["0.123", "1.000", "–"]);
  });
});
