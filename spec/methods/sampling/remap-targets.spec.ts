import { remapTargets, restoreTargets } from "cotangent/methods/sampling";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { adaptiveProblems } from "./support/adaptive-layers.js";

describe("remapTargets", () => {
  law(
    "leaves frequent classes and sends others to their tail; restoreTargets undoes it",
    adaptiveProblems,
    ({ classes, cutoffs }) => {
      const labels = Int32Array.from({ length: classes }, (_, y) => y);
      const { head, within } = remapTargets(labels, cutoffs, classes);
      const frequent = cutoffs[0] ?? classes;
      labels.forEach((y) => {
        if (y < frequent) {
          expect([head[y], within[y]]).toEqual([y, 0]);
          return;
        }
        const i = head[y] - frequent;
        expect(y).toBeGreaterThanOrEqual(cutoffs[i]);
        expect(y).toBeLessThan(cutoffs[i + 1] ?? classes);
        expect(within[y]).toBe(y - cutoffs[i]);
      });
      expect(restoreTargets({ head, within }, cutoffs, classes)).toEqual(labels);
      expect(new Set(Array.from(head, (row, i) => `${row},${within[i]}`)).size).toBe(classes);
    },
  );

  it("names what is wrong", () => {
    expect(() => remapTargets([0], [], 0)).toThrow("remapTargets: classes is 0 but must be a whole number ≥ 1");
    expect(() => remapTargets([0], [5], 5)).toThrow(
      "remapTargets: cutoffs[0] is 5 but must be a whole number in (0, 5)",
    );
    expect(() => remapTargets([0], [3, 1], 5)).toThrow(
      "remapTargets: cutoffs[1] is 1 but must be above the one before, 3",
    );
    expect(() => remapTargets([0], [1, 3, 3], 5)).toThrow(
      "remapTargets: cutoffs[2] is 3 but must be above the one before, 3",
    );
    for (const label of [5, -1, 0.5, Number.NaN]) {
      expect(() => remapTargets([0, label], [2], 5)).toThrow(
        `remapTargets: labels holds ${label} at 1 but must be in [0, 5)`,
      );
    }
    const at = (head: number, within: number) => ({ head: Int32Array.of(head), within: Int32Array.of(within) });
    for (const [head, within] of [
      [-1, 0],
      [3, 0],
      [2, 3],
      [2, -1],
      [0, 1],
    ]) {
      expect(() => restoreTargets(at(head, within), [2], 5)).toThrow(
        `restoreTargets: row ${head} of the head and position ${within} at 0 are no class but must be as remapTargets gives them`,
      );
    }
    expect(() => restoreTargets(at(0, 0), [0], 5)).toThrow(
      "restoreTargets: cutoffs[0] is 0 but must be a whole number in (0, 5)",
    );
    expect(() => restoreTargets(at(0, 0), [], 1.5)).toThrow(
      "restoreTargets: classes is 1.5 but must be a whole number ≥ 1",
    );
  });
});
