import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { webgpu } from "cotangent/backends/webgpu";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type TrainOptions, train } from "../../cli/src/commands/train.js";
import { DEFAULT_RECIPE } from "../../cli/src/recipe.js";
import { gpu, noGpu } from "../support/law.js";
import { toyText } from "./support/toy-data.js";

/** Values that the first devices are read for before they are lost, one device after the other. */
let readsLeft: number[] = [];
let opened = 0;

vi.mock("../../cli/src/backends.js", async (original) => ({
  ...(await original<object>()),
  openBackend: async () => {
    opened += 1;
    const backend = (await webgpu())!;
    let left = readsLeft.shift() ?? Number.POSITIVE_INFINITY;
    const read = backend.read.bind(backend);
    backend.read = (storage) => {
      if (left-- === 0) backend.dispose();
      return read(storage);
    };
    return backend;
  },
}));

describe.skipIf(gpu === undefined)(`training that loses its device${gpu === undefined ? ` (${noGpu})` : ""}`, () => {
  let folder = "";
  let said: string[] = [];
  const { shuffleBuffer: _, ...recipe } = DEFAULT_RECIPE;
  const options = (name: string): TrainOptions => ({
    ...recipe,
    ...{ backend: "webgpu", dim: 8, batchSize: 16, epochs: 2, negatives: 8 },
    ...{ output: join(folder, name), firstIndex: 1, minCount: 1, normalize: false, memory: 100 },
    ...{ shuffleBuffer: 100, checkpointEvery: 5, quiet: true },
  });
  const trainOn = (name: string) => train(join(folder, "toy.txt"), options(name));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cotangent-lost-"));
    writeFileSync(join(folder, "toy.txt"), toyText(120));
    said = [];
    opened = 0;
    readsLeft = [];
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      said.push(String(text));
      return true;
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true, force: true });
  });

  it("goes on from its last checkpoint on another, says so, and ends where it would have", async () => {
    await trainOn("whole");
    expect([opened, said]).toEqual([1, []]);
    // Five losses, then the parameters and the optimizer's state for the checkpoint; then some more losses.
    readsLeft = [16];
    await trainOn("resumed");
    expect(opened).toBe(3);
    expect(said).toEqual([
      `train: webgpu: 1 f32 elements cannot be read, as the device is lost (it was given back); open another; going on from ${join(folder, "resumed")}.checkpoint on another device\n`,
    ]);
    const [whole, resumed] = ["whole", "resumed"].map((name) => readFileSync(join(folder, name)));
    expect(resumed.equals(whole)).toBe(true);
  });

  it("starts anew where there is no checkpoint yet", async () => {
    readsLeft = [2];
    await trainOn("early");
    expect(said).toHaveLength(1);
    expect(said[0]).toContain("going on from the start on another device");
  });

  it("leaves the checkpoint of another run alone that it has been told to start in place of", async () => {
    writeFileSync(join(folder, "anew.checkpoint"), "of another run");
    readsLeft = [2];
    await train(join(folder, "toy.txt"), { ...options("anew"), restart: true });
    expect(said).toHaveLength(1);
    expect(said[0]).toContain("going on from the start on another device");
  });

  it("gives up when it loses the second one too", async () => {
    readsLeft = [2, 2];
    await expect(trainOn("hopeless")).rejects.toThrow("the device is lost");
    expect(opened).toBe(2);
  });
});
