import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defaultBackend, leavesOf, type Tensor, tensor } from "cotangent";
import { type NdArray, readSafetensors, vocabularyFromJson, writeSafetensors } from "cotangent/data";
import { AdversarialTree } from "cotangent/methods/sampling";
import { loadCheckpoint, saveCheckpoint } from "../../../cli/src/checkpoint.js";
import { type FeatureSpace, widthOf } from "../../../cli/src/feature-space.js";
import { headOf } from "../../../cli/src/heads/head-of.js";
import type { Model, Noise } from "../../../cli/src/model.js";
import { decodeModel, encodeModel } from "../../../cli/src/model-file.js";
import { rankExamples } from "../../../cli/src/ranking.js";
import { DEFAULT_RECIPE, LOSSES, type LossName, type Recipe } from "../../../cli/src/recipe.js";
import { TrainingRun } from "../../../cli/src/training-run.js";
import { safetensorsHeader } from "./reader-binary-formats.js";
import { firstWrong, type Layer, type Opened, type ReaderFormat, utf8 } from "./reader-format.js";
import type { Random } from "./reader-random.js";

const [COMMAND, FINGERPRINT] = ["train", "0123456789abcdef"];

function recipeOf(loss: LossName): Recipe {
  const sizes = { dim: 3, treeFeatures: 2, frequencies: 4, negatives: 2, hardest: 1, batchSize: 2 };
  return { ...DEFAULT_RECIPE, loss, ...sizes, epochs: 4, backend: "cpu" };
}

function floats(shape: readonly number[], random: Random): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return tensor(
    Float32Array.from({ length: size }, () => random.below(200) / 100 - 1),
    { shape },
  );
}

function modelOf(random: Random, loss: LossName, classes: number, words: number): Model {
  const vocabularyOf = (tokens: readonly string[]) =>
    vocabularyFromJson({
      ...{ format: "cotangent vocabulary 1", tokens, unknown: null },
      counts: tokens.map((_, id) => 9 * (tokens.length - id)),
    });
  const space: FeatureSpace = random.chance(0.5)
    ? { kind: "tokens", normalize: false, vocabulary: vocabularyOf(["a", "é", "漢", "b", "c"].slice(0, words)) }
    : { kind: "indices", normalize: true, count: words, firstIndex: random.pick([0, 1]) };
  const labels = vocabularyOf(["x", "ü", "z", "7", "-1"].slice(0, classes));
  const recipe = recipeOf(loss);
  const { shapes } = headOf(recipe, labels.counts);
  const head = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, floats(shape, random)]));
  const noise =
    loss === "adversarial-softmax" && random.chance(0.7) ? noiseOf(random, words, classes, recipe) : undefined;
  return { space, labels, recipe, parameters: { embedding: floats([words, recipe.dim], random), head }, noise };
}

/** A tree with the labels at its first leaves, in order. */
function noiseOf(random: Random, words: number, classes: number, { treeFeatures }: Recipe): Noise {
  const leaves = 2 ** Math.ceil(Math.log2(classes));
  const ids = (list: readonly number[]): Tensor<"i32"> => tensor(Int32Array.from(list));
  const firstBelow = (node: number): number => (node >= leaves ? node - leaves : firstBelow(2 * node));
  const nodes = Array.from({ length: leaves }, (_, node) => node);
  return {
    projection: floats([words, treeFeatures], random),
    offset: floats([treeFeatures], random),
    tree: new AdversarialTree({
      weights: floats([leaves, treeFeatures], random),
      bias: floats([leaves], random),
      forced: ids(nodes.map((node) => (node > 0 && firstBelow(2 * node + 1) >= classes ? -1 : 0))),
      leafOfLabel: ids(nodes.slice(0, classes)),
      labelOfLeaf: ids(nodes.map((leaf) => (leaf < classes ? leaf : -1))),
    }),
  };
}

function tensorsOf({ parameters, noise }: Pick<Model, "parameters" | "noise">): Tensor[] {
  return [
    ...leavesOf<Tensor>(parameters),
    ...(noise === undefined ? [] : leavesOf<Tensor>([noise.projection, noise.offset, noise.tree.parameters])),
  ];
}

function release(tensors: readonly Tensor[]): void {
  for (const held of tensors) held.dispose();
}

/** One of the texts beside the tensors, alone: the header's quotes and length follow it. */
const metadataText: Layer = async (bytes, random) => {
  const opened = (await safetensorsHeader(bytes, random)) as Opened;
  const header = JSON.parse(new TextDecoder().decode(opened.inner));
  const name = random.pick(Object.keys(header.__metadata__));
  return {
    inner: utf8(header.__metadata__[name]),
    wrap: (inner) => {
      const text = new TextDecoder().decode(inner);
      const metadata = { ...header.__metadata__, [name]: text };
      return opened.wrap(utf8(JSON.stringify({ ...header, __metadata__: metadata })));
    },
  };
};

/** A tensor goes, comes under another name, in another shape or type, or with other values; the file stays a valid one. */
const otherTensor: Layer = async (bytes, random) => {
  const { tensors, metadata } = await readSafetensors(bytes);
  const edited = new Map(tensors);
  const name = random.pick([...tensors.keys()]);
  const held = tensors.get(name)!;
  const { data } = held;
  switch (random.below(5)) {
    case 0:
      edited.delete(name);
      break;
    case 1:
      edited.set(random.pick([...tensors.keys(), "noise.projection", "state.9", "followed.weights"]), held);
      break;
    case 2:
      edited.set(name, { ...held, shape: random.pick([[data.length], [1, data.length], [data.length, 1]]) } as NdArray);
      break;
    case 3:
      edited.set(name, { dtype: "i32", shape: held.shape, data: new Int32Array(data.buffer.slice(0)) });
      break;
    default: {
      const values = [Number.NaN, 3e38, -3e38, Number.POSITIVE_INFINITY, 0, -1, 1, 2, 2 ** 31];
      if (data.length > 0) data[random.below(data.length)] = random.pick(values) as never;
    }
  }
  return { inner: new Uint8Array(), wrap: () => writeSafetensors(edited, { metadata }) };
};

