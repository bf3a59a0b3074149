import { csrMatmul, type Key, normal, type Tensor } from "cotangent";
import type { Vocabulary } from "cotangent/data";
import type { AdversarialTree } from "cotangent/methods/sampling";
import { type FeatureSpace, widthOf } from "./feature-space.js";
import type { Head, Learned } from "./heads/head.js";
import type { Recipe } from "./recipe.js";

/** What is learned. An alias, so that it is a tree for `grad`. */
export type Parameters = {
  /** `[features, dim]`. */
  readonly embedding: Tensor;
  readonly head: Learned;
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

/** Where training starts. */
export function initialParameters(space: FeatureSpace, { dim }: Recipe, head: Head, key: Key): Parameters {
  return { embedding: normal(key.at("embedding"), [widthOf(space), dim]).mul(0.1), head: head.init(key.at("head")) };
}

/** `[rows, dim]`: the rows of the embedding, weighted by an example's feature values. */
export function embed(rows: Rows, { embedding }: Parameters): Tensor {
  return csrMatmul(rows, embedding);
}

/** `[rows, k]`: what the tree sees of an example. */
export function noiseFeatures(rows: Rows, { projection, offset }: Noise): Tensor {
  return csrMatmul(rows, projection).sub(offset);
}
