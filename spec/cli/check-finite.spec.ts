import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TrainOptions, train } from "../../cli/src/commands/train.js";
import { trainCommand } from "../../cli/src/commands/train-command.js";
import { UsageError } from "../../cli/src/errors.js";
import { DEFAULT_RECIPE, LOSSES, type Recipe } from "../../cli/src/recipe.js";
import { toyText } from "./support/toy-data.js";

let folder = "";
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cotangent-check-"));
  writeFileSync(at("train.txt"), toyText(120));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Trains on the toy task and gives the model's bytes. */
async function trained(name: string, recipe: Partial<Recipe>, check?: "finite"): Promise<Buffer> {
  const { shuffleBuffer, ...defaults } = DEFAULT_RECIPE;
  const options: TrainOptions = {
    ...{ ...defaults, dim: 8, batchSize: 32, epochs: 2, treeFeatures: 3, negatives: 4, frequencies: 32, ...recipe },
    ...{ output: at(name), firstIndex: 1, minCount: 1, normalize: false, memory: 100, shuffleBuffer: 100 },
    ...{ checkpointEvery: 1000, quiet: true, restart: true },
    ...(check && { check }),
  };
  await train(at("train.txt"), options);
  return readFileSync(at(name));
}

describe("train --check finite", () => {
  const losses = LOSSES.filter((_, i) => i < 2 || process.env.COTANGENT_LONG !== undefined);
  it.each(losses)("changes no byte of a run with %s that stays finite", async (loss) => {
    const backend = LOSSES.indexOf(loss) % 2 === 0 ? "wasm" : "cpu";
    const hardest = loss === "stochastic-mining" ? { hardest: 2 } : {};
    const plain = await trained("plain", { loss, backend, ...hardest });
    const checked = await trained("checked", { loss, backend, ...hardest }, "finite");
    expect(checked.equals(plain)).toBe(true);
  });

  it("ends a run that diverges with the step, the operation, its shapes and the line that called it", async () => {
    const error = await trained("diverged", { loss: "full-softmax", learningRate: 1e30 }, "finite").catch(
      (problem: unknown) => problem,
    );
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(UsageError); // the exit code is 1
    expect((error as Error).message).toMatch(
      /^train: in batch 2 of epoch 1, \w+, f32 \[[\d, ]+\], holds \d+ (NaN|−?∞).* among \d+ values \(.* at \[[\d, ]+\]\) but must be finite; computed from f32 \[[\d, ]+\] from .* to .*; made in .*, called at .*\/cli\/src\/[\w/-]+\.ts:\d+:\d+$/,
    );
  });

  it("is in the help, and knows nothing else to check", async () => {
    const command = trainCommand().exitOverride();
    expect(command.helpInformation().replaceAll(/\s+/g, " ")).toContain(
      "--check <what> finite: end at the first step with NaN or an infinity, and name the operation that made it; slower, the same bits",
    );
    const call = ["train.txt", "--output", "model", "--check", "sums"];
    await expect(command.parseAsync(call, { from: "user" })).rejects.toThrow(
      'train: --check is "sums" but must be one of finite',
    );
  });
});
