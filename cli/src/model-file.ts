import { type Backend, defaultBackend, type Tensor, tensor } from "cotangent";
import {
  type ByteSource,
  DataError,
  type NdArray,
  readSafetensors,
  type Vocabulary,
  vocabularyFromJson,
  writeSafetensors,
} from "cotangent/data";
import { AdversarialTree } from "cotangent/methods/sampling";
import { DivergedError, FileError, reasonOf } from "./errors.js";
import { type FeatureSpace, widthOf } from "./feature-space.js";
import { fileBytes } from "./formats.js";
import { headOf } from "./heads/head-of.js";
import type { Model, Noise, Parameters } from "./model.js";
import { recipeFromJson } from "./read-recipe.js";
import type { Recipe } from "./recipe.js";
import { checkTreeIds } from "./tree-ids.js";

/** What a file of ours says it is. */
export type FileKind = "cotangent model 1" | "cotangent checkpoint 1";

/** A model's file, read: the model, and whatever else was written with it. */
export interface ModelFile {
  readonly kind: FileKind;
  readonly model: Model;
  /** Tensors beyond the model's own. */
  readonly tensors: ReadonlyMap<string, NdArray>;
  /** Texts beyond the model's own. */
  readonly extra: Readonly<Record<string, unknown>>;
}

type Extra = Readonly<Record<string, unknown>>;

/**
 * The bytes of a model, and of what goes with it: one safetensors file.
 *
 * @throws DivergedError if a number in it is not finite: such a model is of no use to anyone
 */
export async function encodeModel(
  kind: FileKind,
  { space, labels, recipe, parameters, noise }: Model,
  others: ReadonlyMap<string, Tensor> = new Map(),
  extra: Extra = {},
): Promise<Uint8Array> {
  const tensors = new Map<string, NdArray>();
  const { embedding, head } = parameters;
  const all = new Map([["embedding", embedding], ...Object.entries(head), ...noiseTensors(noise), ...others]);
  for (const [name, held] of all) {
    const data = await held.data();
    const wrong = data.find((value) => !Number.isFinite(value));
    if (wrong !== undefined) throw new DivergedError(`a number in ${name}`, wrong);
    tensors.set(name, { dtype: held.dtype, shape: held.shape, data } as NdArray);
  }
  const { kind: features, normalize } = space;
  const metadata = new Map<string, string>([
    ["format", kind],
    ["recipe", JSON.stringify(recipe)],
    ["labels", JSON.stringify(labels)],
    ["extra", JSON.stringify(extra)],
  ]);
  if (space.kind === "tokens") {
    metadata.set("features", JSON.stringify({ kind: features, normalize }));
    metadata.set("tokens", JSON.stringify(space.vocabulary));
  } else {
    metadata.set(
      "features",
      JSON.stringify({ kind: features, normalize, count: space.count, firstIndex: space.firstIndex }),
    );
  }
  return writeSafetensors(tensors, { metadata });
}

/**
 * Reads a file that `encodeModel` made.
 *
 * @throws FileError if it cannot be read, or is not of the kind wanted
 * @throws DataError if it is truncated or corrupt
 */
export async function readModel(
  command: string,
  path: string,
  wanted: FileKind,
  backend: Backend = defaultBackend,
): Promise<ModelFile> {
  try {
    return await decodeModel(command, path, fileBytes(path), wanted, backend);
  } catch (cause) {
    if (cause instanceof DataError || cause instanceof FileError) throw cause;
    throw new FileError(`${command}: ${path} cannot be read, as ${reasonOf(cause)}; check the path`, { cause });
  }
}

/** The model in the bytes of a file, whose name is for messages. */
export async function decodeModel(
  command: string,
  name: string,
  bytes: ByteSource,
  wanted: FileKind,
  backend: Backend = defaultBackend,
): Promise<ModelFile> {
  const { tensors, metadata } = await readSafetensors(bytes, { file: name });
  const kind = metadata.get("format");
  if (kind !== wanted) {
    const isOurs = kind !== undefined && /^cotangent [a-z]{1,20} \d{1,9}$/.test(kind);
    const what = isOurs ? `a ${kind}` : "a safetensors file of another program";
    const hint = kind === "cotangent checkpoint 1" ? "; go on with cotangent train … --resume until it is done" : "";
    throw new FileError(`${command}: ${name} is ${what} but must be a ${wanted}${hint}`);
  }
  try {
    return { kind: wanted, ...decode(tensors, metadata, backend) };
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new FileError(
      `${command}: ${name} is damaged, as ${problem}; train again, or use the copy that ends in .previous`,
      { cause },
    );
  }
}

