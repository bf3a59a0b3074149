import type { Held, SoakReport } from "./soak-report.js";

/** What each figure may grow by in a step, not inclusive. */
export type Bounds = Readonly<Record<keyof Held, number>>;

export interface Judgement {
  /** Share of the steps that is not judged: plans, pools and compiled code are made in it. */
  readonly warmUp: number;
  readonly bounds: Bounds;
}

/** Growth a step: the median of the slopes between any two points, which a jump or an outlier does not move. */
export function growth(points: readonly (readonly [step: number, value: number])[]): number {
  const slopes = points.flatMap(([step, value], i) =>
    points.slice(0, i).map(([earlier, before]) => (value - before) / (step - earlier)),
  );
  slopes.sort((a, b) => a - b);
  const middle = slopes.length >> 1;
  return slopes.length % 2 === 1 ? slopes[middle] : (slopes[middle - 1] + slopes[middle]) / 2;
}

/** How fast each figure grows after the warm-up. */
export function growths({ job, samples }: SoakReport, { warmUp, bounds }: Judgement): Record<keyof Held, number> {
  const judged = samples.filter(({ step }) => step >= warmUp * job.steps);
  const names = Object.keys(bounds) as (keyof Held)[];
  const entries = names.map((name) => [name, growth(judged.map((sample) => [sample.step, sample[name]]))]);
  return Object.fromEntries(entries);
}

/** What is wrong with a job, by what it is wrong with: nothing, if all is well. */
export function faultsOf(report: SoakReport, judgement: Judgement): Record<string, string> {
  const faults: Record<string, string> = {};
  const { job, samples, left } = report;
  if (samples.length !== Math.floor(job.steps / job.every)) faults.samples = `there are ${samples.length}`;
  for (const [name, slope] of Object.entries(growths(report, judgement))) {
    const bound = judgement.bounds[name as keyof Held];
    if (!(slope < bound)) faults[name] = `grows by ${slope.toFixed(2)} a step but must grow by less than ${bound}`;
  }
  if (left.buffers !== 0 || left.bytes !== 0) faults.left = `${left.buffers} buffers, ${left.bytes} bytes`;
  if (left.resources.length > 0) faults.resources = left.resources.join();
  if (left.threads > 0) faults.threads = `${left.threads} still run`;
  return faults;
}
