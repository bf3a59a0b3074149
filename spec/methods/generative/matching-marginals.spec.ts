import { tensor } from "cotangent";
import { matchingLogPartition, matchingMarginals } from "cotangent/methods/generative";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { gibbs, marginals, matchings, sum } from "./support/structures.js";

const square = (n: number, values: ArrayLike<number>) => tensor(Float64Array.from(values), { shape: [n, n] });

describe("matchingMarginals", () => {
  law("is the mean of all permutations, up to four rows", floats([16]), async (z) => {
    for (const n of [1, 2, 3, 4]) {
      const some = z.slice(0, n * n);
      await expectClose(matchingMarginals(square(n, some)), marginals(matchings(n), some), { tolerance: 1e-12 });
      await expectClose(matchingLogPartition(square(n, some)), [gibbs(matchings(n), some).logZ], { tolerance: 1e-12 });
    }
  });

  it("is doubly stochastic for eight rows", async () => {
    const mu = await matchingMarginals(
      square(
        8,
        Float64Array.from({ length: 64 }, (_, i) => 2 * Math.sin(i)),
      ),
    ).data();
    for (let i = 0; i < 8; i++) {
      expect(sum(mu.slice(8 * i, 8 * i + 8))).toBeCloseTo(1, 12);
      expect(sum(mu.filter((_, at) => at % 8 === i))).toBeCloseTo(1, 12);
    }
  });

  it("says what is wrong", () => {
    const wide = tensor(new Float64Array(13 * 13), { shape: [13, 13] });
    expect(() => matchingMarginals(wide)).toThrow(
      "matchingMarginals: z has 13 rows but must have at most 12; use Sinkhorn's relaxation",
    );
    expect(() => matchingLogPartition(tensor(new Float64Array(2), { shape: [1, 2] }))).toThrow(
      "matchingLogPartition: z has shape [1, 2] but its two last axes must have one size",
    );
  });
});
