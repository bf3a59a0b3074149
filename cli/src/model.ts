import { csrMatmul, type Key, normal, type Tensor, topK, transposeLast, zeros } from "cotangent";
import type { Vocabulary } from "cotangent/data";
import { type AdversarialTree, removeSamplingBias } from "cotangent/methods/sampling";
import { type FeatureSpace, widthOf } from "./feature-space.js";
import type { Recipe } from "./recipe.js";

/** What is learned. An alias, so that it is a tree for `grad`. */
export type Parameters = {
  /** `[features, dim]`. */
  readonly embedding: Tensor;
  /** `[classes, dim]`. */
  readonly weights: Tensor;
  /** `[classes]`. */
  readonly bias: Tensor;
};

/** The fixed model of the labels that the adversarial softmax draws its negatives from, and corrects its scores by. */
export interface Noise {
  /** `[features, k]`: an example's tree features are its features times this, less `offset`. */
  readonly projection: Tensor;
  /** `[k]`. */
  readonly offset: Tensor;
  readonly tree: AdversarialTree;
}

/** A trained classifier, with all that it takes to use it on a file. */
export interface Model {
  readonly space: FeatureSpace;
  readonly labels: Vocabulary;
  readonly recipe: Recipe;
  readonly parameters: Parameters;
  readonly noise: Noise | undefined;
}

/** Sparse rows of features. */
export interface Rows {
  readonly offsets: Tensor<"i32">;
  readonly columns: Tensor<"i32">;
  readonly values: Tensor;
}

/** Where training starts. NCE's scores normalize themselves, so they start as log-probabilities of equal classes. */
export function initialParameters(space: FeatureSpace, classes: number, { dim, loss }: Recipe, key: Key): Parameters {
  const { backend } = key;
  return {
    embedding: normal(key.at("embedding"), [widthOf(space), dim]).mul(0.1),
    weights: zeros([classes, dim], { backend }),
    bias: zeros([classes], { backend }).add(loss === "nce" ? -Math.log(classes) : 0),
  };
}

/** `[rows, dim]`: the rows of the embedding, weighted by an example's feature values. */
export function embed(rows: Rows, { embedding }: Parameters): Tensor {
  return csrMatmul(rows, embedding);
}

/** `[rows, k]`: what the tree sees of an example. */
export function noiseFeatures(rows: Rows, { projection, offset }: Noise): Tensor {
  return csrMatmul(rows, projection).sub(offset);
}

/** `[rows, classes]` scores to rank by. */
export function scoresOf(rows: Rows, { parameters, noise }: Pick<Model, "parameters" | "noise">): Tensor {
  const { weights, bias } = parameters;
  const scores = embed(rows, parameters).matmul(transposeLast(weights)).add(bias);
  if (noise === undefined) return scores;
  return removeSamplingBias(scores, noise.tree, noiseFeatures(rows, noise));
}

/** The `k` best classes of each row, best first, with their scores. */
export function rank(
  rows: Rows,
  model: Pick<Model, "parameters" | "noise">,
  k: number,
): { readonly values: Tensor; readonly indices: Tensor<"i32"> } {
  return topK(scoresOf(rows, model), k);
}
