import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Findings, Unfinished } from "../../../cli/src/compare/unfinished.js";
import { FileError } from "../../../cli/src/errors.js";

const folder = mkdtempSync(join(tmpdir(), "cotangent-unfinished-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const unfinished = new Unfinished("compare", join(folder, "page.html"), "the plan");

const record = {
  ...{ method: "nce", seed: 1, learningRate: 0.3, steps: 4, seconds: 0.5, stepTime: 2.5, bytes: 64 },
  ...{ curve: [{ steps: 2, seconds: 0.25, precisionAt1: 0.5 }] },
};
const scores = {
  ...{ examples: 3, scored: 2, precision: [1, 0.5, 0.2], ndcg: [1, 1, 1], propensityScoredPrecision: [1, 1, 1] },
  ...{ recallAt5: 1, balancedAccuracy: 0.5 },
  bands: [{ from: 2, to: 4, labels: 3, examples: 2, precisionAt1: 1 }],
};
const found: Findings = {
  tries: [record],
  runs: [
    { ...record, scores: { ...scores, bands: [{ from: 5, to: undefined, labels: 1, examples: 1, precisionAt1: 0 }] } },
    { ...record, diverged: "train: the loss is NaN", stepTime: Number.NaN },
  ],
  gradients: [
    {
      ...{ point: "NCE", examples: 3, draws: 4 },
      methods: [{ method: "nce", title: "NCE", bias: 0, resolution: 0.1, noise: 1, cosine: 1, signalToNoise: 3 }],
    },
  ],
  scales: [{ method: "nce", classes: 64, stepTime: 1, bytes: 9 }],
  current: { trial: "[]", state: { steps: 3, seconds: 1, bytes: 9, stepTimes: [1, 2], curve: record.curve } },
};

function read(findings: unknown): Promise<Findings> {
  const text = JSON.stringify({ kind: "cotangent unfinished comparison 1", plan: "the plan", findings });
  writeFileSync(unfinished.path, text);
  return unfinished.read({ resume: true });
}

describe("Unfinished", () => {
  it("gives back what was written, also numbers that JSON cannot hold", async () => {
    await unfinished.write(found);
    expect(await unfinished.read({ resume: true })).toEqual(found);
    const { current: _, ...between } = found;
    await unfinished.write(between);
    expect(await unfinished.read({ resume: true })).toEqual(between);
  });

  it.each<[unknown, string]>([
    [undefined, "findings is not an object"],
    [null, "findings is not an object"],
    [{}, "findings.tries is not a list"],
    [{ ...found, runs: 1 }, "findings.runs is not a list"],
    [{ ...found, tries: [null] }, "findings.tries[0] is not an object"],
    [{ ...found, tries: [record, { ...record, method: 1 }] }, "findings.tries[1].method is not a text"],
    [{ ...found, tries: [{ ...record, steps: 1.5 }] }, "findings.tries[0].steps is not a whole number ≥ 0"],
    [{ ...found, tries: [{ ...record, seconds: null }] }, "findings.tries[0].seconds is not a finite number ≥ 0"],
    [{ ...found, tries: [{ ...record, stepTime: "1" }] }, "findings.tries[0].stepTime is not a number"],
    [{ ...found, tries: [{ ...record, curve: [{}] }] }, "findings.tries[0].curve[0].steps is not a whole number ≥ 0"],
    [
      { ...found, runs: [{ ...record, scores: { ...scores, ndcg: [1] } }] },
      "findings.runs[0].scores.ndcg is not 3 numbers long",
    ],
    [{ ...found, current: { trial: "[]" } }, "findings.current.state is not an object"],
  ])("refuses %j", async (findings, problem) => {
    await expect(read(findings)).rejects.toThrow(
      new FileError(`compare: ${unfinished.path} is damaged, as ${problem}; start anew with --restart`),
    );
  });

  it.each(["null", "7", "{", '{"kind":"x"}'])("refuses what is none: %s", async (text) => {
    writeFileSync(unfinished.path, text);
    await expect(unfinished.read({ resume: true })).rejects.toThrow(
      new FileError(`compare: ${unfinished.path} is damaged or of another program; start anew with --restart`),
    );
  });
});
