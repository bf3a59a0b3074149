import { BACKENDS, type BackendName } from "./backends.js";

/** Losses that `train` knows by name. */
export const LOSSES = [
  "full-softmax",
  "sampled-softmax",
  "nce",
  "negative-sampling",
  "adversarial-softmax",
  "rf-softmax",
  "adaptive-softmax",
  "logit-adjusted-softmax",
  "disentangled-softmax",
  "stochastic-mining",
] as const;
export type LossName = (typeof LOSSES)[number];

/** Distributions that negatives can be drawn from. */
export const SAMPLERS = ["uniform", "log-uniform", "unigram"] as const;
export type SamplerName = (typeof SAMPLERS)[number];

/** Everything, beside the data, that decides what a training run gives. Bit for bit: the same recipe, the same file. */
export interface Recipe {
  readonly loss: LossName;
  readonly sampler: SamplerName;
  /** The unigram sampler draws in proportion to count^power. */
  readonly power: number;
  readonly negatives: number;
  /** λ of the adversarial softmax. */
  readonly regularization: number;
  /** Features of the adversarial softmax's tree. */
  readonly treeFeatures: number;
  /** Epochs that the adversarial softmax spends on finding features for its tree. */
  readonly featureEpochs: number;
  /** τ of the losses for a long tail: how much rarer classes are lifted. */
  readonly adjustment: number;
  /** Inverse temperature of the RF-softmax's cosines. */
  readonly sharpness: number;
  /** Random frequencies of the RF-softmax's sampler. */
  readonly frequencies: number;
  /** Of the mining's negatives, those of highest score count. */
  readonly hardest: number;
  /** Width of the embedding. */
  readonly dim: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly backend: BackendName;
  /** Examples held back to shuffle among when the file is streamed; 0 when it is shuffled whole in memory. */
  readonly shuffleBuffer: number;
}

/** Which options each loss takes, beside those that all do. */
export const OPTIONS_OF_LOSS: Readonly<Record<LossName, readonly (keyof Recipe)[]>> = {
  "full-softmax": [],
  "sampled-softmax": ["sampler", "power", "negatives"],
  nce: ["sampler", "power", "negatives"],
  "negative-sampling": ["sampler", "power", "negatives"],
  "adversarial-softmax": ["negatives", "regularization", "treeFeatures", "featureEpochs"],
  "rf-softmax": ["negatives", "sharpness", "frequencies"],
  "adaptive-softmax": [],
  "logit-adjusted-softmax": ["adjustment"],
  "disentangled-softmax": ["sampler", "power", "negatives", "adjustment"],
  "stochastic-mining": ["negatives", "hardest"],
};

/** What was measured best on WordNet's hypernyms, a long tail of 19 648 labels. */
export const DEFAULT_RECIPE: Recipe = {
  loss: "sampled-softmax",
  sampler: "unigram",
  power: 1,
  negatives: 256,
  regularization: 1e-3,
  treeFeatures: 16,
  featureEpochs: 1,
  adjustment: 1,
  sharpness: 20,
  frequencies: 256,
  hardest: 5,
  dim: 128,
  epochs: 3,
  batchSize: 256,
  learningRate: 0.3,
  seed: 0,
  backend: BACKENDS[0],
  shuffleBuffer: 0,
};

/** Negatives where none are asked for: many that a batch shares, or few that each example draws by its own features. */
export function defaultNegatives(loss: LossName): number {
  if (loss === "adversarial-softmax") return 1;
  return loss === "rf-softmax" ? 32 : DEFAULT_RECIPE.negatives;
}
