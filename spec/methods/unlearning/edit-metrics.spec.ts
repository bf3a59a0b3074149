import { type EditMetricsOptions, editMetrics } from "cotangent/methods/unlearning";
import { ids } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";

const answers = ids(6, 3);
const subsets = fc.subarray([0, 1, 2, 3, 4, 5], { minLength: 1 });

describe("editMetrics", () => {
  law(
    "counts right answers among modified facts and among the others, in [0, 1]",
    answers,
    answers,
    answers,
    subsets,
    (found, wanted, before, modified) => {
      const share = (of: Int32Array, among: number[]) =>
        among.length === 0 ? 1 : among.filter((i) => of[i] === wanted[i]).length / among.length;
      const others = [0, 1, 2, 3, 4, 5].filter((i) => !modified.includes(i));
      const metrics = editMetrics(found, wanted, modified, { before, classes: 3 });
      expect(metrics.modified).toBe(share(found, modified));
      expect(metrics.unmodified).toBe(share(found, others));
      expect(metrics.mean).toBe((metrics.modified + metrics.unmodified) / 2);
      expect(metrics.drop).toBe(share(before, others) - share(found, others));
      for (const value of [metrics.modified, metrics.unmodified, metrics.mean]) {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
      }
    },
  );

  law(
    "does not mind the order in which modified facts are named",
    answers,
    answers,
    subsets,
    (found, wanted, modified) => {
      expect(editMetrics(found, wanted, [...modified].reverse())).toEqual(editMetrics(found, wanted, modified));
    },
  );

  it("takes one fact, and all", () => {
    expect(editMetrics([1, 0], [1, 1], [0])).toEqual({ modified: 1, unmodified: 0, mean: 0.5 });
    expect(editMetrics([1, 0], [1, 1], [0, 1], { before: [0, 0] })).toEqual({
      modified: 0.5,
      unmodified: 1,
      mean: 0.75,
      drop: 0,
    });
  });

  it("names what is wrong", () => {
    const call =
      (modified: number[], options: EditMetricsOptions = {}, predictions = [0, 1]) =>
      () =>
        editMetrics(predictions, [0, 1], modified, options);
    expect(call([])).toThrow("editMetrics: modified is empty but must name at least one fact");
    expect(call([2])).toThrow("editMetrics: modified holds 2 at 0 but must hold whole numbers in [0, 2)");
    expect(call([0, -1])).toThrow("editMetrics: modified holds -1 at 1 but must hold whole numbers in [0, 2)");
    expect(call([0.5])).toThrow("editMetrics: modified holds 0.5 at 0 but must hold whole numbers in [0, 2)");
    expect(call([1, 1])).toThrow("editMetrics: modified holds 1 twice but must name a fact once");
    expect(call([0], { classes: 1 })).toThrow(
      "editMetrics: targets holds 1 at 1 but must hold whole numbers in [0, 1)",
    );
    expect(call([0], { classes: 2 }, [0, 2])).toThrow(
      "editMetrics: predictions holds 2 at 1 but must hold whole numbers in [0, 2)",
    );
    expect(call([0], {}, [0, -1])).toThrow(
      "editMetrics: predictions holds -1 at 1 but must hold whole numbers in [0, 9007199254740991)",
    );
    expect(call([0], {}, [0])).toThrow("editMetrics: predictions has 1 labels but must have 2, as targets has");
    expect(call([0], { before: [0] })).toThrow("editMetrics: before has 1 labels but must have 2, as targets has");
    expect(call([0], { classes: 0 })).toThrow("editMetrics: classes is 0 but must be a whole number ≥ 1");
  });
});
