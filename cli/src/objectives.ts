import type { Key, Tensor } from "cotangent";
import { linearSoftmaxCrossEntropy } from "cotangent/methods/classification";
import {
  adversarialNegativeSamplingLoss,
  aliasSampler,
  logUniformSampler,
  type Sampler,
  sampledNceLoss,
  sampledSoftmaxLoss,
  uniformSampler,
  unigramPower,
} from "cotangent/methods/sampling";
import { embed, type Noise, noiseFeatures, type Parameters, type Rows } from "./model.js";
import type { Recipe } from "./recipe.js";

/** A batch on the backend: sparse rows, and the class that each is trained on. */
export interface Examples extends Rows {
  readonly targets: Tensor<"i32">;
}

/** Negatives a batch of the epochs that find the features of the adversarial softmax's tree. */
const FEATURE_NEGATIVES = 256;

/** The mean loss of a batch, `[]`; the key decides the negatives. */
export type Objective = (parameters: Parameters, examples: Examples, key: Key) => Tensor;

/**
 * The loss that a recipe names.
 *
 * @param counts - `[classes]` training examples of each class, falling
 * @param noise - of the adversarial softmax; without it, that one is the sampled softmax that its features come from
 */
export function objectiveOf(recipe: Recipe, counts: readonly number[], noise?: Noise): Objective {
  const { loss, negatives, regularization } = recipe;
  const reduction = "mean";
  if (loss === "full-softmax") {
    return (parameters, { targets, ...rows }) =>
      linearSoftmaxCrossEntropy(embed(rows, parameters), parameters.weights, parameters.bias, targets, { reduction });
  }
  if (loss === "adversarial-softmax" && noise !== undefined) {
    return (parameters, { targets, ...rows }, key) => {
      const options = { negatives, regularization, reduction } as const;
      const tree = noise.tree.given(noiseFeatures(rows, noise));
      return adversarialNegativeSamplingLoss(embed(rows, parameters), parameters, targets, tree, key, options);
    };
  }
  const sampler = samplerOf(recipe, counts);
  if (loss === "nce" || loss === "negative-sampling") {
    const objective = loss === "nce" ? "nce" : "negativeSampling";
    return (parameters, { targets, ...rows }, key) =>
      sampledNceLoss(embed(rows, parameters), parameters, targets, sampler, key, { negatives, objective, reduction });
  }
  // The adversarial softmax's own number of negatives is for each example, not for the batch.
  const shared = loss === "adversarial-softmax" ? FEATURE_NEGATIVES : negatives;
  return (parameters, { targets, ...rows }, key) =>
    sampledSoftmaxLoss(embed(rows, parameters), parameters, targets, sampler, key, { negatives: shared, reduction });
}

/** The distribution of negatives. Classes are numbered by falling frequency, as the log-uniform one needs. */
export function samplerOf({ loss, sampler, power }: Recipe, counts: readonly number[]): Sampler {
  const classes = counts.length;
  if (loss !== "adversarial-softmax" && sampler === "uniform") return uniformSampler({ classes });
  if (loss !== "adversarial-softmax" && sampler === "log-uniform") return logUniformSampler({ classes });
  return aliasSampler({ probabilities: unigramPower(counts, { power, allowSharpening: true }) });
}
