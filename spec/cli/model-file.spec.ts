import { type Tensor, tensor } from "cotangent";
import { type NdArray, readSafetensors, vocabularyFromJson, writeSafetensors } from "cotangent/data";
import { AdversarialTree } from "cotangent/methods/sampling";
import { beforeAll, describe, expect, it } from "vitest";
import { FileError } from "../../cli/src/errors.js";
import type { Model } from "../../cli/src/model.js";
import { decodeModel, encodeModel } from "../../cli/src/model-file.js";
import { DEFAULT_RECIPE, LOSSES } from "../../cli/src/recipe.js";

const recipe = { ...DEFAULT_RECIPE, loss: "adversarial-softmax", dim: 2, treeFeatures: 1 } as const;
const ones = (...shape: number[]): Tensor =>
  tensor(new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(1), { shape });
const ids = (...list: number[]): Tensor<"i32"> => tensor(Int32Array.from(list));
const vocabulary = (tokens: string[], unknown: number | null) =>
  JSON.stringify({ format: "cotangent vocabulary 1", tokens, counts: tokens.map(() => 1), unknown });
let tensors: ReadonlyMap<string, NdArray>;
let metadata: ReadonlyMap<string, string>;

beforeAll(async () => {
  const model: Model = {
    recipe,
    space: { kind: "indices", normalize: false, count: 4, firstIndex: 1 },
    labels: vocabularyFromJson({
      ...{ format: "cotangent vocabulary 1", tokens: ["a", "b", "c"], counts: [3, 2, 1], unknown: null },
    }),
    parameters: { embedding: ones(4, 2), head: { weights: ones(3, 2), bias: ones(3) } },
    noise: {
      projection: ones(4, 1),
      offset: ones(1),
      tree: new AdversarialTree({
        ...{ weights: ones(4, 1), bias: ones(4), forced: ids(0, 0, 0, -1) },
        ...{ leafOfLabel: ids(0, 1, 2), labelOfLeaf: ids(0, 1, 2, -1) },
      }),
    },
  };
  ({ tensors, metadata } = await readSafetensors(await encodeModel("cotangent model 1", model)));
});

const read = (arrays: ReadonlyMap<string, NdArray>, texts: ReadonlyMap<string, string>) =>
  decodeModel("predict", "m", writeSafetensors(arrays, { metadata: texts }), "cotangent model 1");
const withText = (name: string, text: string) => read(tensors, new Map([...metadata, [name, text]]));
const withIds = (name: string, ...list: number[]) =>
  read(
    new Map([...tensors, [`noise.tree.${name}`, { dtype: "i32", shape: [list.length], data: Int32Array.from(list) }]]),
    metadata,
  );
const damaged = (problem: string) =>
  new FileError(`predict: m is damaged, as ${problem}; train again, or use the copy that ends in .previous`);

describe("decodeModel", () => {
  it("gives back what was written", async () => {
    const { model, extra } = await read(tensors, metadata);
    expect([model.recipe, model.labels.tokens, model.noise?.tree.classes, extra]).toEqual([
      ...[recipe, ["a", "b", "c"], 3, {}],
    ]);
  });

  it.each([
    ["recipe", "{", "its metadata's recipe is not JSON"],
    ["recipe", "null", "its recipe is not an object"],
    ["recipe", "{}", `its recipe's loss is not one of ${LOSSES.join(", ")}`],
    ["recipe", JSON.stringify({ ...recipe, dim: 0 }), "its recipe's dim is not a whole number ≥ 1"],
    ["recipe", JSON.stringify({ ...recipe, dim: "2" }), "its recipe's dim is not a whole number ≥ 1"],
    ["recipe", JSON.stringify({ ...recipe, power: -1 }), "its recipe's power is not a finite number ≥ 0"],
    ["labels", '{"format":7}', 'vocabularyFromJson: format is no text but must be "cotangent vocabulary 1"'],
    ["labels", vocabulary([], null), "it has no labels"],
    ["labels", vocabulary(["a", "b", "c"], 3), "its labels have one for all that are unknown"],
    ["labels", vocabulary(["a", "b"], null), "its tensor weights has shape [3, 2] but must have [2, 2]"],
    ["features", "null", "its features lack normalize"],
    ["features", '{"normalize":true,"kind":"indices","count":-4,"firstIndex":1}', "its features are of no known kind"],
    [
      "features",
      '{"normalize":true,"kind":"indices","count":5,"firstIndex":1}',
      "its tensor embedding has shape [4, 2] but must have [5, 2]",
    ],
    ["extra", "null", "its extra is not an object"],
  ])("refuses %s %s", async (name, text, problem) => {
    await expect(withText(name, text)).rejects.toThrow(damaged(problem));
  });

  it("refuses tensors of another type, and a file of a kind that it does not know", async () => {
    const bias: NdArray = { dtype: "i32", shape: [3], data: Int32Array.of(1, 2, 3) };
    await expect(read(new Map([...tensors, ["bias", bias]]), metadata)).rejects.toThrow(
      damaged("its tensor bias has dtype i32 but must have f32"),
    );
    await expect(withText("format", "cotangent model 2")).rejects.toThrow(
      new FileError("predict: m is a cotangent model 2 but must be a cotangent model 1"),
    );
    await expect(withText("format", "cotangent \n\x9b2J")).rejects.toThrow(
      new FileError("predict: m is a safetensors file of another program but must be a cotangent model 1"),
    );
  });

  it.each([
    ["leafOfLabel", [0, 1, 1]],
    ["leafOfLabel", [0, 1, 4]],
    ["labelOfLeaf", [0, 1, 3, -1]],
    ["labelOfLeaf", [0, 1, 2, 2]],
    ["labelOfLeaf", [0, 1, -1, -1]],
    ["forced", [0, 1, 0, -1]],
    ["forced", [0, 0, 0, 0]],
  ])("refuses a tree whose %s are %j", async (name, list) => {
    await expect(withIds(name, ...list)).rejects.toThrow(
      damaged("its tree does not lead to every label and to nothing else"),
    );
  });
});
