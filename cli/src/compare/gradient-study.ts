import { randomKey } from "cotangent";
import { corpusInMemory } from "../corpus.js";
import { fitNoise } from "../fit-noise.js";
import { headOf } from "../heads/head-of.js";
import type { Model } from "../model.js";
import { onBackend } from "../on-backend.js";
import { TrainingRun } from "../training-run.js";
import { disposeBatch } from "../upcoming.js";
import type { GradientQuality, GradientStudy } from "./comparison.js";
import type { Contender } from "./contenders.js";
import { gradientAt, gradientQuality, isComparable } from "./gradients.js";
import type { Task } from "./task.js";

/** The method at whose parameters gradients are compared: the full softmax if it takes part, else the first that can be. */
export function gradientReference(contenders: readonly Contender[], counts: readonly number[]): Contender | undefined {
  const comparable = contenders.filter((contender) => isComparable(contender, counts));
  return comparable.find(({ recipe }) => recipe.loss === "full-softmax") ?? comparable[0];
}

/** Whose gradients are compared where: a method's parameters, and the adversarial softmax's tree if there is one. */
export interface GradientPoint extends Pick<Model, "parameters" | "noise"> {
  readonly name: string;
}

/**
 * Bias and noise of every method's gradient at a point, on the first batch of the training data. Where the point has no
 * tree for the adversarial softmax, one is fitted to its embedding.
 *
 * @param onMethod - told which method comes next, and how many are done
 */
export async function studyGradients(
  { name: point, parameters, noise: fitted }: GradientPoint,
  contenders: readonly Contender[],
  { train, labels }: Pick<Task, "train" | "labels">,
  draws: number,
  onMethod: (done: number, next: Contender) => void,
): Promise<GradientStudy> {
  const { backend } = parameters.embedding;
  const { counts } = labels;
  const [{ recipe }] = contenders as [Contender];
  const corpus = corpusInMemory(train, { key: TrainingRun.orderKey(recipe), batchSize: recipe.batchSize });
  const batches = corpus.batches(0, 0);
  const { value } = await batches.next();
  await batches.return(undefined);
  const batch = onBackend(value, backend);
  const key = randomKey(recipe.seed, { backend }).at("gradients");
  const place = { parameters, batch, counts };
  const full = await gradientAt(headOf({ ...recipe, loss: "full-softmax" }, counts), place, key);
  const methods: GradientQuality[] = [];
  for (const contender of contenders.filter((one) => isComparable(one, counts))) {
    onMethod(methods.length, contender);
    const fit = () => fitNoise(corpus, 0, parameters.embedding, labels.size, contender.recipe);
    const noise = contender.recipe.loss === "adversarial-softmax" ? { noise: fitted ?? (await fit()) } : {};
    methods.push(await gradientQuality(contender, { ...place, ...noise }, full, draws, key.at(contender.name)));
  }
  const examples = batch.targets.size;
  disposeBatch(batch);
  return { point, examples, draws, methods };
}
