import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type TrainOptions, train } from "../../cli/src/commands/train.js";
import { DEFAULT_RECIPE } from "../../cli/src/recipe.js";
import { toyText } from "../cli/support/toy-data.js";
import { PowerCutModel } from "./support/kill-power-cut.js";
import { type Fate, type Operation, WatchedDisk } from "./support/kill-watched-disk.js";

const watched = vi.hoisted((): { disk: WatchedDisk | undefined } => ({ disk: undefined }));
vi.mock("node:fs/promises", async (original) => {
  const { watchedFiles } = await import("./support/kill-watched-disk.js");
  return watchedFiles(await original(), () => watched.disk);
});

const OLDER = "an older model";
const OLDEST = "one that is older still";
const STARTS: readonly (readonly [string, ReadonlyMap<string, string>])[] = [
  ["in an empty folder", new Map()],
  [
    "over an older model",
    new Map([
      ["model", OLDER],
      ["model.previous", OLDEST],
    ]),
  ],
];

const long = process.env.COTANGENT_LONG !== undefined;
const TIMEOUT = long ? 3_000_000 : 300_000;
const { shuffleBuffer: _, ...recipe } = DEFAULT_RECIPE;
let place = "";
let count = 0;
let whole: Buffer;

/** Operations after the disk was full that the kill comes. */
const LATER = [undefined, 1, 2];

/** A folder of its own, with what is to be in it. */
function folderWith(files: ReadonlyMap<string, string | Uint8Array>): string {
  const folder = join(place, `${count++}`);
  mkdirSync(folder);
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
  return folder;
}

/** Six steps, with a checkpoint after each of every second. */
function options(folder: string, checkpointEvery = 2): TrainOptions {
  return {
    ...recipe,
    ...{ backend: "cpu", dim: 4, batchSize: 16, epochs: 2, negatives: 8, learningRate: 0.3 },
    ...{ output: join(folder, "model"), firstIndex: 1, minCount: 1, normalize: false, memory: 100 },
    ...{ shuffleBuffer: 100, checkpointEvery, quiet: true },
  };
}

/** Trains on a disk that is watched; gives what it says where it fails. */
async function trainOn(disk: WatchedDisk, what: TrainOptions): Promise<string | undefined> {
  watched.disk = disk;
  return train(join(place, "toy.txt"), what)
    .then(
      () => undefined,
      (problem: Error) => problem.message,
    )
    .finally(() => {
      watched.disk = undefined;
    });
}

/** Does what a user does after a stop: goes on where there is something to go on from, and else calls again. */
async function goOn(folder: string, checkpointEvery: number, when: string): Promise<void> {
  const isUnfinished = existsSync(join(folder, "model.checkpoint"));
  const what = { ...options(folder, checkpointEvery), ...(isUnfinished ? { resume: true as const } : {}) };
  expect(await trainOn(new WatchedDisk(), what), when).toBe(undefined);
  expect(readFileSync(join(folder, "model")).equals(whole), when).toBe(true);
}

/** What has been learned by the time of the last checkpoint is not lost. */
function expectKept(files: ReadonlyMap<string, Uint8Array>, when: string): void {
  const model = files.get("model");
  const isDone = model !== undefined && whole.equals(model);
  expect(isDone || files.has("model.checkpoint"), when).toBe(true);
}

const contentsOf = (folder: string): ReadonlyMap<string, Uint8Array> =>
  new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));

/** Whether a checkpoint is there before an operation. */
const hasCheckpoint = (operations: readonly Operation[], at: number) =>
  operations.slice(0, at).some(({ kind, name }) => kind === "rename" && name === "model.checkpoint");

/** Whether the files beside the model are those that a run leaves that nothing happened to. */
function expectNothingElse(folder: string, files: ReadonlyMap<string, string>, when: string): void {
  const older = files.get("model");
  expect(readdirSync(folder).sort(), when).toEqual(older === undefined ? ["model"] : ["model", "model.previous"]);
  if (older !== undefined) expect(readFileSync(join(folder, "model.previous"), "utf8"), when).toBe(older);
}

/** A disk that some operations find as they are told. */
const meets = (fates: Readonly<Record<number, Fate>>) => new WatchedDisk((index) => fates[index] ?? "done");

/** What a whole run asks of the disk, in order. */
async function operationsOf(files: ReadonlyMap<string, string>): Promise<readonly Operation[]> {
  const disk = new WatchedDisk();
  expect(await trainOn(disk, options(folderWith(files)))).toBe(undefined);
  expect(disk.operations.length).toBeGreaterThan(30);
  return disk.operations;
}

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), "cotangent-kill-"));
  writeFileSync(join(place, "toy.txt"), toyText(48));
  const folder = folderWith(new Map());
  expect(await trainOn(new WatchedDisk(), options(folder))).toBe(undefined);
  whole = readFileSync(join(folder, "model"));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

