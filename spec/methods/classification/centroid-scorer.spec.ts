import { randomKey } from "cotangent";
import { centroidScorer } from "cotangent/methods/classification";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { labelledRows } from "./support/labelled-rows.js";

describe("centroidScorer", () => {
  law(
    "is minus the squared distance to the mean of a class's examples, over d",
    labelledRows(),
    async ({ inputs, labelLists, labels }) => {
      const rows = inputs.map((values) => ({ indices: [0, 1, 2], values }));
      const problem = { inputs: rows, width: 3, classes: labels, targets: labelLists, key: randomKey(0) };
      const scorer = await centroidScorer()(problem);
      const all = [...Array(labels).keys()];
      for (const row of rows) {
        const expected = all.map((c) => {
          const own = inputs.filter((_, i) => labelLists[i].includes(c));
          const mean = [0, 1, 2].map((j) => own.reduce((sum, x) => sum + x[j], 0) / own.length);
          return own.length === 0
            ? Number.NEGATIVE_INFINITY
            : -mean.reduce((sum, m, j) => sum + (row.values[j] - m) ** 2, 0) / 3;
        });
        await expectClose(scorer.logConfidences(row, all), expected, { tolerance: 1e-13 });
        expect(Array.from(scorer.logConfidences(row, [2, 0]))).toEqual(
          [2, 0].map((c) => scorer.logConfidences(row, [c])[0]),
        );
      }
    },
  );

  it("is never above 0, by rounding, and takes what is left out of a sparse input as 0", async () => {
    const row = { indices: [1], values: [0.1 + 0.2] };
    const scorer = await centroidScorer()({
      inputs: [row, row, row],
      width: 2,
      classes: 1,
      targets: [[0], [0], [0]],
      key: randomKey(0),
    });
    expect(scorer.logConfidences(row, [0])[0]).toBeLessThanOrEqual(0);
    const [away] = scorer.logConfidences({ indices: [1], values: [2] }, [0]);
    expect(away).toBeCloseTo(-(1.7 ** 2) / 2, 12);
  });
});
