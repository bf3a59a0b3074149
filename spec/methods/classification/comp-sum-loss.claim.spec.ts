import { compSumConditionalRegret, compSumLoss, hConsistencyBound } from "cotangent/methods/classification";
import { describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";
import { normals, uniforms } from "./support/gaussian-tasks.js";
import { meanOf, noisyTask, stateless, testAccuracy } from "./support/noisy-labels.js";

const long = process.env.COTANGENT_LONG === "1";
const seeds = long ? [0, 1, 2] : [0];

describe("compSumLoss", () => {
  it("bounds the zero-one regret of linear hypotheses by its own", () => {
    const normal = normals(uniforms(5));
    const points = Array.from({ length: 4 }, () => [normal(), normal(), 1]);
    const shares = [0.4, 0.3, 0.2, 0.1];
    const laws = points.map(() => {
      const raw = [0, 0, 0].map(() => Math.exp(normal()));
      const total = raw.reduce((sum, value) => sum + value, 0);
      return raw.map((value) => value / total);
    });
    let violations = 0;
    const tightest: string[] = [];
    for (const tau of [0, 0.5, 0.9, 1, 1.1, 1.5, 1.9, 2, 2.5]) {
      let slack = Number.POSITIVE_INFINITY;
      for (let hypothesis = 0; hypothesis < 500; hypothesis++) {
        const scale = 3 * Math.abs(normal());
        const weights = [0, 1, 2].map(() => [0, 1, 2].map(() => scale * normal()));
        let [zeroOne, surrogate] = [0, 0];
        points.forEach((x, at) => {
          const scores = weights.map((w) => w.reduce((sum, value, j) => sum + value * x[j], 0));
          const q = laws[at];
          zeroOne += shares[at] * (Math.max(...q) - q[scores.indexOf(Math.max(...scores))]);
          surrogate += shares[at] * compSumConditionalRegret(scores, q, { tau });
        });
        const bound = hConsistencyBound(surrogate, { tau, classes: 3 });
        if (zeroOne > bound + 1e-12) violations++;
        slack = Math.min(slack, bound - zeroOne);
      }
      tightest.push(`${slack.toFixed(3)} at τ = ${tau}`);
    }
    tellClaim({
      method: "hConsistencyBound",
      claim: "The zero-one regret is never above the inverse transform of the surrogate regret, for any member.",
      run: "3 classes, 4 points, 500 random linear hypotheses for each of 9 values of τ in [0, 2.5]",
      figure: `${violations} violations in 4500; least slack ${tightest.join(", ")}`,
      seen: violations === 0,
    });
    expect(violations).toBe(0);
  });

  it("stands wrong labels at τ = 2 far better than at 1, and clean ones worse", async () => {
    const accuracy = async (noise: number, tau: number) => {
      const loss = stateless((logits, labels) => compSumLoss(logits, labels, { tau }));
      const all: number[] = [];
      for (const seed of seeds) all.push(await testAccuracy(noisyTask(seed, noise), seed, loss));
      return meanOf(all);
    };
    const noisy = { entropy: await accuracy(0.4, 1), absolute: await accuracy(0.4, 2) };
    const clean = { entropy: await accuracy(0, 1), absolute: await accuracy(0, 2) };
    const seen = noisy.absolute - noisy.entropy >= 0.08 && clean.entropy > clean.absolute;
    tellClaim({
      method: "compSumLoss",
      claim:
        "Mean absolute error (τ = 2) stands symmetric label noise that cross-entropy (τ = 1) fits, and underfits clean labels.",
      run: `10 classes of two Gaussian modes in 20 dimensions, 1500 points, perceptron 20–64–10, 60 epochs, ${seeds.length} seed(s)`,
      figure: `test accuracy at 40 % noise ${percent(noisy.absolute)} (τ = 2) against ${percent(noisy.entropy)} (τ = 1); clean ${percent(clean.absolute)} against ${percent(clean.entropy)}`,
      seen,
    });
    expect(noisy.absolute - noisy.entropy).toBeGreaterThanOrEqual(0.08);
    expect(clean.entropy).toBeGreaterThan(clean.absolute);
  }, 120_000);
});
