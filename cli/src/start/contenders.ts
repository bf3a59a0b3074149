import { DEFAULT_RECIPE, type Recipe } from "../recipe.js";

/** A way to train that is shown. */
export interface Contender {
  readonly name: string;
  readonly recipe: Recipe;
}

const ONE_EPOCH: Recipe = { ...DEFAULT_RECIPE, epochs: 1 };

/** Exact, and so slow over this many labels that a few steps must do. */
export const FULL_SOFTMAX: Contender = { name: "full softmax", recipe: { ...ONE_EPOCH, loss: "full-softmax" } };

/** Trained for one epoch each, with the same seed, batches and learning rate. */
export const CONTENDERS: readonly Contender[] = [
  { name: "sampled softmax, uniform", recipe: { ...ONE_EPOCH, sampler: "uniform" } },
  { name: "sampled softmax, log-uniform", recipe: { ...ONE_EPOCH, sampler: "log-uniform" } },
  { name: "NCE, q ∝ frequency", recipe: { ...ONE_EPOCH, loss: "nce" } },
];

/** The best recipe found. */
export const BEST: Contender = { name: "sampled softmax, q ∝ frequency", recipe: { ...DEFAULT_RECIPE, epochs: 2 } };

/** Goes on from the embedding of the best recipe's first epoch, which is what its own first epoch would be. */
export const ADVERSARIAL: Contender = {
  name: "adversarial softmax",
  recipe: { ...DEFAULT_RECIPE, loss: "adversarial-softmax", negatives: 1, epochs: 2 },
};
