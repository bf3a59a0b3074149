import { arange, type Tensor, tensor } from "cotangent";
import { linearSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { classPriors } from "cotangent/methods/longtail";
import { doublyStochasticMiningLoss } from "cotangent/methods/ranking";
import {
  adversarialNegativeSamplingLoss,
  aliasSampler,
  disentangledSampledLoss,
  logitAdjustTarget,
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
import { adaptiveSoftmaxHead } from "./adaptive-softmax-head.js";
import type { Head } from "./head.js";
import { rfSoftmaxHead } from "./rf-softmax-head.js";
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
    case "rf-softmax":
      return rfSoftmaxHead(recipe, counts.length);
    case "adaptive-softmax":
      return adaptiveSoftmaxHead(recipe, counts.length);
    case "logit-adjusted-softmax":
      return logitAdjustedHead(recipe, counts);
    case "disentangled-softmax":
      return disentangledHead(recipe, counts);
    case "stochastic-mining":
      return miningHead(recipe, counts.length);
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

/** The logit-adjusted cross-entropy of a linear layer: its constants go into the biases, so that no logits are held. */
function logitAdjustedHead(recipe: Recipe, counts: readonly number[]): Head {
  const lift = Float32Array.from(classPriors(counts), (prior) => recipe.adjustment * Math.log(prior));
  return tableHead(recipe, counts.length, (hidden, { weights, bias }, { targets }) => {
    const adjusted = bias.add(tensor(lift, { backend: bias.backend }));
    return linearSoftmaxCrossEntropy(hidden, weights, adjusted, targets, { reduction });
  });
}

function disentangledHead(recipe: Recipe, counts: readonly number[]): Head {
  const sampler = samplerOf(recipe, counts);
  const target = logitAdjustTarget(classPriors(counts), { strength: recipe.adjustment });
  const options = { negatives: recipe.negatives, reduction } as const;
  return tableHead(recipe, counts.length, (hidden, table, { targets }, key) =>
    disentangledSampledLoss(hidden, table, targets, sampler, key, target, options),
  );
}

/** Half of the batch's examples count, as is the method's default. */
function miningHead(recipe: Recipe, classes: number): Head {
  const sampler = uniformSampler({ classes });
  const negatives = Math.min(recipe.negatives, classes - 1);
  const hardest = Math.min(recipe.hardest, negatives);
  return tableHead(recipe, classes, (hidden, table, { targets }, key) =>
    doublyStochasticMiningLoss(hidden, table, targets, sampler, key, { negatives, hardest }),
  );
}

/** The distribution of negatives. Classes are numbered by falling frequency, as the log-uniform one needs. */
export function samplerOf({ loss, sampler, power }: Recipe, counts: readonly number[]): Sampler {
  const classes = counts.length;
  if (loss !== "adversarial-softmax" && sampler === "uniform") return uniformSampler({ classes });
  if (loss !== "adversarial-softmax" && sampler === "log-uniform") return logUniformSampler({ classes });
  return aliasSampler({ probabilities: unigramPower(counts, { power, allowSharpening: true }) });
}
