import { precisionAt } from "cotangent/data";
import { describe, expect, it } from "vitest";
import { brutePrecision } from "../support/brute-metrics.js";
import { rankingLaws } from "../support/ranking-laws.js";

rankingLaws("precisionAt", precisionAt, brutePrecision, [2 / 3, 1 / 3]);

describe("precisionAt", () => {
  it("reaches 1/k at most where one label is true", () => {
    expect(precisionAt([[3]], [[3]], { k: 5 }).mean).toBe(1 / 5);
  });
});
