import { BACKENDS } from "./backends.js";
import { LOSSES, type Recipe, SAMPLERS } from "./recipe.js";

/** What is right for a value, in words, unless it is right. */
type Rule = (value: unknown) => string | undefined;

const whole =
  (least: number): Rule =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= least ? undefined : `a whole number ≥ ${least}`;
const from =
  (least: number): Rule =>
  (value) =>
    Number.isFinite(value) && (value as number) >= least ? undefined : `a finite number ≥ ${least}`;
const oneOf =
  (allowed: readonly string[]): Rule =>
  (value) =>
    allowed.includes(value as string) ? undefined : `one of ${allowed.join(", ")}`;

/** As the command line lets them be. */
const RULES: Readonly<Record<keyof Recipe, Rule>> = {
  loss: oneOf(LOSSES),
  sampler: oneOf(SAMPLERS),
  power: from(0),
  negatives: whole(1),
  regularization: from(0),
  treeFeatures: whole(1),
  featureEpochs: whole(0),
  adjustment: from(0),
  sharpness: from(0),
  frequencies: whole(1),
  hardest: whole(1),
  dim: whole(1),
  epochs: whole(1),
  batchSize: whole(1),
  learningRate: from(0),
  seed: whole(0),
  backend: oneOf(BACKENDS),
  shuffleBuffer: whole(0),
};

/**
 * The recipe in a file, each field of which is checked: a missing one would otherwise be found in the middle of its use.
 *
 * @throws TypeError if a field is missing or not as the command line lets it be
 */
export function recipeFromJson(json: unknown): Recipe {
  if (typeof json !== "object" || json === null) throw new TypeError("its recipe is not an object");
  const recipe = json as Record<keyof Recipe, unknown>;
  for (const [name, rule] of Object.entries(RULES) as [keyof Recipe, Rule][]) {
    const right = rule(recipe[name]);
    if (right !== undefined) throw new TypeError(`its recipe's ${name} is not ${right}`);
  }
  return json as Recipe;
}
