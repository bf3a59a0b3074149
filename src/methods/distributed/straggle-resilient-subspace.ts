import { checkAbove, checkCount } from "../../autodiff/check.js";
import type { AssignmentMatrix } from "./assignment-matrix.js";
import type { RecoveryVectorOptions } from "./recovery-vector.js";
import { singularDirections } from "./singular-directions.js";
import { checkSpread, weightedSummaries } from "./weighted-summaries.js";
import type { Workers } from "./workers.js";

export interface StraggleResilientSubspaceOptions {
  /** Dimension r of the subspace, a whole number in [1, d]. */
  readonly rank: number;
  /** ε > 0: workers send r + ⌈r/ε⌉ − 1 directions, and the residual is within 1 + ε. Default: all, and nothing is lost. */
  readonly accuracy?: number;
  /** How to weigh the workers that answer. Default `"linear-program"`. */
  readonly recovery?: RecoveryVectorOptions["method"];
}

export interface StraggleResilientSubspace {
  /** r orthonormal rows of d numbers, the strongest direction first. */
  readonly basis: readonly Float64Array[];
  /** `[r]`: singular values of the weighted summaries along them. */
  readonly values: Float64Array;
  /** `[m]`: how much each worker counted, 0 for those that did not answer. */
  readonly weights: Float64Array;
  /** Every point was counted with a weight between 1 and 1 + δ. */
  readonly delta: number;
  /** Workers that answered, ascending. */
  readonly responding: readonly number[];
  /** How long the coordinator waited. */
  readonly elapsed: number;
}

/**
 * The subspace nearest to points that are held redundantly by workers that fail: principal components without centring.
 *
 *     worker i:     the top q rows of Σ_i·V_iᵀ        P_i = U_i·Σ_i·V_iᵀ
 *     coordinator:  the top r right singular vectors of all √b_i · Σ_i·V_iᵀ, stacked        b by recoveryVector(A, R)
 *     Pᵀ·P ⪯ Σ_i b_i · P_iᵀ·P_i ⪯ (1 + δ)·Pᵀ·P        residual ≤ (1 + δ)·(1 + ε) · the best of rank r
 *
 * Each worker sends q·d numbers, once.
 *
 * Reach for it for principal components of data spread over workers of which some do not answer; centre the points first
 * if their mean is not to count.
 *
 * @param points - n rows of d numbers, finite
 * @param assignment - A, a row for each worker, as of `assignmentMatrix`
 * @param workers - as many as the assignment has rows
 * @param options - the dimension, and how much to send
 * @throws RangeError if points, assignment and workers do not fit each other, or hold what they must not
 * @throws RangeError if `rank` is not a whole number in [1, d], or `accuracy` not above 0, or a point is on no worker that
 * answered
 * @throws TypeError if `recovery` is not one of those listed
 * @claim With two of six workers missing the plane has the residual of the best one, where δ = 0, and several times that
 * without redundancy. At n = 600 in 20 dimensions, the two strong directions in a block each, over 15 trials: a residual
 * within 1e-9 of the best with cyclic repetition 3, 1.0001 times it with ε = 0.5, and 4.7 times on average, 4.0 at least, in
 * the 8 trials where one of the two blocks was missing and ignored
 * @question My workers fail; I need a guarantee
 * @source Gandikota, Mazumdar and Rawat, "Reliable Distributed Clustering with Redundant Data Assignment", ISIT 2020,
 * arXiv:2002.08892. The guarantee is derived anew
 */
export async function straggleResilientSubspace(
  points: readonly ArrayLike<number>[],
  assignment: AssignmentMatrix,
  workers: Workers,
  { rank, accuracy, recovery = "linear-program" }: StraggleResilientSubspaceOptions,
): Promise<StraggleResilientSubspace> {
  const caller = "straggleResilientSubspace";
  const width = checkSpread(caller, points, assignment, workers);
  checkCount(caller, { rank }, 1);
  if (rank > width)
    throw new RangeError(`${caller}: rank is ${rank} but must be at most ${width}, as points have axes`);
  if (accuracy !== undefined) checkAbove(caller, { accuracy }, 0);

  const kept = accuracy === undefined ? width : Math.min(width, rank + Math.ceil(rank / accuracy) - 1);
  const task: SketchTask = { kept, width };
  const spread = await weightedSummaries(points, assignment, workers, sketchRows, task, { method: recovery });
  const stacked = spread.summaries.flatMap(({ weight, summary }) =>
    summary.map((row) => row.map((value) => Math.sqrt(weight) * value)),
  );
  const { values, directions } = singularDirections(stacked, width);
  const { weights, delta, responding, elapsed } = spread;
  return { basis: directions.slice(0, rank), values: values.slice(0, rank), weights, delta, responding, elapsed };
}

/** What a worker is asked for: the top `kept` directions in a space of `width` axes. */
export interface SketchTask {
  readonly kept: number;
  readonly width: number;
}

/** What a worker does: its top right singular vectors, scaled by their singular values. */
export function sketchRows(share: readonly Float64Array[], { kept, width }: SketchTask): Float64Array[] {
  const { values, directions } = singularDirections(share, width);
  const rows = Math.min(kept, share.length); // no matrix has more singular values than rows
  return directions.slice(0, rows).map((direction, i) => direction.map((value) => values[i] * value));
}
