import { recallAt } from "cotangent/data";
import { describe, expect, it } from "vitest";
import { bruteRecall } from "../support/brute-metrics.js";
import { rankingLaws } from "../support/ranking-laws.js";

rankingLaws("recallAt", recallAt, bruteRecall, [2 / 4, 1]);

describe("recallAt", () => {
  it("cannot reach 1 where more than k labels are true", () => {
    expect(recallAt([[3, 4]], [[3, 4]], { k: 1 }).mean).toBe(1 / 2);
  });
});
