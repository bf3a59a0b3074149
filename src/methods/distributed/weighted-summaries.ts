import type { AssignmentMatrix } from "./assignment-matrix.js";
import { checkAssignment } from "./assignment-matrix.js";
import { checkRows } from "./check-rows.js";
import { type RecoveryVectorOptions, recoveryVector } from "./recovery-vector.js";
import type { WorkerProgram, Workers } from "./workers.js";

/** What the workers that answered made of their points, and how much it counts. */
export interface WeightedSummaries<Summary> {
  /** The answers that came and their weights b_i > 0, by worker, ascending. */
  readonly summaries: readonly { readonly weight: number; readonly summary: Summary }[];
  /** `[m]`: b, 0 for workers that did not answer. */
  readonly weights: Float64Array;
  /** The weights that count a point add up to between 1 and 1 + δ. */
  readonly delta: number;
  /** Workers that answered, ascending. */
  readonly responding: readonly number[];
  /** How long the coordinator waited. */
  readonly elapsed: number;
}

/** Throws RangeError unless points, assignment and workers fit; returns the length of a point. */
export function checkSpread(
  caller: string,
  points: readonly ArrayLike<number>[],
  assignment: AssignmentMatrix,
  workers: Workers,
): number {
  const width = checkRows(caller, "points", points);
  const assigned = checkAssignment(caller, assignment);
  if (assigned !== points.length) {
    throw new RangeError(
      `${caller}: assignment has ${assigned} columns but must have ${points.length}, one for each point`,
    );
  }
  if (assignment.length !== workers.count) {
    throw new RangeError(
      `${caller}: there are ${workers.count} workers but must be ${assignment.length}, one for each row of assignment`,
    );
  }
  return width;
}

/** Gives each worker its points, asks for summaries once, and weighs those that come. */
export async function weightedSummaries<Task, Summary>(
  points: readonly ArrayLike<number>[],
  assignment: AssignmentMatrix,
  workers: Workers,
  program: WorkerProgram<readonly Float64Array[], Task, Summary>,
  task: Task,
  options: RecoveryVectorOptions,
): Promise<WeightedSummaries<Summary>> {
  const shares = assignment.map((row) => {
    const mine = points.filter((_, j) => row[j] === 1);
    return mine.map((point) => Float64Array.from(point));
  });
  const crew = await workers.assign(program, shares);
  try {
    const { answers, elapsed } = await crew.ask(task);
    const responding = [...answers.keys()].sort((a, b) => a - b);
    const { weights, delta } = recoveryVector(assignment, responding, options);
    const summaries = responding.flatMap((worker) => {
      const summary = answers.get(worker) as Summary; // it is one of the keys
      return weights[worker] > 0 ? [{ weight: weights[worker], summary }] : [];
    });
    return { summaries, weights, delta, responding, elapsed };
  } finally {
    crew.release();
  }
}
