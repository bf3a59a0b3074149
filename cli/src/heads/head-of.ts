import { arange, type Tensor } from "cotangent";
import { linearSoftmaxCrossEntropy } from "cotangent/methods/classification";
import {
  adversarialNegativeSamplingLoss,
  aliasSampler,
  logUniformSampler,
  removeSamplingBias,
  type Sampler,
  sampledNceLoss,
  sampledSoftmaxLoss,
  uniformSampler,
  unigramPower,
} from "cotangent/methods/sampling";
import { type Noise, noiseFeatures } from "../model.js";
import type { Recipe } from "../recipe.js";
import type { Head } from "./head.js";
import { tableHead, tableOf } from "./table-head.js";

/** Negatives a batch of the epochs that find the features of the adversarial softmax's tree. */
const FEATURE_NEGATIVES = 256;

const reduction = "mean";

/**
 * The head of the loss that a recipe names.
 *
 * @param counts - `[classes]` training examples of each class, falling
 * @param noise - of the adversarial softmax; without it, that one is the sampled softmax that its features come from
 */
export function headOf(recipe: Recipe, counts: readonly number[], noise?: Noise): Head {
  switch (recipe.loss) {
    case "full-softmax":
      return tableHead(recipe, counts.length, (hidden, { weights, bias }, { targets }) =>
        linearSoftmaxCrossEntropy(hidden, weights, bias, targets, { reduction }),
      );
    case "sampled-softmax":
      return sampledSoftmaxHead(recipe, counts, recipe.negatives);
    case "nce":
      return nceHead(recipe, counts);
    case "negative-sampling":
      return negativeSamplingHead(recipe, counts);
    case "adversarial-softmax":
      // Its own number of negatives is for each example, not for the batch.
      return noise === undefined
        ? sampledSoftmaxHead(recipe, counts, FEATURE_NEGATIVES)
        : adversarialHead(recipe, counts.length, noise);
  }
}

function sampledSoftmaxHead(recipe: Recipe, counts: readonly number[], negatives: number): Head {
  const sampler = samplerOf(recipe, counts);
  return tableHead(recipe, counts.length, (hidden, table, { targets }, key) =>
    sampledSoftmaxLoss(hidden, table, targets, sampler, key, { negatives, reduction }),
  );
}

/** Its scores normalize themselves, so they start as log-probabilities of equal classes. */
function nceHead(recipe: Recipe, counts: readonly number[]): Head {
  const sampler = samplerOf(recipe, counts);
  const options = { negatives: recipe.negatives, objective: "nce", reduction } as const;
  return tableHead(
    recipe,
    counts.length,
    (hidden, table, { targets }, key) => sampledNceLoss(hidden, table, targets, sampler, key, options),
    -Math.log(counts.length),
  );
}

/** Learns log p − log q: with log q in the bias, scores rank by p. */
function negativeSamplingHead(recipe: Recipe, counts: readonly number[]): Head {
  const sampler = samplerOf(recipe, counts);
  const options = { negatives: recipe.negatives, objective: "negativeSampling", reduction } as const;
  const head = tableHead(recipe, counts.length, (hidden, table, { targets }, key) =>
    sampledNceLoss(hidden, table, targets, sampler, key, options),
  );
  return {
    ...head,
    keep: (learned) => {
      const { weights, bias } = tableOf(learned);
      const every: Tensor<"i32"> = arange(counts.length, { dtype: "i32", backend: bias.backend });
      return { weights, bias: bias.add(sampler.logProbability(every)) };
    },
  };
}

function adversarialHead(recipe: Recipe, classes: number, noise: Noise): Head {
  const { negatives, regularization } = recipe;
  const head = tableHead(recipe, classes, (hidden, table, { targets, ...rows }, key) => {
    const tree = noise.tree.given(noiseFeatures(rows, noise));
    const options = { negatives, regularization, reduction } as const;
    return adversarialNegativeSamplingLoss(hidden, table, targets, tree, key, options);
  });
  return {
    ...head,
    scores: (hidden, learned, rows) =>
      removeSamplingBias(head.scores(hidden, learned, rows), noise.tree, noiseFeatures(rows, noise)),
  };
}

/** The distribution of negatives. Classes are numbered by falling frequency, as the log-uniform one needs. */
function samplerOf({ loss, sampler, power }: Recipe, counts: readonly number[]): Sampler {
  const classes = counts.length;
  if (loss !== "adversarial-softmax" && sampler === "uniform") return uniformSampler({ classes });
  if (loss !== "adversarial-softmax" && sampler === "log-uniform") return logUniformSampler({ classes });
  return aliasSampler({ probabilities: unigramPower(counts, { power, allowSharpening: true }) });
}
