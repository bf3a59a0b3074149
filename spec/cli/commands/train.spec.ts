import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { evaluate } from "../../../cli/src/commands/evaluate.js";
import { type TrainOptions, train } from "../../../cli/src/commands/train.js";
import { DEFAULT_RECIPE, LOSSES, OPTIONS_OF_LOSS, type Recipe, SAMPLERS } from "../../../cli/src/recipe.js";
import { toyText } from "../support/toy-data.js";

let folder = "";
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cotangent-train-"));
  writeFileSync(at("train.txt"), toyText(240));
  writeFileSync(at("test.txt"), toyText(60));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Trains by a recipe and scores the model on other examples. */
async function trainedBy(recipe: Partial<Recipe>) {
  const { shuffleBuffer, ...defaults } = DEFAULT_RECIPE;
  const options: TrainOptions = {
    ...defaults,
    ...{ dim: 8, batchSize: 32, epochs: 6, treeFeatures: 3, negatives: 8, ...recipe },
    ...{ output: at("model"), firstIndex: 1, minCount: 1, normalize: false, memory: 100, shuffleBuffer: 100 },
    ...{ checkpointEvery: 1000, quiet: true },
  };
  const training = await train(at("train.txt"), options);
  return { training, evaluation: await evaluate(at("model"), at("test.txt"), { quiet: true }) };
}

describe("train", () => {
  const sampled = LOSSES.filter((loss) => OPTIONS_OF_LOSS[loss].includes("sampler"));
  const cases: Partial<Recipe>[] = [
    { loss: "full-softmax" },
    { loss: "adversarial-softmax", negatives: 2 },
    { loss: "sampled-softmax", power: 0.5 },
    { loss: "rf-softmax", frequencies: 32, epochs: 12 },
    { loss: "adaptive-softmax", dim: 32, epochs: 12 }, // its rarest labels have a sixteenth of the dimensions
    { loss: "logit-adjusted-softmax" },
    { loss: "stochastic-mining", negatives: 5, hardest: 2 },
    ...sampled.flatMap((loss) => SAMPLERS.map((sampler) => ({ loss, sampler }))),
  ];
  it.each(cases)("learns with %j", async (recipe) => {
    const { training, evaluation } = await trainedBy(recipe);
    expect(evaluation.precision[0]).toBeGreaterThan(0.95);
    expect(training.losses.at(-1)).toBeLessThan(training.losses[recipe.loss === "adversarial-softmax" ? 1 : 0]);
  });

  it("starts full and sampled softmax from the logarithm of the classes, or about it", async () => {
    const { training } = await trainedBy({ loss: "full-softmax", learningRate: 1e-9, epochs: 1 });
    expect(training.losses[0]).toBeCloseTo(Math.log(6), 6);
  });
});
