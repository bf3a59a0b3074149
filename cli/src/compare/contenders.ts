import { UsageError } from "../errors.js";
import {
  DEFAULT_RECIPE,
  defaultNegatives,
  LOSSES,
  type LossName,
  OPTIONS_OF_LOSS,
  type Recipe,
  SAMPLERS,
  type SamplerName,
} from "../recipe.js";
import type { MethodSummary } from "./comparison.js";

/** A way to train that is compared. */
export interface Contender extends MethodSummary {
  readonly recipe: Recipe;
}

const TITLES: Readonly<Record<LossName, string>> = {
  "full-softmax": "full softmax",
  "sampled-softmax": "sampled softmax",
  nce: "NCE",
  "negative-sampling": "negative sampling",
  "adversarial-softmax": "adversarial softmax",
  "rf-softmax": "RF-softmax",
  "adaptive-softmax": "adaptive softmax",
  "logit-adjusted-softmax": "logit-adjusted softmax",
  "disentangled-softmax": "disentangled softmax",
  "stochastic-mining": "stochastic mining",
};

/** Distributions of negatives, as they stand in titles. */
export const PROPOSALS: Readonly<Record<SamplerName, string>> = {
  uniform: "q uniform",
  "log-uniform": "q log-uniform",
  unigram: "q ∝ frequency",
};

/** What `--methods` takes by default: the exact loss, and each family of estimators. */
export const DEFAULT_METHODS = "full-softmax,sampled-softmax:uniform,sampled-softmax,nce,adversarial-softmax";

/**
 * The methods of a list: `loss`, or `loss:sampler` where the loss takes one.
 *
 * @param base - what all of them share
 * @param negatives - that a batch shares; the adversarial softmax and the RF-softmax have their own
 * @throws UsageError if one is unknown or comes twice
 */
export function contendersOf(command: string, list: string, base: Partial<Recipe>, negatives?: number): Contender[] {
  const names = list.split(",").map((name) => name.trim());
  const again = names.find((name, at) => names.indexOf(name) < at);
  if (again !== undefined) {
    throw new UsageError(`${command}: --methods has ${again} twice but must name each method once`);
  }
  return names.map((name) => contenderOf(command, name, base, negatives));
}

/** One method by its name. */
export function contenderOf(command: string, name: string, base: Partial<Recipe>, shared?: number): Contender {
  const [loss, sampler = DEFAULT_RECIPE.sampler, ...rest] = name.split(":") as [LossName, ...Recipe["sampler"][]];
  const takesSampler = OPTIONS_OF_LOSS[loss]?.includes("sampler") === true;
  const isKnown = LOSSES.includes(loss) && rest.length === 0 && SAMPLERS.includes(sampler);
  if (!isKnown || (name.includes(":") && !takesSampler)) {
    const samplers = SAMPLERS.map((word) => `:${word}`).join(", ");
    throw new UsageError(
      `${command}: --methods has ${JSON.stringify(name)} but must have some of ${LOSSES.join(", ")}; those that draw from a sampler may add one of ${samplers}`,
    );
  }
  const ownNegatives = loss === "adversarial-softmax" || loss === "rf-softmax";
  const negatives = ownNegatives || shared === undefined ? defaultNegatives(loss) : shared;
  const { dim, treeFeatures }: Recipe = { ...DEFAULT_RECIPE, ...base };
  const features = Math.min(treeFeatures, dim); // a tree cannot decide by more features than there are
  const recipe: Recipe = { ...DEFAULT_RECIPE, negatives, ...base, treeFeatures: features, loss, sampler };
  const title = takesSampler ? `${TITLES[loss]}, ${PROPOSALS[sampler]}` : TITLES[loss];
  return { name, title, recipe, options: Object.fromEntries(OPTIONS_OF_LOSS[loss].map((key) => [key, recipe[key]])) };
}
