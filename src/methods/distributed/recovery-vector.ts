import { checkOneOf } from "../../autodiff/check.js";
import { solveLp } from "../optimizers/solve-lp.js";
import { type AssignmentMatrix, checkAssignment } from "./assignment-matrix.js";
import { checkWorkerNumbers } from "./check-workers.js";

export interface RecoveryVectorOptions {
  /** `"linear-program"` finds the least δ; `"uniform"` gives all workers one weight, in time O(m·n). Default `"linear-program"`. */
  readonly method?: "linear-program" | "uniform";
}

/** How much the answer of each worker counts. */
export interface RecoveryVector {
  /** `[m]`: b ≥ 0, and 0 for workers that did not answer. */
  readonly weights: Float64Array;
  /** The weights that count a point add up to between 1 and 1 + δ, for every point. */
  readonly delta: number;
}

/**
 * Weights on the workers that answered, which count every point almost equally often.
 *
 *     minimize s   subject to   1 ≤ Σ_{i ∈ R} b_i · A_ij ≤ s for each point j,   b ≥ 0        δ = s − 1
 *     uniform: b_i = 1 / min_j cov_j      cov_j = Σ_{i ∈ R} A_ij      δ = max_j cov_j / min_j cov_j − 1
 *
 * Points on the same workers share a constraint. The result does not depend on how workers are numbered, up to which of
 * two workers with the same points gets the weight.
 *
 * Reach for it to make a sum over workers stand for the sum over all points.
 *
 * @param assignment - A, m rows of n
 * @param responding - R, the workers that answered
 * @throws RangeError if the assignment is not of 0 and 1, or has a point on no worker
 * @throws RangeError if `responding` names workers out of range or twice, or a point is on none of them
 * @throws TypeError if `method` is not one of those listed
 * @source Gandikota, Mazumdar and Rawat, "Reliable Distributed Clustering with Redundant Data Assignment", ISIT 2020,
 * arXiv:2002.08892, for the property; the linear program is ours
 */
export function recoveryVector(
  assignment: AssignmentMatrix,
  responding: Iterable<number>,
  { method = "linear-program" }: RecoveryVectorOptions = {},
): RecoveryVector {
  const caller = "recoveryVector";
  const points = checkAssignment(caller, assignment);
  const answered = [...responding];
  checkWorkerNumbers(caller, "responding", answered, assignment.length);
  checkOneOf(caller, "method", method, ["linear-program", "uniform"]);
  const lost: number[] = [];
  const columns = new Map<string, number>(); // a point for each set of workers that hold it
  for (let point = 0; point < points; point++) {
    const holders = answered.filter((worker) => assignment[worker][point] === 1);
    const name = holders.join();
    if (holders.length === 0) lost.push(point);
    else if (!columns.has(name)) columns.set(name, point);
  }
  if (lost.length > 0) {
    const shown = lost.slice(0, 20).join(", ") + (lost.length > 20 ? ` and ${lost.length - 20} more` : "");
    throw new RangeError(`${caller}: responding has no worker for points ${shown} but must have one for every point`);
  }

  const different = [...columns.values()];
  const weights = new Float64Array(assignment.length);
  if (method === "uniform") for (const worker of answered) weights[worker] = 1;
  else solve(assignment, answered, different, weights);
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (const point of different) {
    let sum = 0;
    for (const worker of answered) sum += weights[worker] * assignment[worker][point];
    least = Math.min(least, sum);
    most = Math.max(most, sum);
  }
  return { weights: weights.map((weight) => weight / least), delta: most / least - 1 };
}

function solve(
  assignment: AssignmentMatrix,
  answered: readonly number[],
  points: readonly number[],
  weights: Float64Array,
): void {
  // Numbered by what they hold, and not by their names, workers get weights that do not depend on these.
  const workers = [...answered].sort((a, b) => {
    const point = points.find((at) => assignment[a][at] !== assignment[b][at]);
    return point === undefined ? a - b : assignment[b][point] - assignment[a][point];
  });
  const { x } = solveLp({
    objective: [...workers.map(() => 0), 1],
    constraints: points.flatMap((point) => {
      const row = workers.map((worker) => assignment[worker][point]);
      return [
        { coefficients: [...row, 0], relation: ">=" as const, bound: 1 },
        { coefficients: [...row, -1], relation: "<=" as const, bound: 0 },
      ];
    }),
  });
  workers.forEach((worker, i) => {
    weights[worker] = Math.max(0, x[i]); // rounding may leave a little less
  });
}
