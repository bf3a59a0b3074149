import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { forwardKlDistillLoss, plackettLuceDistillLoss } from "cotangent/methods/distillation";
import { describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";
import { distillationTask, taskSays } from "./support/teacher-and-student.js";
import { mean } from "./support/training.js";

const seeds = process.env.COTANGENT_LONG === "1" ? [0, 1, 2, 3, 4] : [0, 1];

describe("plackettLuceDistillLoss on two-mode classes", () => {
  it("beats cross-entropy, by more as the weights are softened", async () => {
    const scores: Record<"labels" | "one" | "two" | "four" | "divergence", number[]> = {
      ...{ labels: [], one: [], two: [], four: [], divergence: [] },
    };
    for (const seed of seeds) {
      const { learn } = await distillationTask(seed);
      const ranked = (weightTemperature: number) =>
        learn((z, t, y) => plackettLuceDistillLoss(z, t, y, { weightTemperature, reduction: "mean" }));
      scores.labels.push((await learn((z, _, y) => sparseSoftmaxCrossEntropy(z, y).mean())).accuracy);
      scores.one.push((await ranked(1)).accuracy);
      scores.two.push((await ranked(2)).accuracy);
      scores.four.push((await ranked(4)).accuracy);
      const divergence = await learn((z, t, y) => {
        const labels = sparseSoftmaxCrossEntropy(z, y).mul(0.1);
        return labels.add(forwardKlDistillLoss(z, t).mul(0.9)).mean();
      });
      scores.divergence.push(divergence.accuracy);
    }
    const [labels, one, two, four] = [scores.labels, scores.one, scores.two, scores.four].map(mean);
    const told = { method: "plackettLuceDistillLoss", run: taskSays(seeds) };
    tellClaim({
      ...told,
      claim: "distilling the teacher's order is more accurate than cross-entropy",
      figure: `${percent(one)} against ${percent(labels)}; with weights at temperature 2 and 4 ${percent(two)} and ${percent(four)}`,
      seen: one > labels,
    });
    tellClaim({
      ...told,
      claim: "distilling the teacher's order is more accurate than cross-entropy plus the divergence at temperature 4",
      figure: `${percent(one)}, at best ${percent(Math.max(two, four))}, against ${percent(mean(scores.divergence))}`,
      seen: one > mean(scores.divergence),
    });
    expect(one).toBeGreaterThan(labels);
    expect(two).toBeGreaterThan(one);
    expect(four).toBeGreaterThan(two);
  }, 600_000);
});
