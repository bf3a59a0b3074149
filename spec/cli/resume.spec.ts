import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { type Outcome, workplace } from "./support/command.js";
import { toyText } from "./support/toy-data.js";

const { folder, write, run, start } = workplace();
// Long enough that a run is still going when its first checkpoint is seen.
const LONG = [
  "--dim",
  "16",
  "--batch-size",
  "8",
  "--epochs",
  "5",
  "--negatives",
  "16",
  "--checkpoint-every",
  "20",
  "--quiet",
];
const ADVERSARIAL = ["--loss", "adversarial-softmax", "--negatives", "2", "--tree-features", "4"];
const MODES: readonly (readonly [string, readonly string[]])[] = [
  ["in memory", []],
  ["streamed", ["--memory", "0", "--shuffle-buffer", "37"]],
  ["before the tree of its negatives is fitted", ADVERSARIAL],
  ["with the tree of its negatives", [...ADVERSARIAL, "--checkpoint-every", "60"]], // an epoch is 51 steps
  ["with a sampler that follows", ["--loss", "rf-softmax", "--frequencies", "16", "--checkpoint-every", "60"]],
];

const bytesOf = (name: string) => readFileSync(join(folder(), name));
const lossesOf = ({ stdout }: Outcome) => /^Mean loss by epoch: .*$/m.exec(stdout)?.[0];
const thereIs = (name: string) => existsSync(join(folder(), name));

/** Starts a run and stops it with a signal once it has written a checkpoint. */
async function stopAfterCheckpoint(output: string, signal: NodeJS.Signals, options: readonly string[]) {
  const { child, ended } = start("train", "toy.txt", "-o", output, ...LONG, ...options);
  while (!thereIs(`${output}.checkpoint`) && child.exitCode === null) await setTimeout(5);
  child.kill(signal);
  return ended;
}

beforeAll(() => {
  write("toy.txt", toyText(403));
});

describe("cotangent train --resume", () => {
  it.each(MODES)("gives the same bytes after kill -9 as a run that was never stopped, %s", async (mode, options) => {
    const whole = `${mode} whole`;
    const killed = `${mode} killed`;
    const unbroken = await run("train", "toy.txt", "-o", whole, ...LONG, ...options);
    expect(unbroken.code).toBe(0);
    expect(await stopAfterCheckpoint(killed, "SIGKILL", options)).toMatchObject({ signal: "SIGKILL", stdout: "" });
    expect(thereIs(killed)).toBe(false);
    const resumed = await run("train", "toy.txt", "-o", killed, ...LONG, ...options, "--resume");
    expect(resumed.code).toBe(0);
    expect(lossesOf(resumed)).toBe(lossesOf(unbroken));
    expect(bytesOf(killed).equals(bytesOf(whole))).toBe(true);
    expect(thereIs(`${killed}.checkpoint`)).toBe(false);
    expect(thereIs(`${killed}.checkpoint.previous`)).toBe(false);
  });

  it("goes on after Ctrl-C, which saves, says where and exits with 130", async () => {
    expect(await stopAfterCheckpoint("stopped", "SIGINT", [])).toEqual({
      code: 130,
      signal: null,
      stdout: "",
      stderr:
        "train: stopped by SIGINT; the run so far is in stopped.checkpoint; go on with the same command and --resume\n",
    });
    expect((await run("train", "toy.txt", "-o", "stopped", ...LONG, "--resume")).code).toBe(0);
    expect(bytesOf("stopped").equals(bytesOf("in memory whole"))).toBe(true);
  });

  it("keeps the checkpoint of a stopped run from another that is started in its place", async () => {
    expect((await stopAfterCheckpoint("kept", "SIGTERM", [])).code).toBe(143);
    const before = bytesOf("kept.checkpoint");
    expect(await run("train", "toy.txt", "-o", "kept", ...LONG)).toMatchObject({
      code: 1,
      stderr:
        "train: kept.checkpoint is an unfinished run but must not be there when another starts; go on with --resume, or start anew with --restart\n",
    });
    expect(bytesOf("kept.checkpoint").equals(before)).toBe(true);

    const another = (difference: string) =>
      `train: --resume is kept.checkpoint, a checkpoint of another run, as ${difference}, but must be of this one; give the options of that run, or start anew with --restart\n`;
    const dim = await run("train", "toy.txt", "-o", "kept", ...LONG, "--dim", "32", "--resume");
    expect(dim).toMatchObject({ code: 1, stderr: another("its dim is 16 and not 32") });
    write("other.txt", toyText(50));
    const data = await run("train", "other.txt", "-o", "kept", ...LONG, "--resume");
    expect(data).toMatchObject({ code: 1, stderr: another("its training file had other contents") });
    expect(await run("predict", "kept.checkpoint", "toy.txt")).toMatchObject({
      code: 1,
      stderr:
        "predict: kept.checkpoint is a cotangent checkpoint 1 but must be a cotangent model 1; go on with cotangent train … --resume until it is done\n",
    });

    write("cut.checkpoint", before.subarray(0, 5000));
    const cut = await run("train", "toy.txt", "-o", "kept", ...LONG, "--resume", "cut.checkpoint");
    expect(cut.code).toBe(1);
    expect(cut.stderr).toMatch(/^readSafetensors: cut\.checkpoint: /);
    expect((await run("train", "toy.txt", "-o", "kept", ...LONG, "--restart")).code).toBe(0);
    expect(bytesOf("kept").equals(bytesOf("in memory whole"))).toBe(true);
  });

  it("wants a checkpoint", async () => {
    expect(await run("train", "toy.txt", "-o", "fresh", "--resume")).toMatchObject({
      code: 1,
      stderr:
        "train: --resume is fresh.checkpoint, which does not exist, but must be a checkpoint; leave --resume out to start anew\n",
    });
  });
});
