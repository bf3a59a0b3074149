import { randomKey } from "cotangent";
import { corpusInMemory } from "../corpus.js";
import { fitNoise } from "../fit-noise.js";
import type { Model } from "../model.js";
import { onBackend } from "../on-backend.js";
import type { Progress } from "../progress.js";
import { TrainingRun } from "../training-run.js";
import { disposeBatch } from "../upcoming.js";
import type { GradientQuality, GradientStudy } from "./comparison.js";
import type { Contender } from "./contenders.js";
import { gradientQuality, isComparable } from "./gradients.js";
import type { Task } from "./task.js";

/** The method at whose parameters gradients are compared: the full softmax if it takes part, else the first that can be. */
export function gradientReference(contenders: readonly Contender[], counts: readonly number[]): Contender | undefined {
  const comparable = contenders.filter((contender) => isComparable(contender, counts));
  return comparable.find(({ recipe }) => recipe.loss === "full-softmax") ?? comparable[0];
}

/** Bias and noise of every method's gradient at the parameters of a model, on the first batch of the training data. */
export async function studyGradients(
  { parameters }: Model,
  { name: point, recipe }: Contender,
  contenders: readonly Contender[],
  { train, labels }: Pick<Task, "train" | "labels">,
  draws: number,
  progress: Progress,
): Promise<GradientStudy> {
  const { backend } = parameters.embedding;
  const { counts } = labels;
  const corpus = corpusInMemory(train, { key: TrainingRun.orderKey(recipe), batchSize: recipe.batchSize });
  const batches = corpus.batches(0, 0);
  const { value } = await batches.next();
  await batches.return(undefined);
  const batch = onBackend(value, backend);
  const methods: GradientQuality[] = [];
  for (const contender of contenders.filter((one) => isComparable(one, counts))) {
    progress.say(`bias and noise of the gradient of ${contender.title}`);
    const needsNoise = contender.recipe.loss === "adversarial-softmax";
    const noise = needsNoise
      ? { noise: await fitNoise(corpus, 0, parameters.embedding, labels.size, contender.recipe) }
      : {};
    const key = randomKey(recipe.seed, { backend }).at("gradients", contender.name);
    methods.push(await gradientQuality(contender, { parameters, batch, counts, ...noise }, draws, key));
  }
  const examples = batch.targets.size;
  disposeBatch(batch);
  return { point, examples, draws, methods };
}
