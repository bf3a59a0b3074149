import { exists } from "../atomic-file.js";
import { loadCheckpoint, saveCheckpoint } from "../checkpoint.js";
import { corpusInMemory } from "../corpus.js";
import { evaluateModel } from "../evaluate-model.js";
import type { Model } from "../model.js";
import type { Recipe } from "../recipe.js";
import { stopped } from "../training-loop.js";
import { type Snapshot, TrainingRun } from "../training-run.js";
import type { Settings, Surroundings } from "./compare-methods.js";
import type { Budget, RunRecord } from "./comparison.js";
import type { Contender } from "./contenders.js";
import { evenSample, type Task } from "./task.js";
import { NO_STEPS, recordOf, runTrial, type TrialState } from "./trial.js";
import type { Findings } from "./unfinished.js";

/** One training of one method. */
export interface Trial {
  readonly contender: Contender;
  readonly learningRate: number;
  readonly seed: number;
  readonly budget: Budget;
  /** Whether it is scored on the validation data, to choose a learning rate. */
  readonly isTry: boolean;
}

/** Milliseconds from one checkpoint to the next. */
const CHECKPOINT_EVERY = 60_000;

/** Trains one method at a time, keeping checkpoints. */
export class TrialRunner {
  private readonly task: Task;
  private readonly settings: Settings;
  private readonly around: Surroundings;
  private run: TrainingRun | undefined;

  constructor(task: Task, settings: Settings, around: Surroundings) {
    this.task = task;
    this.settings = settings;
    this.around = around;
  }

  /** The model of the trial that ended last; its tensors live until `release` or the next trial. */
  lastModel(): Model {
    if (this.run === undefined) throw new TypeError("lastModel: no trial has ended but one must have");
    return this.run.model();
  }

  release(): void {
    this.run?.dispose();
    this.run = undefined;
  }

  /**
   * Trains by a trial, from where it was left if it was begun.
   *
   * @throws Interrupted if a signal comes; the trial so far is kept then
   */
  async perform(
    trial: Trial,
    findings: Findings,
    onStep: (share: number, state: TrialState) => void,
  ): Promise<RunRecord> {
    this.release();
    const { contender, learningRate, seed, budget, isTry } = trial;
    const { command, backend, unfinished, interrupt } = this.around;
    const { space, labels, tuning, train, test, validation } = this.task;
    const epochs = "epochs" in budget ? budget.epochs : Number.MAX_SAFE_INTEGER;
    const recipe = { ...contender.recipe, learningRate, seed, epochs };
    const id = JSON.stringify([contender.name, learningRate, seed, isTry]);
    const examples = isTry ? tuning : train;
    const begun = await this.begun(id, recipe, findings, examples.length);
    const run = new TrainingRun(recipe, space, labels, backend, begun?.snapshot);
    this.run = run;

    const keep = async (state: TrialState) => {
      await saveCheckpoint(command, unfinished.checkpoint, run.snapshot(), { recipe, space, labels }, id);
      await unfinished.write({ ...findings, current: { trial: id, state } });
    };
    let saved = performance.now();
    const corpus = corpusInMemory(examples, { key: TrainingRun.orderKey(recipe), batchSize: recipe.batchSize });
    const sample = evenSample(isTry ? validation : test, this.settings.scored);
    const state = await runTrial(
      run,
      corpus,
      {
        budget,
        points: isTry ? 1 : this.settings.points,
        bytesHeld: () => backend.memory().bytes,
        score: async (model) => (await evaluateModel(model, sample, this.task.train.length)).precision[0]!,
        onStep: async (share, stateNow) => {
          const signal = await interrupt.check();
          if (signal !== undefined || performance.now() - saved > CHECKPOINT_EVERY) {
            await keep(stateNow());
            saved = performance.now();
          }
          if (signal !== undefined) throw stopped(command, unfinished.advice, signal);
          onStep(share, stateNow());
        },
      },
      begun?.state ?? NO_STEPS,
    );
    const isScored = !isTry && state.diverged === undefined;
    const scores = isScored ? await evaluateModel(run.model(), test, this.task.train.length) : undefined;
    return recordOf(contender.name, seed, learningRate, state, scores);
  }

  /** Where a trial was left. A checkpoint that is not of the step that was noted is none: the process was killed between. */
  private async begun(
    id: string,
    recipe: Recipe,
    { current }: Findings,
    examples: number,
  ): Promise<{ readonly state: TrialState; readonly snapshot: Snapshot } | undefined> {
    const { command, backend, unfinished } = this.around;
    if (current?.trial !== id || !(await exists(unfinished.checkpoint))) return undefined;
    const snapshot = await loadCheckpoint(command, unfinished.checkpoint, recipe, id, backend);
    const { epoch, batch } = snapshot.position;
    const steps = epoch * Math.ceil(examples / recipe.batchSize) + batch;
    return steps === current.state.steps ? { state: current.state, snapshot } : undefined;
  }
}
