import type { Backend } from "cotangent";
import type { Interrupt } from "../interrupt.js";
import type { Progress } from "../progress.js";
import { showDuration } from "../progress.js";
import { showShare } from "../report.js";
import { stopped } from "../training-loop.js";
import type { Budget, Comparison, RunRecord, Try } from "./comparison.js";
import type { Contender } from "./contenders.js";
import { gradientReferences, studyGradients } from "./gradient-study.js";
import { measureScale } from "./scaling.js";
import { summaryOf, type Task } from "./task.js";
import { type Trial, TrialRunner } from "./trial-runner.js";
import type { Findings, Unfinished } from "./unfinished.js";

/** What is the same for all methods. */
export interface Settings {
  readonly budget: Budget;
  readonly seeds: readonly number[];
  /** Learning rates to try; a single one is not tried but taken. */
  readonly grid: readonly number[];
  /** Share of the budget that each try has, in (0, 1]. */
  readonly tuningShare: number;
  /** Places on the way at which a run is scored. */
  readonly points: number;
  /** Test examples that it is scored on there; at the end it is on all. */
  readonly scored: number;
  /** Draws of each method's gradient, ≥ 2; 0 leaves the gradients out. */
  readonly draws: number;
  /** Numbers of classes to time a step at. */
  readonly classes: readonly number[];
}

export interface Surroundings {
  readonly command: string;
  readonly backend: Backend;
  readonly unfinished: Unfinished;
  readonly interrupt: Interrupt;
  readonly progress: Progress;
}

/** Ticks of the progress bar that a trial, or a number of classes, takes. */
const TICKS = 1000;

/** Ticks of the progress bar that a comparison takes. */
export function ticksOf(methods: number, { grid, seeds, classes }: Settings): number {
  return TICKS * (methods * (seeds.length + (grid.length > 1 ? grid.length : 0)) + classes.length);
}

/**
 * Trains and measures every method under the same conditions: first all tries, then seed by seed all methods, so that
 * what else the machine does falls on all of them. What an earlier call found is not done again.
 *
 * @throws Interrupted if a signal comes; what was found so far is kept then
 */
export async function compareMethods(
  task: Task,
  contenders: readonly Contender[],
  settings: Settings,
  around: Surroundings,
  before: Findings,
): Promise<Comparison> {
  const { grid, seeds, budget, tuningShare } = settings;
  const { command, backend, unfinished, interrupt, progress } = around;
  const runner = new TrialRunner(task, settings, around);
  let findings = before;
  let ticks = 0;

  const keep = async (more: Partial<Findings>) => {
    const { current: _, ...found } = findings;
    findings = { ...found, ...more };
    await unfinished.write(findings);
  };
  const perform = async (trial: Trial, records: readonly RunRecord[]): Promise<RunRecord | undefined> => {
    const done = records.some((record) => isOf(trial, record));
    const from = ticks;
    ticks += TICKS;
    if (done) return undefined;
    const words = describe(trial, seeds.length);
    const outcome = await runner.perform(trial, findings, (share, { curve, seconds }) => {
      const score = curve.length === 0 ? [] : [`P@1 ${showShare(curve[curve.length - 1]!.precisionAt1)}`];
      progress.update(from + Math.floor(share * TICKS), [words, showDuration(seconds), ...score]);
    });
    return outcome;
  };

  const share = shareOf(budget, tuningShare);
  for (const contender of grid.length > 1 ? contenders : []) {
    for (const learningRate of grid) {
      const record = await perform({ contender, learningRate, seed: 0, budget: share, isTry: true }, findings.tries);
      if (record !== undefined) await keep({ tries: [...findings.tries, record] });
    }
  }
  const tries = triesOf(findings.tries);
  const references = settings.draws > 0 ? gradientReferences(contenders, task.labels.counts) : [];
  for (const seed of seeds) {
    for (const contender of contenders) {
      const trial: Trial = { contender, learningRate: chosenRate(contender, tries, grid), seed, budget, isTry: false };
      const record = await perform(trial, findings.runs);
      if (record === undefined) continue;
      const { gradients } = findings;
      const isStudied = gradients.some(({ point }) => point === contender.title);
      if (references.includes(contender) && !isStudied && record.diverged === undefined) {
        const onEstimator = (_: number, title: string) => progress.say(`bias and noise of the gradient: ${title}`);
        const { draws } = settings;
        const point = { ...runner.lastModel(), contender };
        const study = await studyGradients(point, contenders, task, { draws, onEstimator });
        findings = { ...findings, gradients: [...gradients, study] };
      }
      runner.release();
      await keep({ runs: [...findings.runs, record] });
    }
  }
  for (const classes of settings.classes) {
    ticks += TICKS;
    if (findings.scales.some((scale) => scale.classes === classes)) continue;
    const scales = await measureScale(contenders, classes, backend, async (round, rounds) => {
      progress.update(ticks - TICKS + Math.floor((TICKS * round) / rounds), [`a step with ${classes} classes`]);
      const signal = await interrupt.check();
      if (signal !== undefined) throw stopped(command, unfinished.advice, signal);
    });
    await keep({ scales: [...findings.scales, ...scales] });
  }

  const [{ recipe }] = contenders as [Contender];
  const { dim, batchSize } = recipe;
  return {
    kind: "cotangent comparison 1",
    data: summaryOf(task),
    settings: { backend: backend.name, budget, seeds, dim, batchSize, grid, tuningShare },
    methods: contenders.map(({ name, title, options }) => ({ name, title, options })),
    tries,
    runs: findings.runs,
    gradients: findings.gradients,
    scales: findings.scales,
    notes: [],
  };
}

function isOf({ contender, learningRate, seed }: Trial, record: RunRecord): boolean {
  return record.method === contender.name && record.seed === seed && record.learningRate === learningRate;
}

function describe({ contender, learningRate, seed, isTry }: Trial, seeds: number): string {
  return `${contender.title}, ${isTry ? `trying rate ${learningRate}` : `seed ${seed + 1} of ${seeds}`}`;
}

function shareOf(budget: Budget, share: number): Budget {
  return "seconds" in budget
    ? { seconds: budget.seconds * share }
    : { epochs: Math.max(1, Math.round(budget.epochs * share)) };
}

function triesOf(records: readonly RunRecord[]): Try[] {
  return records.map(({ method, learningRate, curve, diverged }) => {
    const score = diverged === undefined ? (curve.at(-1)?.precisionAt1 ?? 0) : 0;
    return { method, learningRate, precisionAt1: score };
  });
}

/** The learning rate that did best on the validation data; of those alike the one that was tried first. */
function chosenRate({ name }: Contender, tries: readonly Try[], [only]: readonly number[]): number {
  const mine = tries.filter(({ method }) => method === name);
  const best = Math.max(...mine.map(({ precisionAt1 }) => precisionAt1));
  return mine.find(({ precisionAt1 }) => precisionAt1 === best)?.learningRate ?? only!;
}