function decode(
  tensors: ReadonlyMap<string, NdArray>,
  metadata: ReadonlyMap<string, string>,
  backend: Backend,
): Omit<ModelFile, "kind"> {
  const json = (name: string): unknown => {
    const text = metadata.get(name);
    if (text === undefined) throw new TypeError(`its metadata lacks ${name}`);
    try {
      return JSON.parse(text);
    } catch {
      throw new TypeError(`its metadata's ${name} is not JSON`);
    }
  };
  const labels = vocabularyFromJson(json("labels"));
  if (labels.size === 0) throw new TypeError("it has no labels");
  if (labels.unknownId !== undefined) throw new TypeError("its labels have one for all that are unknown");
  const space = decodeSpace(json("features"), json);
  const recipe = recipeFromJson(json("recipe"));
  const left = new Map(tensors);
  const take = (name: string, shape: readonly number[], dtype: "f32" | "i32" = "f32"): Tensor => {
    const held = left.get(name);
    left.delete(name);
    if (held === undefined) throw new TypeError(`its tensor ${name} is missing`);
    if (held.dtype !== dtype) throw new TypeError(`its tensor ${name} has dtype ${held.dtype} but must have ${dtype}`);
    if (held.shape.length !== shape.length || held.shape.some((size, axis) => size !== shape[axis])) {
      throw new TypeError(
        `its tensor ${name} has shape [${held.shape.join(", ")}] but must have [${shape.join(", ")}]`,
      );
    }
    if (dtype === "f32" && (held.data as Float32Array).some((value) => !Number.isFinite(value))) {
      throw new TypeError(`its tensor ${name} holds a number that is not finite`);
    }
    return tensorOf(held, backend);
  };
  const parameters: Parameters = {
    embedding: take("embedding", [widthOf(space), recipe.dim]),
    head: Object.fromEntries(
      Object.entries(headOf(recipe, labels.counts).shapes).map(([name, shape]) => [name, take(name, shape)]),
    ),
  };
  const noise = left.has("noise.projection") ? takeNoise(take, space, labels, recipe) : undefined;
  if (noise !== undefined) checkTreeIds(tensors);
  const extra = json("extra");
  if (typeof extra !== "object" || extra === null) throw new TypeError("its extra is not an object");
  return { model: { space, labels, recipe, parameters, noise }, tensors: left, extra: extra as Extra };
}

function decodeSpace(features: unknown, json: (name: string) => unknown): FeatureSpace {
  const { kind, normalize, count, firstIndex } = (features ?? {}) as Record<string, unknown>;
  if (typeof normalize !== "boolean") throw new TypeError("its features lack normalize");
  if (kind === "tokens") return { kind, normalize, vocabulary: vocabularyFromJson(json("tokens")) };
  const isCount = Number.isSafeInteger(count) && (count as number) > 0;
  if (kind === "indices" && isCount && (firstIndex === 0 || firstIndex === 1)) {
    return { kind, normalize, count: count as number, firstIndex };
  }
  throw new TypeError("its features are of no known kind");
}

/** A tensor of the values of an array. */
export function tensorOf({ data, shape }: NdArray, backend: Backend): Tensor {
  return tensor(data as Float32Array, { shape, backend });
}

function noiseTensors(noise: Noise | undefined): [string, Tensor][] {
  if (noise === undefined) return [];
  const tree = Object.entries(noise.tree.parameters) as unknown as [string, Tensor][];
  return [
    ["noise.projection", noise.projection],
    ["noise.offset", noise.offset],
    ...tree.map(([name, part]): [string, Tensor] => [`noise.tree.${name}`, part]),
  ];
}

function takeNoise(
  take: (name: string, shape: readonly number[], dtype?: "i32") => Tensor,
  space: FeatureSpace,
  labels: Vocabulary,
  { treeFeatures }: Recipe,
): Noise {
  const leaves = 2 ** Math.ceil(Math.log2(labels.size));
  const ids = (name: string, size: number) => take(`noise.tree.${name}`, [size], "i32") as unknown as Tensor<"i32">;
  return {
    projection: take("noise.projection", [widthOf(space), treeFeatures]),
    offset: take("noise.offset", [treeFeatures]),
    tree: new AdversarialTree({
      weights: take("noise.tree.weights", [leaves, treeFeatures]),
      bias: take("noise.tree.bias", [leaves]),
      forced: ids("forced", leaves),
      leafOfLabel: ids("leafOfLabel", labels.size),
      labelOfLeaf: ids("labelOfLeaf", leaves),
    }),
  };
}
