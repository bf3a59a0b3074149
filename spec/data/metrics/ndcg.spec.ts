import { ndcgAt } from "cotangent/data";
import { describe, expect, it } from "vitest";
import { bruteNdcg } from "../support/brute-metrics.js";
import { rankingLaws } from "../support/ranking-laws.js";

rankingLaws("ndcgAt", ndcgAt, bruteNdcg, [1.5 / (1.5 + 1 / Math.log2(3)), 1 / Math.log2(3)]);

describe("ndcgAt", () => {
  it("is 1 for truth ranked first, however few labels are true", () => {
    expect(ndcgAt([[3, 4, 0, 1]], [[4, 3]], { k: 4 }).mean).toBe(1);
  });
});
