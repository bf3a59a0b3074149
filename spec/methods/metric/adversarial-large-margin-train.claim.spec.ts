import { adversarialLargeMarginTrain, hyperbolicMargin } from "cotangent/methods/metric";
import { describe, expect, it } from "vitest";
import { tellClaim } from "../../support/claims.js";
import { separablePlane } from "./support/separable-plane.js";

const long = process.env.COTANGENT_LONG === "1";
const seeds = Array.from({ length: long ? 24 : 8 }, (_, seed) => seed);
/** The radius of adversarial examples, as a share of the margin that there is. */
const shares = [0, 0.5, 0.9];
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];

describe("adversarialLargeMarginTrain on 200 points of the plane up to radius 2.5, margin 0.3", () => {
  it("stops with at least the margin that it was asked for, where plain descent stops with next to none", () => {
    const runs = seeds.map((seed) => {
      const data = separablePlane(seed, { radius: 2.5, margin: 0.3, offset: 0 });
      const gamma = hyperbolicMargin(data.normal, data);
      const found = shares.map((share) =>
        adversarialLargeMarginTrain(data, { radius: share * gamma, maxSteps: 50_000 }),
      );
      return { gamma, found };
    });
    const margin = median(runs.map(({ gamma, found: [plain] }) => plain.margin / gamma));
    const ratio = median(runs.map(({ found: [plain, half] }) => half.steps / plain.steps));
    const range = (of: (run: (typeof runs)[number]) => number) => {
      const list = runs.map(of);
      return `${Math.min(...list).toFixed(3)} to ${Math.max(...list).toFixed(3)}`;
    };
    const about = {
      method: "adversarialLargeMarginTrain",
      run: `200 points of the plane up to radius 2.5, margin γ of 0.3 or more, at most 50 000 steps, ${seeds.length} seeds`,
    };
    tellClaim({
      ...about,
      claim: "It stops with a margin of at least the radius of its adversarial examples.",
      figure: shares.map((share, i) => `${range(({ found }) => found[i].margin)} for ${share} γ`).join(", "),
      seen: runs.every(({ gamma, found }) =>
        found.every(({ steps, margin }, i) => steps < 50_000 && margin > shares[i] * gamma - 1e-12),
      ),
    });
    tellClaim({
      ...about,
      claim: "Plain descent stops with next to no margin.",
      figure: `${margin.toFixed(3)} of γ in the median`,
      seen: margin < 0.1,
    });
    tellClaim({
      ...about,
      claim: "Half the margin takes at most twice the steps of none, in the median.",
      figure: `${ratio.toFixed(2)} times the steps in the median`,
      seen: ratio < 2,
    });
    for (const { gamma, found } of runs) {
      found.forEach(({ steps, margin }, i) => {
        expect(steps).toBeLessThan(50_000);
        expect(margin).toBeGreaterThan(shares[i] * gamma - 1e-12);
      });
      const [, half, most] = found;
      expect(most.margin).toBeGreaterThan(half.margin);
    }
    expect(margin).toBeLessThan(0.1);
    expect(ratio).toBeLessThan(2);
  });
});
