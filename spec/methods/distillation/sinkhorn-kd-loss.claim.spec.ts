import { type Tensor, tensor } from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { batchTransportCost, sinkhornKdObjective } from "cotangent/methods/distillation";
import { describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";
import { distillationTask, taskSays } from "./support/teacher-and-student.js";
import { mean } from "./support/training.js";

const long = process.env.COTANGENT_LONG === "1";
const [seeds, weights] = long
  ? [
      [0, 1, 2, 3, 4],
      [0.1, 1, 3],
    ]
  : [[0], [1]];
const BATCH = 64;

describe("sinkhornKdLoss", () => {
  it("stays bounded where the divergence explodes, and falls as the overlap grows", async () => {
    const overlaps = Array.from({ length: 8 }, (_, i) => 10 ** (i - 8));
    const row = (a: number) => tensor(Float64Array.of(a, 1 - a), { shape: [1, 2] }) as Tensor;
    const costs: number[] = [];
    for (const overlap of overlaps)
      costs.push(
        await batchTransportCost(row(overlap), row(1 - 1e-12))
          .sum()
          .item(),
      );
    const divergences = overlaps.map(
      (p) => (1 - 1e-12) * Math.log((1 - 1e-12) / p) + 1e-12 * Math.log(1e-12 / (1 - p)),
    );
    const falls = costs.every((cost, i) => cost <= 2 && (i === 0 || cost < costs[i - 1]));
    tellClaim({
      method: "sinkhornKdLoss",
      claim: "the cost of transport stays informative where predictions hardly overlap, and the divergence does not",
      run: "two certain predictions of different classes, of which one grants the other from 1e-8 to 0.1",
      figure: `cost from ${costs[0].toFixed(3)} to ${costs[7].toFixed(3)}, divergence from ${divergences[0].toFixed(1)} to ${divergences[7].toFixed(1)}`,
      seen: falls && divergences[0] > 18,
    });
    expect(falls).toBe(true);
    overlaps.forEach((overlap, i) => {
      expect(Math.abs(divergences[i] - Math.log(1 / overlap))).toBeLessThan(1e-9); // grows like log(1/η)
    });
  });

  it("does no harm beside the divergence", async () => {
    const labels: number[] = [];
    const soft: number[] = [];
    const whole: number[][] = weights.map(() => []);
    for (const seed of seeds) {
      const { learn } = await distillationTask(seed);
      const by = async (transportWeight: number) => {
        const options = { transportWeight, differentiatePlan: false };
        return (await learn((z, t, y) => sinkhornKdObjective(z, t, y, options))).accuracy;
      };
      labels.push((await learn((z, _, y) => sparseSoftmaxCrossEntropy(z, y).mean())).accuracy);
      soft.push(await by(0));
      for (const [i, weight] of weights.entries()) whole[i].push(await by(weight / BATCH));
    }
    const gains = whole.map((scores) => mean(scores) - mean(soft));
    tellClaim({
      method: "sinkhornKdLoss",
      claim: "with the cost of transport beside labels and divergence a student is more accurate",
      run: `${taskSays(seeds)}, weight of the mean cost ${weights.join(", ")}`,
      figure: `${whole.map((scores) => percent(mean(scores))).join(", ")} against ${percent(mean(soft))} without it, and ${percent(mean(labels))} with labels alone`,
      seen: gains.every((gain) => gain > 0),
    });
    expect(mean(soft) - mean(labels)).toBeGreaterThanOrEqual(0.01);
    for (const gain of gains) expect(Math.abs(gain)).toBeLessThanOrEqual(0.005);
  }, 600_000);
});
