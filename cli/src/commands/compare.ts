import { checkWritable } from "../atomic-file.js";
import { type BackendName, openBackend } from "../backends.js";
import { compareMethods, type Settings, ticksOf } from "../compare/compare-methods.js";
import type { Comparison } from "../compare/comparison.js";
import { contendersOf } from "../compare/contenders.js";
import { showEstimate } from "../compare/report/statistics.js";
import { type ReportFiles, writeReport } from "../compare/report/write-report.js";
import { isDatasetName, loadDataset, loadFiles, type Source } from "../compare/sources.js";
import { encodeTask } from "../compare/task.js";
import { Unfinished } from "../compare/unfinished.js";
import { UsageError } from "../errors.js";
import type { Format } from "../formats.js";
import { Interrupt } from "../interrupt.js";
import { showDuration, showProgress, silent } from "../progress.js";
import { showTable } from "../report.js";

export interface CompareOptions {
  /** Where the report's page goes. */
  readonly output: string;
  readonly methods: string;
  /** Seconds of training a run. */
  readonly budget?: number;
  readonly epochs?: number;
  readonly seeds: number;
  readonly grid: readonly number[];
  readonly tuningShare: number;
  readonly points: number;
  readonly scored: number;
  readonly draws: number;
  readonly classes: readonly number[];
  readonly test?: string;
  readonly format?: Format;
  readonly firstIndex: 0 | 1;
  readonly normalize: boolean;
  readonly dim: number;
  readonly batchSize: number;
  readonly negatives: number;
  readonly backend: BackendName;
  readonly resume?: true;
  readonly restart?: true;
  readonly json?: true;
  readonly quiet?: true;
}

/** What `compare` found, and where it wrote it. */
export interface CompareResult {
  readonly comparison: Comparison;
  readonly files: ReportFiles;
}

const COMMAND = "compare";
const DEFAULT_EPOCHS = 3;
const TEST_SHARE = 0.1;
const VALIDATION_SHARE = 0.1;

/** Compares methods and writes a report. */
export async function compare(data: string, options: CompareOptions): Promise<CompareResult> {
  const { output, methods, dim, batchSize, negatives, normalize, resume = false, restart = false } = options;
  const settings = settingsOf(options);
  const base = { dim, batchSize, backend: options.backend };
  const contenders = contendersOf(COMMAND, methods, base, negatives);
  await checkWritable(COMMAND, output);
  const isShown = !options.json && !options.quiet;
  const interrupt = new Interrupt();
  try {
    const source = await sourceOf(data, options);
    const shares = { testShare: TEST_SHARE, validationShare: VALIDATION_SHARE, normalize };
    const task = await encodeTask(COMMAND, source, shares);
    const plan = JSON.stringify([task.fingerprint, contenders.map(({ recipe }) => recipe), settings]);
    const unfinished = new Unfinished(COMMAND, output, plan);
    const findings = await unfinished.read({ resume, restart });
    const backend = await openBackend(COMMAND, options.backend);
    const progress = isShown ? showProgress("comparing", ticksOf(contenders.length, settings)) : silent;
    try {
      const around = { command: COMMAND, backend, unfinished, interrupt, progress };
      const comparison = await compareMethods(task, contenders, settings, around, findings);
      const files = await writeReport(COMMAND, output, comparison);
      await unfinished.remove();
      return { comparison, files };
    } finally {
      progress.stop();
    }
  } finally {
    interrupt.dispose();
  }
}

/** What `compare` prints. */
export function describeComparison({ comparison: { methods, runs }, files }: CompareResult): string {
  const rows = methods.map(({ name, title }) => {
    const mine = runs.filter(({ method }) => method === name);
    const precision = mine.flatMap(({ scores }) => (scores === undefined ? [] : [scores.precision[0]!]));
    const seconds = mine.map((run) => run.seconds);
    return [
      title,
      showEstimate(precision),
      String(mine[0]?.learningRate ?? "–"),
      showEstimate(
        mine.map(({ stepTime }) => stepTime),
        1,
      ),
      seconds.length === 0 ? "–" : showDuration(Math.max(...seconds)),
    ];
  });
  return [
    showTable(["method", "P@1", "learning rate", "ms a step", "training"], rows),
    `Report: ${files.html}; the same as ${files.json} and ${files.csv}`,
  ].join("\n");
}

function settingsOf(options: CompareOptions): Settings {
  const { budget, epochs, seeds, grid, tuningShare, points, scored, draws, classes } = options;
  const fail = (problem: string) => new UsageError(`${COMMAND}: ${problem}`);
  if (budget !== undefined && epochs !== undefined) {
    throw fail("--budget and --epochs are both given but only one of them can be");
  }
  if (tuningShare > 1) throw fail(`--tuning-share is ${tuningShare} but must be in (0, 1]`);
  if (draws === 1) throw fail("--draws is 1 but must be 0 or at least 2");
  if (new Set(grid).size < grid.length) throw fail(`--grid is ${grid.join(",")} but must name each rate once`);
  const wanted = classes.filter((count) => count > 0);
  const wrong = wanted.find((count) => !Number.isInteger(Math.log2(count)) || count < 2);
  if (wrong !== undefined) throw fail(`--classes has ${wrong} but must have powers of two from 2 on, or 0`);
  return {
    budget: budget === undefined ? { epochs: epochs ?? DEFAULT_EPOCHS } : { seconds: budget },
    seeds: Array.from({ length: seeds }, (_, seed) => seed),
    ...{ grid, tuningShare, points, scored, draws, classes: wanted },
  };
}

async function sourceOf(data: string, { test, format, firstIndex }: CompareOptions): Promise<Source> {
  if (!isDatasetName(data)) {
    return loadFiles(COMMAND, data, test, { firstIndex, ...(format === undefined ? {} : { format }) });
  }
  if (test !== undefined) {
    throw new UsageError(`${COMMAND}: --test is given but must not be with ${data}, which has a test side of its own`);
  }
  return loadDataset(data);
}
