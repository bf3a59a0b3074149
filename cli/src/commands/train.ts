import { rm, stat } from "node:fs/promises";
import { checkFinite, DeviceLostError, NonFiniteError } from "cotangent";
import { checkWritable, exists, previousOf, removePartOf, writeAtomically } from "../atomic-file.js";
import { openBackend } from "../backends.js";
import { checkpointOf, loadCheckpoint } from "../checkpoint.js";
import { corpusFromDisk, corpusInMemory, loadExamples } from "../corpus.js";
import { FileError, UsageError } from "../errors.js";
import { widthOf } from "../feature-space.js";
import { detectFormat, type ExampleFile, type Format, unknownFormat } from "../formats.js";
import { Interrupt } from "../interrupt.js";
import { encodeModel } from "../model-file.js";
import { showDuration, showProgress, silent } from "../progress.js";
import { defaultNegatives, type Recipe } from "../recipe.js";
import { showCount } from "../report.js";
import { type Survey, surveyFile } from "../survey.js";
import { runToEnd, stopped } from "../training-loop.js";
import { TrainingRun } from "../training-run.js";

/** What `--check` can look at. */
export const CHECKS = ["finite"] as const;

export interface TrainOptions extends Omit<Recipe, "negatives" | "shuffleBuffer"> {
  /** Default: what the loss usually takes. */
  readonly negatives?: number;
  /** Where the model goes. */
  readonly output: string;
  readonly format?: Format;
  readonly firstIndex: 0 | 1;
  readonly minCount: number;
  readonly normalize: boolean;
  /** Megabytes that the examples may take; a larger file is streamed. */
  readonly memory: number;
  /** Examples to shuffle among when the file is streamed. */
  readonly shuffleBuffer: number;
  /** Steps from one checkpoint to the next. */
  readonly checkpointEvery: number;
  /** Go on from the checkpoint, at its usual place or here. */
  readonly resume?: string | true;
  /** Start anew though there is a checkpoint. */
  readonly restart?: true;
  /** What to look at in every step. */
  readonly check?: (typeof CHECKS)[number];
  readonly json?: true;
  readonly quiet?: true;
}

/** What `train` says when it is done. */
export interface TrainResult {
  readonly model: string;
  readonly examples: number;
  readonly unlabelled: number;
  readonly labels: number;
  readonly features: number;
  readonly streamed: boolean;
  /** Mean loss of each epoch. */
  readonly losses: readonly number[];
  /** Of this call. */
  readonly seconds: number;
}

const COMMAND = "train";

