import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { workplace } from "./support/command.js";
import { toySvmlight, toyText, toyXmc } from "./support/toy-data.js";

const SMALL = ["--dim", "8", "--batch-size", "32", "--epochs", "6", "--seed", "3"];
const { folder, write, run } = workplace();

/** Trains on one file and scores on another, in JSON. */
async function trainAndEvaluate(train: string, test: string, ...options: string[]) {
  const model = `${train}-${options.join("")}.safetensors`;
  const trained = await run("train", train, "-o", model, ...SMALL, ...options, "--json");
  expect(trained).toMatchObject({ code: 0, stderr: "" });
  const evaluated = await run("evaluate", model, test, "--json");
  expect(evaluated).toMatchObject({ code: 0, stderr: "" });
  return { model, training: JSON.parse(trained.stdout), evaluation: JSON.parse(evaluated.stdout) };
}

describe("cotangent", () => {
  it.each([
    ["fasttext", toyText],
    ["svmlight", toySvmlight],
    ["xmc", toyXmc],
  ])("trains, evaluates and predicts on %s files, whose format it finds out", async (format, toy) => {
    const [train, test] = [write(`${format}.train`, toy(240)), write(`${format}.test`, toy(60))];
    const { model, training, evaluation } = await trainAndEvaluate(train, test);
    expect(training).toMatchObject({ model, examples: 240, unlabelled: 0, labels: 6, features: 31, streamed: false });
    expect(training.losses).toHaveLength(6);
    expect(evaluation).toMatchObject({ examples: 60, scored: 60 });
    expect(evaluation.precision[0]).toBe(1);
    expect(evaluation.recallAt5).toBe(1);

    const predicted = await run("predict", model, test, "--top", "2", "--json");
    const lines = predicted.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(60);
    expect(lines[0].labels).toHaveLength(2);
    expect(lines[0].labels[0]).toBe(format === "fasttext" ? "c0" : "0");
    expect(lines[0].scores[0]).toBeGreaterThan(lines[0].scores[1]);
  });

  it("gives the same bytes for the same seed and others for another", async () => {
    const train = write("seed.train", toyText(100));
    const bytesOf = async (name: string, seed: string) => {
      await run("train", train, "-o", name, ...SMALL, "--seed", seed, "--quiet");
      return readFileSync(join(folder(), name));
    };
    const first = await bytesOf("a", "1");
    expect(await bytesOf("b", "1")).toEqual(first);
    expect(await bytesOf("c", "2")).not.toEqual(first);
  });

  it("streams a file that is over --memory, to the same quality, and the same bytes each time", async () => {
    const [train, test] = [write("stream.train", toyText(240)), write("stream.test", toyText(60))];
    const options = ["--memory", "0", "--shuffle-buffer", "50"];
    const { training, evaluation, model } = await trainAndEvaluate(train, test, ...options);
    expect(training.streamed).toBe(true);
    expect(evaluation.precision[0]).toBe(1);
    await run("train", train, "-o", "again", ...SMALL, ...options, "--quiet");
    expect(readFileSync(join(folder(), "again"))).toEqual(readFileSync(join(folder(), model)));
  });

  it("divides by the length with --normalize, so that the scale of the values does not matter", async () => {
    const once = write("once.train", toySvmlight(60));
    const tenfold = write("tenfold.train", toySvmlight(60).replaceAll(":0.5", ":4"));
    const weights = async (train: string) => {
      const { evaluation } = await trainAndEvaluate(train, once, "--normalize");
      return evaluation;
    };
    expect(await weights(tenfold)).toEqual(await weights(once));
  });

  it("says in words what it did", async () => {
    const [train, test] = [write("words.train", `${toyText(60)}no label here\n`), write("words.test", toyText(12))];
    const trained = await run("train", train, "-o", "words", ...SMALL);
    expect(trained.stdout.replace(/in \d+ s/, "in 0 s").replace(/epoch: .*/, "epoch: …")).toBe(
      [
        "Trained on 60 examples (1 more have no label and were passed over), 6 labels, 31 features in 0 s.",
        "Mean loss by epoch: …",
        "Model: words",
        "Next: cotangent evaluate words <test file>",
        "",
      ].join("\n"),
    );
    const evaluated = await run("evaluate", "words", test);
    expect(evaluated.stdout).toContain("12 of 12 examples have a label that training showed; over these:");
    expect(evaluated.stdout).toMatch(/precision +│ 1\.000/);
    expect(evaluated.stdout).toMatch(/10–99 times/);
    const predicted = await run("predict", "words", "--text", "word1 word2", "--top", "1");
    expect(predicted.stdout).toMatch(/^c0 \d+\.\d{4}\n$/);
  });

  it("leaves unlabelled texts and unknown words to predict", async () => {
    const train = write("unknown.train", toyText(60));
    await run("train", train, "-o", "unknown", ...SMALL, "--quiet");
    const texts = write("new.txt", "word1 word2 nonsense\nnonsense\n");
    const { code, stdout } = await run("predict", "unknown", texts, "--top", "9");
    expect(code).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split("\t").length),
    ).toEqual([6, 6]);
  });
});
