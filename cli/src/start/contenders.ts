import { type Contender, contenderOf } from "../compare/contenders.js";
import type { Recipe } from "../recipe.js";

const named = (name: string, recipe: Partial<Recipe>): Contender => contenderOf("start", name, recipe);

/** Exact, and so slow over this many labels that a few steps must do. */
export const FULL_SOFTMAX: Contender = named("full-softmax", { epochs: 1 });

/** Trained for one epoch each, with the same seed, batches and learning rate. */
export const CONTENDERS: readonly Contender[] = [
  named("sampled-softmax:uniform", { epochs: 1 }),
  named("sampled-softmax:log-uniform", { epochs: 1 }),
  named("nce", { epochs: 1 }),
  named("disentangled-softmax", { epochs: 1 }),
];

/** The best recipe found. */
export const BEST: Contender = named("sampled-softmax", { epochs: 2 });

/** Goes on from the embedding of the best recipe's first epoch, which is what its own first epoch would be. */
export const ADVERSARIAL: Contender = named("adversarial-softmax", { epochs: 2 });
