import { adversarialLargeMarginTrain, hyperbolicMargin } from "cotangent/methods/metric";
import { describe, expect, it } from "vitest";
import { separablePlane } from "./support/separable-plane.js";

const long = process.env.COTANGENT_LONG === "1";
const seeds = Array.from({ length: long ? 24 : 8 }, (_, seed) => seed);
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];

describe("adversarialLargeMarginTrain on 200 points of the plane up to radius 2.5, margin 0.3", () => {
  it("stops with at least the margin that it was asked for, where plain descent stops with next to none", () => {
    const [margins, ratios]: [number[], number[]] = [[], []];
    for (const seed of seeds) {
      const data = separablePlane(seed, { radius: 2.5, margin: 0.3, offset: 0 });
      const gamma = hyperbolicMargin(data.normal, data);
      const [plain, half, most] = [0, 0.5, 0.9].map((share) => {
        const found = adversarialLargeMarginTrain(data, { radius: share * gamma, maxSteps: 50_000 });
        expect(found.steps).toBeLessThan(50_000);
        expect(found.margin).toBeGreaterThan(share * gamma - 1e-12);
        return found;
      });
      expect(most.margin).toBeGreaterThan(half.margin);
      margins.push(plain.margin / gamma);
      ratios.push(half.steps / plain.steps);
    }
    expect(median(margins)).toBeLessThan(0.1);
    expect(median(ratios)).toBeLessThan(2);
  });
});
