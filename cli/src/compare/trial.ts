import type { Corpus } from "../corpus.js";
import { DivergedError } from "../errors.js";
import type { Evaluation } from "../metrics.js";
import type { Model } from "../model.js";
import type { TrainingRun } from "../training-run.js";
import type { Budget, Point, RunRecord } from "./comparison.js";

/** What has been seen of a trial that is not over. */
export interface TrialState {
  readonly steps: number;
  readonly seconds: number;
  readonly bytes: number;
  /** Milliseconds of each step, as many as are kept for the median. */
  readonly stepTimes: readonly number[];
  readonly curve: readonly Point[];
}

export const NO_STEPS: TrialState = { steps: 0, seconds: 0, bytes: 0, stepTimes: [], curve: [] };

export interface TrialOptions {
  /** The whole of the recipe, or up to this time or step of it. */
  readonly budget: Budget | { readonly steps: number };
  /** Places on the way at which the model is scored, the end included. */
  readonly points: number;
  /** Bytes that the backend holds. */
  readonly bytesHeld: () => number;
  /** P@1 of a model on the way. */
  readonly score: (model: Model) => Promise<number>;
  /** Told after each step how far the trial is, in [0, 1]; not on the clock. */
  readonly onStep: (done: number, state: () => TrialState, loss: number) => Promise<void>;
}

/** Steps whose times are kept. */
const MOST_TIMES = 2000;

/**
 * Trains until the budget is spent, scoring the model on the way. Only training is on the clock: its steps, what it
 * plans, and what it fits between epochs.
 */
export async function runTrial(
  run: TrainingRun,
  corpus: Corpus,
  { budget, points, bytesHeld, score, onStep }: TrialOptions,
  from: TrialState = NO_STEPS,
): Promise<TrialState & { readonly diverged?: string }> {
  let { steps, seconds, bytes } = from;
  const stepTimes = [...from.stepTimes];
  const curve = [...from.curve];
  const state = (): TrialState => ({ steps, seconds, bytes, stepTimes: [...stepTimes], curve: [...curve] });
  const total = "steps" in budget ? budget.steps : from.steps + run.stepsLeft(corpus);
  const doneOf = () => ("seconds" in budget ? seconds / budget.seconds : steps / total);
  let next = Math.floor(doneOf() * points) + 1;
  try {
    let last = performance.now();
    for await (const { loss } of run.steps(corpus)) {
      const time = performance.now() - last;
      steps += 1;
      seconds += time / 1000;
      if (stepTimes.length < MOST_TIMES) stepTimes.push(time);
      bytes = Math.max(bytes, bytesHeld());
      const done = Math.min(1, doneOf());
      if (done >= next / points) {
        curve.push({ steps, seconds, precisionAt1: await score(run.model()) });
        next = Math.floor(done * points) + 1;
      }
      await onStep(done, state, loss);
      if (done >= 1) break;
      last = performance.now();
    }
    return state();
  } catch (problem) {
    if (!(problem instanceof DivergedError)) throw problem;
    return { ...state(), diverged: problem.message };
  }
}

/** What is kept of a trial. */
export function recordOf(
  method: string,
  seed: number,
  learningRate: number,
  { steps, seconds, bytes, stepTimes, curve, diverged }: TrialState & { readonly diverged?: string },
  scores: Evaluation | undefined,
): RunRecord {
  return {
    ...{ method, seed, learningRate, steps, seconds, bytes, curve, stepTime: medianOf(stepTimes) },
    ...(scores === undefined ? {} : { scores }),
    ...(diverged === undefined ? {} : { diverged }),
  };
}

/** NaN of nothing. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