/** Trains a model on a file. */
export async function train(path: string, options: TrainOptions): Promise<TrainResult> {
  const started = performance.now();
  const { output } = options;
  const isShown = !options.json && !options.quiet;
  const interrupt = new Interrupt();
  try {
    await checkWritable(COMMAND, output);
    await removePartOf(checkpointOf(output));
    let lastOfRun = await checkpointToResume(options); // not just what is there: that may be another run's
    const file = await exampleFile(path, options);
    const survey = await readThrough(file, options, interrupt, isShown);
    const recipe = recipeOf(options, survey);
    const source = { file, space: survey.space, labels: survey.labels };
    const order = { key: TrainingRun.orderKey(recipe), batchSize: recipe.batchSize };
    const corpus =
      recipe.shuffleBuffer > 0
        ? corpusFromDisk(source, { ...order, examples: survey.examples, shuffleBuffer: recipe.shuffleBuffer })
        : corpusInMemory(await loadExamples(source), order);
    const train = async (from: string | undefined) => {
      const run = await startRun(recipe, survey, from, options);
      const total = recipe.epochs * Math.ceil(corpus.examples / recipe.batchSize);
      const progress = isShown ? showProgress("training", total) : silent;
      try {
        const onCheckpoint = (saved: string) => {
          lastOfRun = saved;
        };
        await runToEnd(COMMAND, run, corpus, recipe, survey, { ...options, onCheckpoint, interrupt, progress });
        const extra = { examples: survey.examples, fingerprint: survey.fingerprint };
        const bytes = await encodeModel("cotangent model 1", run.model(), new Map(), extra);
        return { bytes, losses: run.snapshot().losses };
      } catch (error) {
        throw error instanceof NonFiniteError ? notFinite(error, run) : error;
      } finally {
        progress.stop();
      }
    };
    const { bytes, losses } = await train(lastOfRun).catch(async (error: Error) => {
      if (!(error instanceof DeviceLostError)) throw error;
      const where = lastOfRun === undefined ? "from the start" : `from ${lastOfRun}`;
      process.stderr.write(`${COMMAND}: ${error.message}; going on ${where} on another device\n`);
      return train(lastOfRun);
    });
    await writeAtomically(COMMAND, output, bytes);
    await removeCheckpoints(output);
    return {
      model: output,
      examples: survey.examples,
      unlabelled: survey.unlabelled,
      labels: survey.labels.size,
      features: widthOf(survey.space),
      streamed: recipe.shuffleBuffer > 0,
      losses,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    interrupt.dispose();
  }
}

/** What `train` prints. */
export function describeTraining(result: TrainResult): string {
  const { model, examples, unlabelled, labels, features, losses, seconds } = result;
  const passedOver = unlabelled > 0 ? ` (${showCount(unlabelled)} more have no label and were passed over)` : "";
  return [
    `Trained on ${showCount(examples)} examples${passedOver}, ${showCount(labels)} labels, ${showCount(features)} features in ${showDuration(seconds)}.`,
    `Mean loss by epoch: ${losses.map((loss) => loss.toFixed(4)).join(", ")}`,
    `Model: ${model}`,
    `Next: cotangent evaluate ${model} <test file>`,
  ].join("\n");
}

async function checkpointToResume({ output, resume, restart }: TrainOptions): Promise<string | undefined> {
  const usual = checkpointOf(output);
  if (resume !== undefined && restart !== undefined) {
    throw new UsageError(`${COMMAND}: --resume and --restart are both given but only one of them can be`);
  }
  if (resume === undefined) {
    if (restart === undefined && (await exists(usual))) {
      throw new FileError(
        `${COMMAND}: ${usual} is an unfinished run but must not be there when another starts; go on with --resume, or start anew with --restart`,
      );
    }
    return undefined;
  }
  const from = resume === true ? usual : resume;
  if (await exists(from)) return from;
  const model = (await exists(output)) ? `if the run was done, ${output} is its model; ` : "";
  throw new FileError(
    `${COMMAND}: --resume is ${from}, which does not exist, but must be a checkpoint; ${model}leave --resume out to start anew`,
  );
}

/** The last one goes last: as long as it is there, --resume comes to the end. */
async function removeCheckpoints(output: string): Promise<void> {
  const checkpoint = checkpointOf(output);
  for (const done of [previousOf(checkpoint), checkpoint]) await rm(done, { force: true });
}

/** The run of a recipe, from a checkpoint or from the start, on a backend that is opened for it. */
async function startRun(
  recipe: Recipe,
  survey: Survey,
  from: string | undefined,
  { check }: TrainOptions,
): Promise<TrainingRun> {
  const { space, labels, fingerprint } = survey;
  const opened = await openBackend(COMMAND, recipe.backend);
  const backend = check === "finite" ? checkFinite(opened) : opened;
  const snapshot = from === undefined ? undefined : await loadCheckpoint(COMMAND, from, recipe, fingerprint, backend);
  return new TrainingRun(recipe, space, labels, backend, snapshot);
}

/** What `--check finite` has found, and when. */
function notFinite({ finding }: NonFiniteError, run: TrainingRun): Error {
  const { epoch, batch } = run.snapshot().position;
  return new Error(`${COMMAND}: in batch ${batch + 1} of epoch ${epoch + 1}, ${finding}`);
}

async function exampleFile(path: string, { format, firstIndex }: TrainOptions): Promise<ExampleFile> {
  const seen = await detectFormat(COMMAND, path);
  const found = format ?? seen;
  if (found === undefined) throw unknownFormat(COMMAND, path);
  return { path, format: found, firstIndex };
}

async function readThrough(
  file: ExampleFile,
  options: TrainOptions,
  interrupt: Interrupt,
  isShown: boolean,
): Promise<Survey> {
  const { minCount, normalize } = options;
  const { size } = await stat(file.path);
  const progress = isShown ? showProgress("reading", size) : silent;
  try {
    return await surveyFile(COMMAND, file, {
      minCount,
      normalize,
      onProgress(bytes) {
        progress.update(bytes, []);
        if (interrupt.signal !== undefined) throw stopped(COMMAND, "nothing was trained yet", interrupt.signal);
      },
    });
  } finally {
    progress.stop();
  }
}

function recipeOf(options: TrainOptions, { entries, examples }: Survey): Recipe {
  const bytes = 8 * entries + 24 * examples;
  const fits = bytes <= options.memory * 1e6;
  const { loss, sampler, power, regularization, treeFeatures, featureEpochs } = options;
  const { negatives = defaultNegatives(loss), adjustment, sharpness, frequencies, hardest } = options;
  const { dim, epochs, batchSize, learningRate, seed, backend } = options;
  return {
    ...{ loss, sampler, power, negatives, regularization, treeFeatures, featureEpochs },
    ...{ adjustment, sharpness, frequencies, hardest },
    ...{ dim, epochs, batchSize, learningRate, seed, backend },
    shuffleBuffer: fits ? 0 : options.shuffleBuffer,
  };
}
