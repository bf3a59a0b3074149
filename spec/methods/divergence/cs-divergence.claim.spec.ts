import { concat, evaluate, normal, randomKey, type Tensor } from "cotangent";
import { csDivergence } from "cotangent/methods/divergence";
import { optimize, sgd } from "cotangent/methods/optimizers";
import { describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";

const long = process.env.COTANGENT_LONG === "1";
const [steps, seeds] = long ? [4000, [0, 1, 2]] : [600, [0]];
const [points, rate] = [100, 50];

describe("csDivergence of free points to two modes", () => {
  it("falls by more than 99 %, with both modes found", async () => {
    const results: { before: number; after: number; share: number }[] = [];
    for (const seed of seeds) {
      const key = randomKey(seed);
      const half = (name: string, at: number) => normal(key.at(name), [points / 2, 2]).add(at);
      const target = evaluate(concat([half("low", -4), half("high", 4)], 0));
      const start = normal(key.at("start"), [points, 2]);
      using training = optimize((x: Tensor) => csDivergence(x, target), start, sgd({ learningRate: rate }));
      const before = await csDivergence(training.params, target).item();
      for (let step = 0; step < steps; step++) await training.step();
      const after = await csDivergence(training.params, target).item();
      const found = await training.params.data();
      let high = 0;
      for (let i = 0; i < points; i++) high += found[2 * i] + found[2 * i + 1] > 0 ? 1 / points : 0;
      results.push({ before, after, share: high });
      target.dispose();
    }
    tellClaim({
      method: "csDivergence",
      claim: "free points that follow the divergence's gradient cover both modes of a mixture",
      run: `${points} points in the plane, ${steps} steps of ${rate}, ${seeds.length} of 3 seeds`,
      figure: results
        .map((r) => `${r.before.toFixed(1)} to ${r.after.toFixed(4)}, ${percent(r.share)} in the upper mode`)
        .join("; "),
      seen: results.every((r) => r.after < 0.01 * r.before && r.share >= 0.35 && r.share <= 0.65),
    });
    for (const { before, after, share } of results) {
      expect(after).toBeLessThan(0.01 * before);
      expect(share).toBeGreaterThanOrEqual(0.35);
      expect(share).toBeLessThanOrEqual(0.65);
    }
  }, 600_000);
});
