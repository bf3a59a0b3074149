import { join } from "node:path";
import { sfc32 } from "cotangent/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workplace } from "../cli/support/command.js";
import { gpu, noGpu } from "../support/law.js";
import { KilledTraining, type Stage, trainWhole, type WholeRun } from "./support/kill-chain.js";
import { SmallDisk } from "./support/kill-small-disk.js";

const long = process.env.COTANGENT_LONG !== undefined;
const TIMEOUT = long ? 3_000_000 : 300_000;
const at = workplace();
let disk: SmallDisk | undefined;

/** Examples with many words, so that a checkpoint takes a while to write. */
function wordyText(examples: number): string {
  const line = (i: number) => {
    const words = Array.from({ length: 12 }, (_, j) => `w${(i * 12 + j * j * 7) % 1200}`);
    return `__label__c${(i * i) % 7} ${words.join(" ")}\n`;
  };
  return Array.from({ length: examples }, (_, i) => line(i)).join("");
}

const WIDE = ["--dim", "512", "--batch-size", "8", "--epochs", "2", "--negatives", "16"];
const NARROW = ["--dim", "64", "--batch-size", "4", "--epochs", "2", "--negatives", "4"]; // 60 steps
/** Ways to train: what is kept in a checkpoint, and how a run goes on, differs between them. */
const MODES = {
  "in memory": WIDE,
  streamed: [...WIDE, "--memory", "0", "--shuffle-buffer", "37"],
  "with a sampler that follows": [...NARROW, "--loss", "rf-softmax", "--frequencies", "16"],
  "with the tree of its negatives": [...NARROW, "--loss", "adversarial-softmax", "--tree-features", "4"],
} as const;
type Mode = keyof typeof MODES;

/** Runs that nothing happens to, each made once. */
const wholes = new Map<string, Promise<WholeRun>>();

function wholeOf(backend: string, mode: Mode): Promise<WholeRun> {
  const name = `${backend} ${mode}`;
  const whole = wholes.get(name) ?? trainWhole(at, name, ["words.txt", ...MODES[mode], "--backend", backend]);
  wholes.set(name, whole);
  return whole;
}

/** Kills trainings so many times each, and looks at what comes of all. */
async function killEach(backend: string, modes: readonly Mode[], kills: number): Promise<void> {
  const found = new Map<Stage, number>();
  let calls = 0;
  for (const [seed, mode] of modes.entries()) {
    const training = new KilledTraining(at, await wholeOf(backend, mode), sfc32(seed));
    await training.trainUnderKills(kills);
    expect(training.killed).toBe(kills);
    calls += training.calls;
    for (const [stage, count] of training.kills) found.set(stage, (found.get(stage) ?? 0) + count);
  }
  if (!long) return;
  console.info(`${backend}: ${kills * modes.length} kills in ${calls} calls, of them ${list(found)}`);
  expect(found.get("writing a checkpoint")).toBeGreaterThan(0);
}

function list(kills: ReadonlyMap<Stage, number>): string {
  return [...kills].map(([stage, count]) => `${count} ${stage}`).join(", ");
}

beforeAll(() => {
  at.write("words.txt", wordyText(120));
  disk = new SmallDisk(join(at.folder(), "disk"), 8e6);
});
afterAll(() => disk?.unmount());

describe.concurrent("cotangent train, killed at random instants and called again until it is done", () => {
  const all = Object.keys(MODES) as Mode[];

  it("gives the bytes of a run that was never stopped, on wasm", { timeout: TIMEOUT }, () =>
    killEach("wasm", long ? all : all.slice(0, 3), long ? 25 : 3),
  );

  it("gives the bytes of a run that was never stopped, on cpu", { timeout: TIMEOUT }, () =>
    killEach("cpu", long ? all : ["in memory"], long ? 25 : 3),
  );

  it.skipIf(gpu === undefined)(
    `gives the bytes of a run that was never stopped, on webgpu${gpu === undefined ? ` (${noGpu})` : ""}`,
    { timeout: TIMEOUT },
    () => killEach("webgpu", ["in memory"], long ? 20 : 1),
  );

  it("gives the bytes of a run that was never stopped, on a disk that fills again and again", {
    timeout: TIMEOUT,
  }, async (context) => {
    const small = disk!;
    context.skip(small.whyNot !== undefined, small.whyNot);
    const random = sfc32(4);
    const training = new KilledTraining(at, await wholeOf("wasm", "in memory"), random, "disk");
    const kills = long ? 20 : 2;
    let [onFilled, withoutAByte, failures] = [0, 0, 0];
    while (onFilled < kills) {
      const place = training.newPlace();
      for (let isDone = false; !isDone; ) {
        const isFilled = onFilled < kills && random() < 0.75;
        if (isFilled) small.fill(random() * 4e6); // two checkpoints and a half
        const before = training.killed;
        isDone = await training.goOn(place, isFilled ? training.instant(12) : undefined, isFilled);
        const wasKilled = training.killed > before;
        if (wasKilled) onFilled += 1;
        if (wasKilled && small.room === 0) withoutAByte += 1;
        if (!wasKilled && !isDone) failures += 1;
        small.makeRoom();
      }
      training.clear(place);
    }
    if (long) {
      const told = `${onFilled} kills in ${training.calls} calls (${list(training.kills)}), ${withoutAByte} without a byte left`;
      console.info(`a disk that fills: ${told}; found full and said so ${failures} times`);
    }
  });
});
