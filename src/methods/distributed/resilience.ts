import { checkCount } from "../../autodiff/check.js";
import { type AssignmentMatrix, checkAssignment } from "./assignment-matrix.js";
import { recoveryVector } from "./recovery-vector.js";
import { checkSubsetCount, complement, subsets } from "./subsets.js";

export interface Resilience {
  /** The least δ that suffices for every set of stragglers; ∞ where one of them leaves a point on no worker. */
  readonly delta: number;
  /** A set of stragglers for which it is needed, the first in lexicographic order; ascending. */
  readonly worst: readonly number[];
}

/**
 * What any t stragglers cost an assignment, by trying them all.
 *
 *     δ = max_{|R| = m − t} δ(R)      with δ(R) of recoveryVector
 *
 * More answers than m − t are never worse, as a weight may be 0. An assignment bears t stragglers if δ is finite, which is
 * when every point is on more than t workers.
 *
 * Reach for it to choose an assignment for up to some twenty workers.
 *
 * @param assignment - A, m rows of n
 * @param stragglers - t, a whole number in [0, m)
 * @throws RangeError if the assignment is not of 0 and 1, or has a point on no worker
 * @throws RangeError if `stragglers` is not a whole number in [0, m), or makes more than 10⁶ sets
 * @source Gandikota, Mazumdar and Rawat, "Reliable Distributed Clustering with Redundant Data Assignment", ISIT 2020,
 * arXiv:2002.08892, for the property; the search is ours
 */
export function resilience(assignment: AssignmentMatrix, stragglers: number): Resilience {
  const points = checkAssignment("resilience", assignment);
  const workers = assignment.length;
  checkCount("resilience", { stragglers }, 0);
  if (stragglers >= workers) {
    throw new RangeError(`resilience: stragglers is ${stragglers} but must be below workers, ${workers}`);
  }
  checkSubsetCount("resilience", "stragglers", workers, stragglers);
  let [delta, worst]: [number, readonly number[]] = [-1, []];
  for (const missing of subsets(workers, stragglers)) {
    const responding = complement(workers, missing);
    const covers = (point: number) => responding.some((worker) => assignment[worker][point] === 1);
    for (let point = 0; point < points; point++) {
      if (!covers(point)) return { delta: Number.POSITIVE_INFINITY, worst: missing };
    }
    const needed = recoveryVector(assignment, responding).delta;
    if (needed > delta) [delta, worst] = [needed, missing];
  }
  return { delta, worst };
}
