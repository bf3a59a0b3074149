import { Command } from "commander";
import { BACKENDS, type BackendName, openBackend } from "../backends.js";
import type { Contender } from "../compare/contenders.js";
import { summaryOf } from "../compare/task.js";
import { medianOf, recordOf, type TrialState } from "../compare/trial.js";
import type { Evaluation } from "../metrics.js";
import { oneOf } from "../numbers.js";
import { showDuration, showProgress } from "../progress.js";
import { showCount } from "../report.js";
import { TrainingRun } from "../training-run.js";
import { ADVERSARIAL, BEST, CONTENDERS, FULL_SOFTMAX } from "./contenders.js";
import { fileDefinitions } from "./definitions.js";
import { Evaluator } from "./evaluator.js";
import { type Result, showResults } from "./results.js";
import { loadTask, type WordnetTask } from "./task.js";
import { Trainer } from "./trainer.js";
import { measureMethods, writeWordnetReport } from "./wordnet-report.js";

/** Steps of full softmax: enough to tell what one costs. */
const FULL_STEPS = 3;

/** A training, whose scores may still be on their way. */
interface Trained {
  readonly contender: Contender;
  readonly epochs: string;
  readonly state: TrialState;
  readonly scores: Promise<Evaluation | undefined>;
}

/**
 * Trains on WordNet with several losses, compares them, writes a report and files definitions. `--backend` names another
 * backend to train on; models are scored on the default one, beside the training.
 */
export async function runDemonstration(script: URL): Promise<void> {
  const started = performance.now();
  const backend = await openBackend("start", backendNamed(process.argv.slice(2)));
  const task = await loadTask();
  introduce(task);
  if (backend.name !== BACKENDS[0]) console.log(`Training on ${backend.name}; scoring on ${BACKENDS[0]}, beside it.`);
  const perEpoch = Math.ceil(task.train.length / BEST.recipe.batchSize);
  const trainer = new Trainer(task, backend);
  const evaluator = new Evaluator(script, { test: task.test, trained: task.train.length });
  const trained: Trained[] = [];
  const score = async (contender: Contender, epochs: string, state: TrialState, run: TrainingRun) => {
    const { scores } = await evaluator.score(run.model());
    trained.push({ contender, epochs, state, scores });
  };

  const full = trainer.start(FULL_SOFTMAX);
  const timed = await trainer.train(full, FULL_SOFTMAX, { steps: FULL_STEPS, points: 0 });
  full.dispose();
  trained.push({ contender: FULL_SOFTMAX, epochs: "", state: timed, scores: Promise.resolve(undefined) });
  for (const contender of CONTENDERS) {
    const run = trainer.start(contender);
    await score(contender, ", 1 epoch", await trainer.train(run, contender, { steps: perEpoch, points: 4 }), run);
    run.dispose();
  }

  const best = trainer.start(BEST);
  const first = await trainer.train(best, BEST, { steps: perEpoch, points: 4 });
  await score(BEST, ", 1 epoch", first, best);
  const from = { ...best.snapshot(), position: { epoch: 1, batch: 0 } };
  const adversarial = new TrainingRun(ADVERSARIAL.recipe, task.space, task.labels, backend, from);
  const second = { steps: 2 * perEpoch, points: 8 };
  const hard = await trainer.train(adversarial, ADVERSARIAL, second, first);
  await score(ADVERSARIAL, ", 1 + 1 epochs", hard, adversarial);
  await score(BEST, ", 2 epochs", await trainer.train(best, BEST, second, first), best);

  const everyone = [FULL_SOFTMAX, ...CONTENDERS, BEST, ADVERSARIAL];
  const { noise } = adversarial.model();
  const { parameters } = best.model();
  const measured = await measureMethods(everyone, { contender: BEST, parameters, noise }, task, backend);
  adversarial.dispose();

  const results = await allOf(trained, evaluator);
  await evaluator.stop();
  const rows = results.map(({ contender, epochs, state, scores }): Result => {
    return { name: contender.title + epochs, stepTime: medianOf(state.stepTimes), scores };
  });
  const firstEpoch = rows[trained.findIndex(({ state }) => state === first)]!;
  console.log(`\n${showResults(rows, perEpoch, firstEpoch)}`);
  const { learningRate, seed } = BEST.recipe;
  const runs = results
    .filter(({ state }) => state !== first)
    .map(({ contender, state, scores }) => recordOf(contender.name, seed, learningRate, state, scores));
  const { html, json, csv } = await writeWordnetReport(everyone, runs, measured, task, backend);
  console.log(`\nReport: ${html}, and the same as ${json} and ${csv}.`);
  console.log(`All of it took ${showDuration((performance.now() - started) / 1000)}.`);
  await fileDefinitions(task, best.model(), process.stdin.isTTY && process.stdout.isTTY);
  best.dispose();
}

function introduce(task: WordnetTask): void {
  const { train, test, labels, seenOnce, features } = summaryOf(task);
  console.log(
    `WordNet: ${showCount(train)} definitions to train on, ${showCount(test)} to test; ${showCount(labels)} labels, ${showCount(seenOnce)} of them seen once; ${showCount(features)} words.`,
  );
}

function backendNamed(args: readonly string[]): BackendName {
  const { backend } = new Command("start")
    .option("--backend <name>", BACKENDS.join(", "), oneOf("start", "--backend", BACKENDS), BACKENDS[0])
    .exitOverride()
    .parse(args, { from: "user" })
    .opts<{ backend: BackendName }>();
  return backend;
}

/** Waits for the scores, and shows how far they are. */
async function allOf(trained: readonly Trained[], evaluator: Evaluator) {
  const progress = showProgress("scoring the test definitions".padEnd(30), evaluator.wanted, process.stdout);
  const timer = setInterval(() => progress.update(evaluator.ranked, []), 250);
  try {
    return await Promise.all(trained.map(async (one) => ({ ...one, scores: await one.scores })));
  } finally {
    clearInterval(timer);
    progress.stop();
  }
}
