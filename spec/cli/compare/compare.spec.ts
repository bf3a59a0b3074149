import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import type { Comparison } from "../../../cli/src/compare/comparison.js";
import { workplace } from "../support/command.js";
import { toyText } from "../support/toy-data.js";

const { folder, write, run, start } = workplace();
const SMALL = ["--dim", "8", "--batch-size", "16", "--negatives", "4", "--quiet"];
const textOf = (name: string) => readFileSync(join(folder(), name), "utf8");
const found = (name: string): Comparison => JSON.parse(textOf(name));
const thereIs = (name: string) => existsSync(join(folder(), name));

/** What does not depend on the clock. */
const qualityOf = ({ runs, tries }: Comparison) => ({
  tries,
  runs: runs.map(({ method, seed, learningRate, curve, scores }) => {
    return { method, seed, learningRate, curve: curve.map(({ steps, precisionAt1 }) => [steps, precisionAt1]), scores };
  }),
});

beforeAll(() => {
  write("toy.txt", toyText(403));
});

describe("cotangent compare", () => {
  it("trains all methods alike and writes a page, JSON and CSV", async () => {
    const methods = "full-softmax,sampled-softmax:uniform,adversarial-softmax,rf-softmax,adaptive-softmax";
    const args = ["--methods", methods, "--epochs", "2", "--seeds", "2", "--draws", "8", "--classes", "16,64"];
    const outcome = await run("compare", "toy.txt", "-o", "all.html", ...args, "--grid", "0.1,1", ...SMALL);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(outcome.stdout).toContain("Report: all.html; the same as all.json and all.csv");
    const { data, settings, runs, tries, gradients, scales } = found("all.json");
    expect(data.train + data.test).toBe(403);
    expect(data).toMatchObject({ labels: 6, features: 31 });
    expect(settings).toMatchObject({ budget: { epochs: 2 }, seeds: [0, 1], grid: [0.1, 1], tuningShare: 0.25 });
    expect(tries.map(({ method, learningRate }) => `${method} ${learningRate}`)).toHaveLength(10);
    expect(runs.map(({ method, seed }) => `${seed} ${method}`)).toEqual(
      [0, 1].flatMap((seed) => methods.split(",").map((method) => `${seed} ${method}`)),
    );
    for (const { method, scores, curve, steps } of runs) {
      const isLinear = method !== "rf-softmax" && method !== "adaptive-softmax"; // eight dimensions are few for those
      if (isLinear) expect(scores!.precision[0]).toBeGreaterThan(0.9);
      expect(curve.at(-1)).toMatchObject({ steps });
    }
    const [linear, cosine] = gradients;
    expect([linear, cosine].map((study) => study!.methods.map(({ method }) => method))).toEqual([
      ["full-softmax", "sampled-softmax:uniform", "adversarial-softmax"],
      ["rf-softmax", "rf-softmax:uniform", "rf-softmax:log-uniform", "rf-softmax:unigram"],
    ]);
    const [full, uniform] = linear!.methods;
    expect(full).toMatchObject({ bias: 0, noise: 0, cosine: 1 });
    expect(uniform!.noise).toBeGreaterThan(0);
    expect(scales.map(({ classes }) => classes)).toEqual(
      [16, 64].flatMap((classes) => Array.from({ length: 5 }, () => classes)),
    );
    const page = textOf("all.html");
    expect(page.match(/<svg /g)).toHaveLength(9);
    expect(page).not.toMatch(/<script|<link|<img|url\(|src=|@import/); // it stands alone
    const lines = textOf("all.csv").trim().split("\n");
    expect(lines[0]).toBe("part,method,seed,learning_rate,steps,seconds,classes,label_seen,measure,value");
    expect(lines).toContain(
      `final,full-softmax,0,${runs[0]!.learningRate},${runs[0]!.steps},${runs[0]!.seconds},,,P@1,${runs[0]!.scores!.precision[0]}`,
    );
    expect(thereIs("all.html.unfinished")).toBe(false);
  }, 120_000);

  it("goes on after Ctrl-C, in the middle of a run, as if nothing had been", async () => {
    const methods = [
      "--methods",
      "sampled-softmax,nce",
      "--grid",
      "0.3",
      "--seeds",
      "1",
      "--draws",
      "0",
      "--classes",
      "0",
    ];
    const args = ["compare", "toy.txt", ...methods, "--epochs", "60", ...SMALL];
    const whole = await run(...args, "-o", "whole.html");
    expect(whole).toMatchObject({ code: 0, stderr: "" });
    const { child, ended } = start(...args, "-o", "cut.html");
    while (!thereIs("cut.html.unfinished") && child.exitCode === null) await setTimeout(5); // the first method is done
    child.kill("SIGINT");
    const cut = await ended;
    expect(cut.code).toBe(130);
    expect(cut.stderr).toBe(
      "compare: stopped by SIGINT; what was found so far is in cut.html.unfinished; go on with the same command and --resume\n",
    );
    expect(await run(...args, "-o", "cut.html")).toMatchObject({
      code: 1,
      stderr:
        "compare: cut.html.unfinished is an unfinished comparison but must not be there when another starts; go on with --resume, or start anew with --restart\n",
    });
    expect(await run(...args, "--seeds", "2", "-o", "cut.html", "--resume")).toMatchObject({
      code: 1,
      stderr:
        "compare: cut.html.unfinished is of another comparison, with other data or options; give those, or start anew with --restart\n",
    });
    expect(await run(...args, "-o", "cut.html", "--resume")).toMatchObject({ code: 0, stderr: "" });
    expect(qualityOf(found("cut.json"))).toEqual(qualityOf(found("whole.json")));
    expect(thereIs("cut.html.checkpoint")).toBe(false);
  }, 120_000);

  it.each([
    [["--budget", "1s", "--epochs", "1"], "compare: --budget and --epochs are both given but only one of them can be"],
    [["--budget", "soon"], 'compare: --budget is "soon" but must be a time, such as 60s, 10min or 2h'],
    [["--grid", ""], "compare: --grid is empty but must have values, parted by commas"],
    [["--grid", "0.1,0.1"], "compare: --grid is 0.1,0.1 but must name each rate once"],
    [["--grid", "0.1,x"], 'compare: --grid is "x" but must be a finite number > 0'],
    [["--draws", "1"], "compare: --draws is 1 but must be 0 or at least 2"],
    [["--tuning-share", "2"], "compare: --tuning-share is 2 but must be in (0, 1]"],
    [["--classes", "100"], "compare: --classes has 100 but must have powers of two from 2 on, or 0"],
    [["--resume", "--restart"], "compare: --resume and --restart are both given but only one of them can be"],
  ])("called with %j says what is wrong", async (args, message) => {
    const outcome = await run("compare", "toy.txt", "--quiet", ...args);
    expect(outcome).toMatchObject({ code: 2, stdout: "", stderr: `${message}\n` });
  });

  it("says what is wrong with files", async () => {
    const problem = async (...args: readonly string[]) => (await run("compare", ...args, "--quiet")).stderr.trim();
    expect(await problem("none.txt")).toBe("compare: none.txt cannot be read, as it does not exist; check the path");
    expect(await problem("toy.txt", "--resume", "-o", "new.html")).toBe(
      "compare: --resume is given, but there is no new.html.unfinished; leave --resume out to start anew",
    );
    write("one.txt", "__label__a x\n__label__a y\n");
    expect(await problem("one.txt")).toBe(
      "compare: one.txt has 1 labels to train on but must have at least 2; there is nothing to tell apart",
    );
    write("sparse.txt", "0 1:1\n1 2:1\n");
    expect(await problem("toy.txt", "--test", "sparse.txt")).toBe(
      "compare: sparse.txt holds another kind of examples than toy.txt but must hold the same",
    );
    expect(await problem("cities", "--test", "toy.txt")).toBe(
      "compare: --test is given but must not be with cities, which has a test side of its own",
    );
    write("broken.html.unfinished", "{");
    expect(await problem("toy.txt", "--resume", "-o", "broken.html")).toBe(
      "compare: broken.html.unfinished is damaged or of another program; start anew with --restart",
    );
  });
});
