import { checkpointOf, saveCheckpoint } from "./checkpoint.js";
import type { Corpus } from "./corpus.js";
import { Interrupted } from "./errors.js";
import type { Interrupt } from "./interrupt.js";
import type { Progress } from "./progress.js";
import type { Recipe } from "./recipe.js";
import { showCount } from "./report.js";
import type { Survey } from "./survey.js";
import type { TrainingRun } from "./training-run.js";

export interface LoopOptions {
  /** Where the model will go; the checkpoint is kept beside it. */
  readonly output: string;
  /** Steps from one checkpoint to the next. */
  readonly checkpointEvery: number;
  /** Told of each checkpoint once it is there. */
  readonly onCheckpoint: (path: string) => void;
  readonly interrupt: Interrupt;
  readonly progress: Progress;
}

/**
 * Trains to the end of the last epoch, keeping checkpoints.
 *
 * @throws Interrupted if a signal comes; the run so far is in the checkpoint then
 * @throws FileError if a checkpoint cannot be written; the one before it stays
 */
export async function runToEnd(
  command: string,
  run: TrainingRun,
  corpus: Corpus,
  recipe: Recipe,
  survey: Survey,
  { output, checkpointEvery, onCheckpoint, interrupt, progress }: LoopOptions,
): Promise<void> {
  const { batchSize, epochs } = recipe;
  const perEpoch = Math.ceil(corpus.examples / batchSize);
  const checkpoint = checkpointOf(output);
  const rate = movingRate();
  let mean: number | undefined;
  let untilSaved = checkpointEvery;
  for await (const { epoch, batch, examples, loss } of run.steps(corpus)) {
    mean = mean === undefined ? loss : 0.98 * mean + 0.02 * loss;
    const perSecond = showCount(Math.round(rate(examples)));
    const place = `epoch ${epoch + 1}/${epochs}`;
    progress.update(epoch * perEpoch + batch + 1, [place, `loss ${mean.toFixed(3)}`, `${perSecond} examples/s`]);
    const signal = await interrupt.check();
    untilSaved -= 1;
    if (signal === undefined && untilSaved > 0) continue;
    await saveCheckpoint(command, checkpoint, run.snapshot(), { recipe, ...survey }, survey.fingerprint);
    onCheckpoint(checkpoint);
    untilSaved = checkpointEvery;
    if (signal !== undefined) {
      throw stopped(command, `the run so far is in ${checkpoint}; go on with the same command and --resume`, signal);
    }
  }
}

/** What is thrown when a signal has stopped the work. */
export function stopped(command: string, where: string, signal: NodeJS.Signals): Interrupted {
  return new Interrupted(`${command}: stopped by ${signal}; ${where}`, signal);
}

/** Examples a second, over the last second or so. */
function movingRate(): (examples: number) => number {
  let since = performance.now();
  let count = 0;
  let rate = 0;
  return (examples) => {
    count += examples;
    const seconds = (performance.now() - since) / 1000;
    if (rate === 0 || seconds > 1) rate = count / Math.max(seconds, 1e-3);
    if (seconds > 1) [since, count] = [performance.now(), 0];
    return rate;
  };
}
