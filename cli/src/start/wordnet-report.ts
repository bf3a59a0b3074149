import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Backend } from "cotangent";
import type { GradientStudy, RunRecord, Scale } from "../compare/comparison.js";
import type { Contender } from "../compare/contenders.js";
import { type GradientPoint, studyGradients } from "../compare/gradient-study.js";
import { type ReportFiles, writeReport } from "../compare/report/write-report.js";
import { measureScale } from "../compare/scaling.js";
import { summaryOf } from "../compare/task.js";
import { showProgress } from "../progress.js";
import type { WordnetTask } from "./task.js";

/** Draws of each method's gradient. */
const DRAWS = 16;
/** Numbers of classes at which a step is timed. */
const CLASSES = [2 ** 10, 2 ** 13, 2 ** 16];
/** Where the report goes. */
const FOLDER = "report";

const NOTES = [
  "This is the run of one demonstration: one seed, one learning rate, nothing tuned. cotangent compare does it properly.",
  "The sampled softmax with q ∝ frequency went on for a second epoch. The adversarial softmax started from its embedding after the first epoch, with new class weights, and trained for one; its curve begins with that first epoch. The full softmax took three steps, which is enough to time it.",
];

/** What is measured beside the training. */
export interface Measurements {
  readonly gradients: readonly GradientStudy[];
  readonly scales: readonly Scale[];
}

/** Bias and noise of every method's gradient at a point, and the time of its steps by the number of classes. */
export async function measureMethods(
  contenders: readonly Contender[],
  point: GradientPoint,
  task: WordnetTask,
  backend: Backend,
): Promise<Measurements> {
  const progress = showProgress("bias, noise and scale".padEnd(30), contenders.length + CLASSES.length, process.stdout);
  try {
    const onEstimator = (done: number, title: string) => progress.update(done, [title]);
    const study = await studyGradients(point, contenders, task, { draws: DRAWS, onEstimator });
    const scales: Scale[] = [];
    for (const [at, classes] of CLASSES.entries()) {
      progress.update(contenders.length + at, [`${classes} classes`]);
      scales.push(...(await measureScale(contenders, classes, backend, async () => {})));
    }
    return { gradients: [study], scales };
  } finally {
    progress.stop();
  }
}

/** Writes the report of the demonstration. */
export async function writeWordnetReport(
  contenders: readonly Contender[],
  runs: readonly RunRecord[],
  measured: Measurements,
  task: WordnetTask,
  backend: Backend,
): Promise<ReportFiles> {
  await mkdir(FOLDER, { recursive: true });
  const [{ recipe }] = contenders as [Contender];
  const { dim, batchSize, learningRate, seed } = recipe;
  return writeReport("start", join(FOLDER, "wordnet.html"), {
    kind: "cotangent comparison 1",
    data: summaryOf(task),
    settings: {
      ...{ backend: backend.name, budget: { epochs: 1 }, seeds: [seed], dim, batchSize },
      ...{ grid: [learningRate], tuningShare: 1 },
    },
    methods: contenders.map(({ name, title, options }) => ({ name, title, options })),
    tries: [],
    runs,
    ...measured,
    notes: NOTES,
  });
}