describe.each(long ? STARTS : STARTS.slice(1))("cotangent train %s", (_start, files) => {
  it("ends with the same bytes and nothing left over, whichever operation on the disk it is killed in", {
    timeout: TIMEOUT,
  }, async () => {
    const operations = await operationsOf(files);
    if (long) console.info(`killed in each of ${operations.length} operations`);
    for (const [at, { kind, name }] of operations.entries()) {
      for (const checkpointEvery of long ? [2, 1000] : [at % 2 === 0 ? 1000 : 2]) {
        const folder = folderWith(files);
        const when = `killed in operation ${at}, ${kind} ${name}; then a checkpoint each ${checkpointEvery} steps`;
        const disk = meets({ [at]: "killed" });
        await trainOn(disk, options(folder));
        expect(disk.wasKilled, when).toBe(true);
        if (hasCheckpoint(operations, at)) expectKept(contentsOf(folder), when);
        await goOn(folder, checkpointEvery, when);
        expectNothingElse(folder, files, when);
      }
    }
  });

  it("says that the disk is full and leaves nothing half written; is killed then too, and goes on", {
    timeout: TIMEOUT,
  }, async () => {
    const operations = await operationsOf(files);
    for (const [at, { kind, name }] of operations.entries()) {
      if (!["create", "write", "sync", "rename"].includes(kind)) continue;
      for (const killedAfter of long ? LATER : [LATER[at % 3]]) {
        const folder = folderWith(files);
        const killed = killedAfter === undefined ? "" : `, killed ${killedAfter} operations later`;
        const when = `disk full in operation ${at}, ${kind} ${name}${killed}`;
        const disk = meets({ [at]: "full", ...(killedAfter === undefined ? {} : { [at + killedAfter]: "killed" }) });
        const said = await trainOn(disk, options(folder));
        const path = join(folder, name.replace(/\.partial$/, ""));
        const kept = existsSync(path) ? "; what it held before is intact" : "";
        if (!disk.wasKilled) {
          const atOnce = `train: --output is ${path}, which cannot be written, as the disk is full, but must be writable; nothing has been trained yet`;
          const later = `train: ${path} cannot be written, as the disk is full${kept}`;
          expect(said, when).toBe(at === 0 ? atOnce : later);
          const left = readdirSync(folder).filter((file) => file.endsWith(".partial"));
          expect(left, when).toEqual([]);
        }
        if (hasCheckpoint(operations, at)) expectKept(contentsOf(folder), when);
        await goOn(folder, 1000, when);
        expectNothingElse(folder, files, when);
      }
    }
  });

  it("goes on to the same bytes from all that a power cut can leave", { timeout: TIMEOUT }, async () => {
    const folder = folderWith(files);
    const lasting = new PowerCutModel(folder);
    expect(await trainOn(new WatchedDisk(undefined, lasting), options(folder))).toBe(undefined);
    lasting.note();
    const { cuts } = lasting;
    expect(cuts.length).toBeGreaterThan(20);
    if (long) console.info(`power cuts: ${cuts.length} different states`);
    for (const cut of cuts) {
      const { files: state } = cut;
      const when = `after a power cut with ${[...state].map(([name, { length }]) => `${name} (${length})`).join(", ")}`;
      if (cut.hasCheckpoint) expectKept(state, when);
      const again = folderWith(state);
      await goOn(again, 1000, when);
      const left = readdirSync(again);
      expect(["model", "model.previous"], when).toEqual(expect.arrayContaining(left));
      if (!left.includes("model.previous")) continue;
      // The older versions are there or not: they are names that no one waits to see synced.
      expect([OLDER, OLDEST], when).toContain(readFileSync(join(again, "model.previous"), "utf8"));
    }
  });
});

describe("cotangent train, called wrongly after a kill", () => {
  it("says what there is and what to do", async () => {
    const folder = folderWith(new Map());
    const model = join(folder, "model");
    const resume = { ...options(folder), resume: true as const };
    const wanted = `train: --resume is ${model}.checkpoint, which does not exist, but must be a checkpoint; `;
    expect(await trainOn(new WatchedDisk(), resume)).toBe(`${wanted}leave --resume out to start anew`);

    const last = (await operationsOf(new Map())).length - 1;
    await trainOn(meets({ [last]: "killed" }), options(folder));
    expect(readdirSync(folder).sort()).toEqual(["model", "model.checkpoint"]);
    expect(await trainOn(new WatchedDisk(), options(folder))).toBe(
      `train: ${model}.checkpoint is an unfinished run but must not be there when another starts; go on with --resume, or start anew with --restart`,
    );
    const disk = new WatchedDisk();
    expect(await trainOn(disk, { ...resume, checkpointEvery: 1000 })).toBe(undefined);
    expect(readdirSync(folder)).toEqual(["model"]);
    const asked = disk.operations.map(({ kind, name }) => `${kind} ${name}`);
    // The model is not written again, but lasts before the checkpoint goes.
    expect(asked.slice(asked.indexOf("remove model.checkpoint.partial") + 1)).toEqual([
      `sync folder ${basename(folder)}`,
      "remove model.checkpoint.previous",
      "remove model.checkpoint",
    ]);
    expect(await trainOn(new WatchedDisk(), resume)).toBe(
      `${wanted}if the run was done, ${model} is its model; leave --resume out to start anew`,
    );
  });
});