const common = {
  words: ['"kind"', '"dim"', '"counts"', '"tokens"', '"loss"', '"indices"', '"rf-softmax"', "null", "{}", "1e400"],
  layers: [safetensorsHeader, metadataText, metadataText, otherTensor],
  memory: 8,
};

const modelFormat: ReaderFormat = {
  ...common,
  name: "model",
  weight: 3,
  isChunked: true,
  opening: /^(readSafetensors: in: |predict: in is )\S/,
  async generate(random) {
    const model = modelOf(random, random.pick(LOSSES), 2 + random.below(4), 1 + random.below(5));
    const bytes = await encodeModel("cotangent model 1", model, new Map(), { examples: 9, fingerprint: FINGERPRINT });
    release(tensorsOf(model));
    return bytes;
  },
  async read(source) {
    const { model, extra } = await decodeModel("predict", "in", source, "cotangent model 1");
    const { space, labels, recipe, parameters, noise } = model;
    const example = { labels: [], indices: Uint32Array.of(0), values: Float32Array.of(1) };
    const problems: (string | false)[] = [];
    for await (const { ids } of rankExamples(model, [example], 2)) {
      problems.push(ids.some((id) => !(id >= 0 && id < labels.size)) && "labels that it knows");
    }
    problems.push(
      parameters.embedding.shape[0] !== widthOf(space) && "a row for each feature",
      parameters.embedding.shape[1] !== recipe.dim && "columns of the recipe's width",
      labels.tokens.length !== labels.size && "a name for each label",
      noise !== undefined && noise.tree.classes !== labels.size && "a tree of its labels",
    );
    release(tensorsOf(model));
    const kind = `${recipe.loss} on ${space.kind}${noise === undefined ? "" : " with a tree"}`;
    return { kind, text: () => JSON.stringify([recipe, labels, space, extra]), wrong: firstWrong(problems) };
  },
};

function checkpointFormat(folder: string, loss: LossName): ReaderFormat {
  const path = join(folder, `${loss}.checkpoint`);
  const recipe = recipeOf(loss);
  return {
    ...common,
    name: `checkpoint of ${loss}`,
    weight: 0.8,
    isChunked: false,
    opening: /^(readSafetensors: \S+: |train: \S+ is |train: --resume is \S+, a checkpoint of another run, as )\S/,
    async generate(random) {
      const { space, labels, parameters, noise } = modelOf(random, loss, 3, 4);
      const leaves = leavesOf<Tensor>(parameters);
      const state = [floats([], random), ...leaves.map(({ shape }) => floats(shape, random))];
      const followed = loss === "rf-softmax" ? { weights: floats([3, recipe.dim], random) } : undefined;
      const epoch = random.below(3);
      const at = { position: { epoch, batch: random.below(9) }, losses: Array(epoch).fill(0.5), lossSum: 1.25 };
      const snapshot = { ...at, parameters, noise, state, followed };
      await saveCheckpoint(COMMAND, path, snapshot, { recipe, space, labels }, FINGERPRINT);
      release([...tensorsOf(snapshot), ...state, ...leavesOf<Tensor>(followed ?? [])]);
      return new Uint8Array(readFileSync(path));
    },
    async read(source) {
      writeFileSync(path, source as Uint8Array);
      const snapshot = await loadCheckpoint(COMMAND, path, recipe, FINGERPRINT, defaultBackend);
      const { parameters, noise, state, followed, position, losses } = snapshot;
      const shapes = [[], ...leavesOf<Tensor>(parameters).map(({ shape }) => shape)];
      const wrong = firstWrong([
        JSON.stringify(state.map(({ shape }) => shape)) !== JSON.stringify(shapes) && "an optimizer's state that fits",
        losses.length !== position.epoch && "a loss of each epoch",
        followed !== undefined && followed.weights?.shape[0] !== 3 && "what its negatives follow",
      ]);
      const kind = `${recipe.loss}${noise === undefined ? "" : " with a tree"}${followed === undefined ? "" : ", following"}`;
      goOn(snapshot);
      return { kind, wrong };
    },
  };

  /** A run that goes on from it must start, and owns its tensors. */
  function goOn(snapshot: Awaited<ReturnType<typeof loadCheckpoint>>): void {
    const [words, classes] = [snapshot.parameters.embedding.shape[0]!, 3];
    const labels = vocabularyFromJson({
      ...{ format: "cotangent vocabulary 1", unknown: null },
      ...{ tokens: ["x", "y", "z"], counts: [3, 2, 1].slice(0, classes) },
    });
    const space: FeatureSpace = { kind: "indices", normalize: true, count: words, firstIndex: 1 };
    new TrainingRun(recipe, space, labels, defaultBackend, snapshot).dispose();
    release([...tensorsOf(snapshot), ...snapshot.state, ...leavesOf<Tensor>(snapshot.followed ?? [])]);
  }
}

/** The readers of what `train` writes; checkpoints are read from files, which go to a folder. */
export function modelFormats(folder: string): readonly ReaderFormat[] {
  return [modelFormat, checkpointFormat(folder, "rf-softmax"), checkpointFormat(folder, "adversarial-softmax")];
}
