import { wdfsGap } from "cotangent/methods/metric";
import { numbers } from "cotangent/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import { law } from "../../support/law.js";

const list = fc.array(numbers(), { minLength: 1, maxLength: 6 });

law("wdfsGap is the least positive less the largest negative", list, list, async (p, n) => {
  expect(wdfsGap(p, n)).toBe(Math.min(...p) - Math.max(...n));
});

it("wdfsGap says what is wrong with its input", () => {
  expect(() => wdfsGap([], [1])).toThrow("wdfsGap: positives is empty but must hold a similarity");
  expect(() => wdfsGap([1], [])).toThrow("wdfsGap: negatives is empty but must hold a similarity");
  expect(() => wdfsGap([Number.NaN, 1], [2])).toThrow("wdfsGap: positives is NaN at 0 but must be a number");
  expect(() => wdfsGap([1], [2, Number.NaN])).toThrow("wdfsGap: negatives is NaN at 1 but must be a number");
});
