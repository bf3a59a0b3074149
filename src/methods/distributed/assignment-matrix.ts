import { checkAbove, checkCount, checkOneOf } from "../../autodiff/check.js";
import type { Key } from "../../autodiff/index.js";
import { drawUniforms, smallest } from "./draw-uniforms.js";

/** Which worker holds which point: a row of 0 and 1 for each worker, with a number for each point. */
export type AssignmentMatrix = readonly ArrayLike<number>[];

export interface AssignmentOptions {
  /** Number of workers m, a whole number ≥ 1. */
  readonly workers: number;
  /** Number of points n, a whole number ≥ 1. */
  readonly points: number;
  /**
   * `"fractional"`: m / r groups of r workers, all of a group with the same block of points. `"cyclic"`: m blocks, worker i
   * with blocks i to i + r − 1, modulo m. `"regular"`: each point on r random workers. `"bernoulli"`: each point on each
   * worker with chance r / m, drawn again where no worker has it.
   */
  readonly scheme: "fractional" | "cyclic" | "regular" | "bernoulli";
  /** Workers r that hold a point, a whole number in [1, m]; `"bernoulli"`: on average, any number in (0, m]. Default 2. */
  readonly replication?: number;
}

/**
 * Assigns points to workers redundantly, for methods that go on without some of the workers.
 *
 *     A_ij = 1 if worker i holds point j      load_i = Σ_j A_ij      replication_j = Σ_i A_ij
 *
 * Blocks are contiguous and as equal as can be. Fractional repetition has recovery vectors with δ = 0 and bears any r − 1
 * stragglers; cyclic repetition bears as many, for any m. With random stragglers, each with chance p, the coverage of the
 * random schemes is close to (1 − p)·r: r of order log n / ((1 − p)·δ²) suffices for δ.
 *
 * Reach for it before `straggleResilientKMedian` and `straggleResilientSubspace`; with `replication: 1` nothing is
 * redundant.
 *
 * @param options - sizes, scheme and redundancy
 * @param key - where the random schemes draw from
 * @returns m rows of n
 * @throws RangeError if a number is out of its range, or `replication` does not divide `workers` with `"fractional"`
 * @throws TypeError if `scheme` is not one of those listed
 * @source Gandikota, Mazumdar and Rawat, "Reliable Distributed Clustering with Redundant Data Assignment", ISIT 2020,
 * arXiv:2002.08892; Tandon, Lei, Dimakis and Karampatziakis, "Gradient Coding", ICML 2017, arXiv:1612.03301, for the
 * fractional and the cyclic scheme
 */
export async function assignmentMatrix(options: AssignmentOptions, key: Key): Promise<Uint8Array[]> {
  const { workers, points, scheme, replication = 2 } = options;
  const caller = "assignmentMatrix";
  checkCount(caller, { workers, points }, 1);
  checkOneOf(caller, "scheme", scheme, ["fractional", "cyclic", "regular", "bernoulli"]);
  if (scheme === "bernoulli") checkAbove(caller, { replication }, 0);
  else checkCount(caller, { replication }, 1);
  if (replication > workers) {
    throw new RangeError(`${caller}: replication is ${replication} but must be at most workers, ${workers}`);
  }
  if (scheme === "fractional" && workers % replication !== 0) {
    throw new RangeError(
      `${caller}: replication is ${replication} but must divide workers, ${workers}, with scheme "fractional"`,
    );
  }

  const matrix = Array.from({ length: workers }, () => new Uint8Array(points));
  const blocks = scheme === "fractional" ? workers / replication : workers;
  for (let point = 0; point < points; point++) {
    const block = Math.floor((point * blocks) / points);
    if (scheme === "fractional") {
      for (let i = 0; i < replication; i++) matrix[block * replication + i][point] = 1;
    } else if (scheme === "cyclic") {
      for (let i = 0; i < replication; i++) matrix[(block + workers - i) % workers][point] = 1;
    }
  }
  if (scheme === "regular") {
    const uniforms = await drawUniforms(key, points * workers);
    for (let point = 0; point < points; point++) {
      const mine = uniforms.subarray(point * workers, (point + 1) * workers);
      for (const worker of smallest(mine, replication)) matrix[worker][point] = 1;
    }
  }
  if (scheme === "bernoulli") {
    let open = Array.from({ length: points }, (_, point) => point);
    for (let round = 0; open.length > 0; round++) {
      const uniforms = await drawUniforms(key.at(round), open.length * workers);
      open.forEach((point, i) => {
        for (let worker = 0; worker < workers; worker++) {
          matrix[worker][point] = uniforms[i * workers + worker] * workers < replication ? 1 : 0;
        }
      });
      open = open.filter((point) => matrix.every((row) => row[point] === 0));
    }
  }
  return matrix;
}

/**
 * Throws RangeError unless rows are of one length, of 0 and 1, and every point is on a worker.
 *
 * @returns the number of points
 */
export function checkAssignment(caller: string, assignment: AssignmentMatrix): number {
  if (assignment.length === 0)
    throw new RangeError(`${caller}: assignment has 0 rows but must have one for each worker`);
  const points = assignment[0].length;
  if (points === 0) throw new RangeError(`${caller}: assignment has 0 columns but must have one for each point`);
  assignment.forEach((row, worker) => {
    if (row.length !== points) {
      throw new RangeError(
        `${caller}: assignment[${worker}] has ${row.length} numbers but must have ${points}, as assignment[0]`,
      );
    }
    for (let point = 0; point < points; point++) {
      if (row[point] !== 0 && row[point] !== 1) {
        throw new RangeError(`${caller}: assignment[${worker}] holds ${row[point]} at ${point} but must hold 0 or 1`);
      }
    }
  });
  for (let point = 0; point < points; point++) {
    if (assignment.every((row) => row[point] === 0)) {
      throw new RangeError(`${caller}: assignment has no worker for point ${point} but must have one for every point`);
    }
  }
  return points;
}
