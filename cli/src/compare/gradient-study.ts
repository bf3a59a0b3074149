import { randomKey } from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { corpusInMemory } from "../corpus.js";
import { fitNoise } from "../fit-noise.js";
import type { Examples, Head } from "../heads/head.js";
import { headOf, samplerOf } from "../heads/head-of.js";
import { cosineHead } from "../heads/rf-softmax-head.js";
import { embed, type Model } from "../model.js";
import { onBackend } from "../on-backend.js";
import { SAMPLERS } from "../recipe.js";
import { TrainingRun } from "../training-run.js";
import { disposeBatch } from "../upcoming.js";
import type { GradientQuality, GradientStudy } from "./comparison.js";
import { type Contender, PROPOSALS } from "./contenders.js";
import { type Estimator, gradientAt, gradientQuality, type LossAt } from "./gradients.js";
import type { Task } from "./task.js";

/** Whose gradients are compared where: a method's parameters, and the adversarial softmax's tree if there is one. */
export interface GradientPoint extends Pick<Model, "parameters" | "noise"> {
  readonly contender: Contender;
}

export interface StudyOptions {
  readonly draws: number;
  /** Told which estimate comes next, and how many are done. */
  readonly onEstimator: (done: number, title: string) => void;
}

/**
 * The methods after whose first run gradients are compared: one with a linear layer (the full softmax if it takes part),
 * for all that have one; and the RF-softmax, whose scores are cosines.
 */
export function gradientReferences(contenders: readonly Contender[], counts: readonly number[]): Contender[] {
  const linear = contenders.filter((contender) => isLinear(contender, counts));
  const reference = linear.find(({ recipe }) => recipe.loss === "full-softmax") ?? linear[0];
  const cosine = contenders.find(({ recipe }) => recipe.loss === "rf-softmax");
  return [reference, cosine].filter((one) => one !== undefined);
}

/**
 * Bias and noise of gradients at a point, on the first batch of the training data: of every method that has a linear
 * layer; or, at the parameters of the RF-softmax, of its loss with negatives from it and from the other samplers.
 */
export async function studyGradients(
  point: GradientPoint,
  contenders: readonly Contender[],
  task: Pick<Task, "train" | "labels">,
  { draws, onEstimator }: StudyOptions,
): Promise<GradientStudy> {
  const { contender, parameters } = point;
  const { recipe } = contender;
  const { backend } = parameters.embedding;
  const corpus = corpusInMemory(task.train, { key: TrainingRun.orderKey(recipe), batchSize: recipe.batchSize });
  const batches = corpus.batches(0, 0);
  const { value } = await batches.next();
  await batches.return(undefined);
  const batch = onBackend(value, backend);
  try {
    const place = { hidden: embed(batch, parameters), head: parameters.head };
    const key = randomKey(recipe.seed, { backend }).at("gradients");
    const { exact, estimators, dispose } =
      recipe.loss === "rf-softmax"
        ? cosineEstimators(contender, task.labels.counts, batch)
        : await linearEstimators(point, contenders, task, batch);
    const full = await gradientAt(exact, place, key);
    const methods: GradientQuality[] = [];
    for (const estimator of estimators) {
      onEstimator(methods.length, estimator.title);
      methods.push(await gradientQuality(estimator, full, place, draws, key.at(estimator.method)));
    }
    dispose?.();
    return { point: contender.title, examples: batch.targets.size, draws, methods };
  } finally {
    disposeBatch(batch);
  }
}

interface Estimators {
  readonly exact: LossAt;
  readonly estimators: readonly Estimator[];
  readonly dispose?: () => void;
}

function isLinear({ recipe }: Contender, counts: readonly number[]): boolean {
  return Object.keys(headOf(recipe, counts).shapes).sort().join() === "bias,weights";
}

/** Every method with a linear layer. Where the point has no tree for the adversarial softmax, one is fitted. */
async function linearEstimators(
  { contender: { recipe }, parameters, noise }: GradientPoint,
  contenders: readonly Contender[],
  { train, labels }: Pick<Task, "train" | "labels">,
  batch: Examples,
): Promise<Estimators> {
  const { counts } = labels;
  const linear = contenders.filter((contender) => isLinear(contender, counts));
  const estimators: Estimator[] = [];
  for (const { name: method, title, recipe: own } of linear) {
    const corpus = corpusInMemory(train, { key: TrainingRun.orderKey(own), batchSize: own.batchSize });
    const tree =
      own.loss === "adversarial-softmax"
        ? (noise ?? (await fitNoise(corpus, 0, parameters.embedding, labels.size, own)))
        : undefined;
    estimators.push({ method, title, loss: lossOf(headOf(own, counts, tree), batch) });
  }
  return { exact: lossOf(headOf({ ...recipe, loss: "full-softmax" }, counts), batch), estimators };
}

/** The RF-softmax's loss, with as many negatives from its own sampler and from each of the others. */
function cosineEstimators({ name, title, recipe }: Contender, counts: readonly number[], batch: Examples): Estimators {
  const own = headOf(recipe, counts);
  const others = SAMPLERS.map((sampler): Estimator => {
    const proposal = samplerOf({ ...recipe, sampler }, counts);
    const head = cosineHead(recipe, counts.length, () => ({ classes: counts.length, given: () => proposal }));
    return { method: `${name}:${sampler}`, title: `the same, ${PROPOSALS[sampler]}`, loss: lossOf(head, batch) };
  });
  const exact: LossAt = ({ hidden, head }) =>
    sparseSoftmaxCrossEntropy(own.scores(hidden, head, batch), batch.targets, { reduction: "mean" });
  const estimators = [{ method: name, title, loss: lossOf(own, batch) }, ...others];
  return { exact, estimators, dispose: () => own.follower?.dispose() };
}

function lossOf(head: Head, batch: Examples): LossAt {
  return ({ hidden, head: learned }, key) => head.loss(hidden, learned, batch, key);
}
