import { Command } from "commander";
import { BACKENDS, type BackendName, openBackend } from "../backends.js";
import { corpusInMemory } from "../corpus.js";
import { widthOf } from "../feature-space.js";
import type { Evaluation } from "../metrics.js";
import type { Model } from "../model.js";
import { oneOf } from "../numbers.js";
import { showDuration, showProgress } from "../progress.js";
import { showCount } from "../report.js";
import { TrainingRun } from "../training-run.js";
import { ADVERSARIAL, BEST, CONTENDERS, type Contender, FULL_SOFTMAX } from "./contenders.js";
import { fileDefinitions } from "./definitions.js";
import { Evaluator } from "./evaluator.js";
import { type Result, showResults } from "./results.js";
import { loadTask, type Task } from "./task.js";

/** Steps of full softmax: enough to tell what one costs. */
const FULL_STEPS = 3;

/**
 * Trains on WordNet with several losses, compares them, and files definitions. `--backend` names another backend to train
 * on; models are scored on the default one, beside the training.
 */
export async function runDemonstration(script: URL): Promise<void> {
  const started = performance.now();
  const backend = await openBackend("start", backendNamed(process.argv.slice(2)));
  const task = await loadTask();
  const { train, test, labels, space } = task;
  console.log(
    `WordNet: ${showCount(train.length)} definitions to train on, ${showCount(test.length)} to test; ${showCount(labels.size)} labels, ${showCount(labels.counts.filter((n) => n === 1).length)} of them seen once; ${showCount(widthOf(space))} words.`,
  );
  if (backend.name !== BACKENDS[0]) console.log(`Training on ${backend.name}; scoring on ${BACKENDS[0]}, beside it.`);
  const evaluator = new Evaluator(script, { test, trained: train.length });
  const results: Promise<Result>[] = [];
  const add = async (name: string, stepTime: number, { scores }: { readonly scores?: Promise<Evaluation> }) => {
    results.push(Promise.resolve(scores).then((done) => ({ name, stepTime, scores: done })));
  };

  await add(
    FULL_SOFTMAX.name,
    await trainSome(new TrainingRun(FULL_SOFTMAX.recipe, space, labels, backend), FULL_SOFTMAX, task, FULL_STEPS),
    {},
  );
  for (const contender of CONTENDERS) {
    const run = new TrainingRun(contender.recipe, space, labels, backend);
    const stepTime = await trainSome(run, contender, task);
    await add(`${contender.name}, 1 epoch`, stepTime, await evaluator.score(run.model()));
    run.dispose();
  }

  const best = new TrainingRun(BEST.recipe, space, labels, backend);
  const perEpoch = Math.ceil(train.length / BEST.recipe.batchSize);
  const firstTime = await trainSome(best, BEST, task, perEpoch);
  await add(`${BEST.name}, 1 epoch`, firstTime, await evaluator.score(best.model()));
  const firstEpoch = results[results.length - 1];

  const afterFirstEpoch = { ...best.snapshot(), position: { epoch: 1, batch: 0 } };
  const adversarial = new TrainingRun(ADVERSARIAL.recipe, space, labels, backend, afterFirstEpoch);
  const adversarialTime = await trainSome(adversarial, ADVERSARIAL, task);
  await add(`${ADVERSARIAL.name}, 1 + 1 epochs`, adversarialTime, await evaluator.score(adversarial.model()));
  adversarial.dispose();

  const secondTime = await trainSome(best, BEST, task);
  await add(`${BEST.name}, 2 epochs`, secondTime, await evaluator.score(best.model()));
  const model: Model = best.model();

  const rows = await allOf(results, evaluator);
  await evaluator.stop();
  console.log(`\n${showResults(rows, perEpoch, await firstEpoch)}`);
  console.log(`\nAll of it took ${showDuration((performance.now() - started) / 1000)}.`);
  await fileDefinitions(task, model, process.stdin.isTTY && process.stdout.isTTY);
  best.dispose();
}

function backendNamed(args: readonly string[]): BackendName {
  const { backend } = new Command("start")
    .option("--backend <name>", BACKENDS.join(", "), oneOf("start", "--backend", BACKENDS), BACKENDS[0])
    .exitOverride()
    .parse(args, { from: "user" })
    .opts<{ backend: BackendName }>();
  return backend;
}

/** Trains for some steps, or to the end, and tells the mean time of a step in milliseconds. */
async function trainSome(
  run: TrainingRun,
  { name, recipe }: Contender,
  { train }: Task,
  most = Number.POSITIVE_INFINITY,
): Promise<number> {
  const corpus = corpusInMemory(train, { key: TrainingRun.orderKey(recipe), batchSize: recipe.batchSize });
  const left = run.stepsLeft(corpus);
  const progress = showProgress(name.padEnd(30), Math.min(most, left), process.stdout);
  let steps = 0;
  let mean = 0;
  let started = 0;
  try {
    if (run.fitsNoiseNext) progress.say("adversarial softmax: fitting the tree of its negatives…");
    for await (const { loss, examples } of run.steps(corpus)) {
      steps += 1;
      if (steps === 1) started = performance.now(); // the first step also plans the program
      mean = steps === 1 ? loss : 0.98 * mean + 0.02 * loss;
      const seconds = (performance.now() - started) / 1000;
      const rate = steps > 1 ? `${showCount(Math.round(((steps - 1) * examples) / seconds))} examples/s` : "";
      progress.update(steps, [`loss ${mean.toFixed(2)}`, rate]);
      if (steps >= most) break;
    }
  } finally {
    progress.stop();
  }
  const stepTime = (performance.now() - started) / Math.max(1, steps - 1);
  console.log(`${name.padEnd(30)} ${steps} steps of ${stepTime.toFixed(0)} ms, loss ${mean.toFixed(2)}`);
  return stepTime;
}

/** Waits for the scores, and shows how far they are. */
async function allOf(results: readonly Promise<Result>[], evaluator: Evaluator): Promise<Result[]> {
  const progress = showProgress("scoring the test definitions".padEnd(30), evaluator.wanted, process.stdout);
  const timer = setInterval(() => progress.update(evaluator.ranked, []), 250);
  try {
    return await Promise.all(results);
  } finally {
    clearInterval(timer);
    progress.stop();
  }
}
