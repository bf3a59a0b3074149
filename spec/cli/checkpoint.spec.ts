import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultBackend, type Tensor, tensor } from "cotangent";
import { type NdArray, readSafetensors, vocabularyFromJson, writeSafetensors } from "cotangent/data";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadCheckpoint, saveCheckpoint } from "../../cli/src/checkpoint.js";
import { FileError } from "../../cli/src/errors.js";
import { DEFAULT_RECIPE } from "../../cli/src/recipe.js";

const recipe = { ...DEFAULT_RECIPE, loss: "rf-softmax", dim: 2 } as const;
const folder = mkdtempSync(join(tmpdir(), "cotangent-checkpoint-"));
const path = join(folder, "m.checkpoint");
const ones = (...shape: number[]): Tensor =>
  tensor(new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(1), { shape });
let tensors: ReadonlyMap<string, NdArray>;
let metadata: ReadonlyMap<string, string>;

beforeAll(async () => {
  const json = { format: "cotangent vocabulary 1", tokens: ["a", "b", "c"], counts: [3, 2, 1], unknown: null };
  const labels = vocabularyFromJson(json);
  const space = { kind: "indices", normalize: false, count: 4, firstIndex: 1 } as const;
  const parameters = { embedding: ones(4, 2), head: { weights: ones(3, 2) } };
  const state = [ones(), ones(4, 2), ones(3, 2)];
  const at = { position: { epoch: 1, batch: 2 }, losses: [0.5], lossSum: 1, followed: { weights: ones(3, 2) } };
  const snapshot = { ...at, parameters, noise: undefined, state };
  await saveCheckpoint("train", path, snapshot, { recipe, space, labels }, "print");
  ({ tensors, metadata } = await readSafetensors(readFileSync(path)));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function load(arrays: ReadonlyMap<string, NdArray>, texts: ReadonlyMap<string, string>) {
  writeFileSync(path, writeSafetensors(arrays, { metadata: texts }));
  return loadCheckpoint("train", path, recipe, "print", defaultBackend);
}

const without = (name: string) => new Map([...tensors].filter(([other]) => other !== name));
const floats = (shape: number[], ...values: number[]): NdArray => {
  return { dtype: "f32", shape, data: Float32Array.from(values) };
};
const damaged = (problem: string) =>
  new FileError(
    `train: ${path} is damaged, as ${problem}; start anew with --restart, or resume from the copy that ends in .previous`,
  );

describe("loadCheckpoint", () => {
  it("gives back what was saved", async () => {
    const { position, losses, lossSum, state, followed } = await load(tensors, metadata);
    const shapes = state.map(({ shape }) => shape);
    expect({ position, losses, lossSum, shapes, followed: followed?.weights?.shape }).toEqual({
      ...{ position: { epoch: 1, batch: 2 }, losses: [0.5], lossSum: 1 },
      ...{ shapes: [[], [4, 2], [3, 2]], followed: [3, 2] },
    });
  });

  it.each([
    ["{}"],
    ['{"run":null}'],
    ['{"run":{"fingerprint":"print","position":{"epoch":1},"losses":[0.5],"lossSum":1}}'],
    ['{"run":{"fingerprint":"print","position":{"epoch":-1,"batch":2},"losses":[],"lossSum":1}}'],
    ['{"run":{"fingerprint":"print","position":{"epoch":1,"batch":2},"losses":[0.5,0.5],"lossSum":1}}'],
    ['{"run":{"fingerprint":"print","position":{"epoch":1,"batch":2},"losses":[null],"lossSum":1}}'],
    ['{"run":{"fingerprint":"print","position":{"epoch":1,"batch":2},"losses":[0.5],"lossSum":null}}'],
  ])("refuses a run that is not complete: %s", async (extra) => {
    await expect(load(tensors, new Map([...metadata, ["extra", extra]]))).rejects.toThrow(
      damaged("what it says of its run is not complete"),
    );
  });

  it("refuses tensors that are missing, too many, or do not fit the parameters", async () => {
    const refuses = (arrays: ReadonlyMap<string, NdArray>, problem: string) =>
      expect(load(arrays, metadata)).rejects.toThrow(damaged(problem));
    await refuses(without("state.2"), "its tensor state.2 is missing");
    await refuses(new Map([...tensors, ["state.3", floats([1], 1)]]), "it has tensors that no checkpoint has");
    await refuses(new Map([...tensors, ["state.0", floats([1], 1)]]), "its tensor state.0 does not fit its parameters");
    await refuses(
      new Map([...tensors, ["state.0", floats([], Number.NaN)]]),
      "its tensor state.0 does not fit its parameters",
    );
    await refuses(
      new Map([...tensors, ["state.2", { dtype: "i64", shape: [3, 2], data: new BigInt64Array(6) } as NdArray]]),
      "its tensor state.2 does not fit its parameters",
    );
    await refuses(
      new Map([...tensors, ["followed.weights", floats([1], 1)]]),
      "its tensor followed.weights does not fit its parameters",
    );
    await refuses(
      new Map([...tensors, ["followed.toString", floats([1], 1)]]),
      "its tensor followed.toString does not fit its parameters",
    );
  });
});
