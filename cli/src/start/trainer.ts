import type { Backend } from "cotangent";
import type { SparseExample } from "cotangent/data";
import type { Contender } from "../compare/contenders.js";
import { evenSample } from "../compare/task.js";
import { medianOf, NO_STEPS, runTrial, type TrialState } from "../compare/trial.js";
import { corpusInMemory } from "../corpus.js";
import { evaluateModel } from "../evaluate-model.js";
import { showProgress } from "../progress.js";
import { showCount } from "../report.js";
import { TrainingRun } from "../training-run.js";
import type { WordnetTask } from "./task.js";

/** How far to train, from the start of the run. */
export interface Limit {
  readonly steps: number;
  /** Places on the way at which the model is scored. */
  readonly points: number;
}

/** Test definitions that a model is scored on, on the way. */
const SCORED = 1000;

/** Trains one method after the other, showing how far it is. */
export class Trainer {
  private readonly task: WordnetTask;
  private readonly backend: Backend;
  private readonly sample: readonly SparseExample[];

  constructor(task: WordnetTask, backend: Backend) {
    this.task = task;
    this.backend = backend;
    this.sample = evenSample(task.test, SCORED);
  }

  /** A run at its start. */
  start({ recipe }: Contender): TrainingRun {
    return new TrainingRun(recipe, this.task.space, this.task.labels, this.backend);
  }

  /** Trains up to a step, from where the run is. */
  async train(
    run: TrainingRun,
    { title, recipe }: Contender,
    { steps, points }: Limit,
    from: TrialState = NO_STEPS,
  ): Promise<TrialState> {
    const { batchSize } = recipe;
    const corpus = corpusInMemory(this.task.train, { key: TrainingRun.orderKey(recipe), batchSize });
    const progress = showProgress(title.padEnd(30), steps - from.steps, process.stdout);
    let mean: number | undefined;
    if (run.fitsNoiseNext) progress.say(`${title}: fitting the tree of its negatives…`);
    try {
      const state = await runTrial(
        run,
        corpus,
        {
          budget: { steps },
          points,
          bytesHeld: () => this.backend.memory().bytes,
          score: async (model) => (await evaluateModel(model, this.sample, this.task.train.length)).precision[0]!,
          onStep: async (_, stateNow, loss) => {
            mean = mean === undefined ? loss : 0.98 * mean + 0.02 * loss;
            const { steps: done, seconds } = stateNow();
            const rate = Math.round(((done - from.steps) * batchSize) / (seconds - from.seconds));
            progress.update(done - from.steps, [`loss ${mean.toFixed(2)}`, `${showCount(rate)} examples/s`]);
          },
        },
        from,
      );
      const time = medianOf(state.stepTimes.slice(from.stepTimes.length));
      const taken = state.steps - from.steps;
      console.log(`${title.padEnd(30)} ${taken} steps of ${time.toFixed(0)} ms, loss ${(mean ?? 0).toFixed(2)}`);
      return state;
    } finally {
      progress.stop();
    }
  }
}
