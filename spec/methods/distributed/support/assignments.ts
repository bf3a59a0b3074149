import { randomKey } from "cotangent";
import { type AssignmentOptions, assignmentMatrix } from "cotangent/methods/distributed";
import { seeds } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";

/** An assignment of up to 8 points to up to 5 workers, by any scheme. */
export interface AssignmentCase extends AssignmentOptions {
  readonly seed: number;
}

export const assignments: Arbitrary<AssignmentCase> = fc.record({
  workers: fc.constantFrom(4, 5),
  points: fc.integer({ min: 6, max: 8 }),
  scheme: fc.constantFrom("cyclic", "regular", "bernoulli"),
  replication: fc.constantFrom(2, 3),
  seed: seeds,
});

export function matrixOf({ seed, ...options }: AssignmentCase): Promise<Uint8Array[]> {
  return assignmentMatrix(options, randomKey(seed));
}

/** How often weights count each point. */
export function coverage(matrix: readonly ArrayLike<number>[], weights: ArrayLike<number>): number[] {
  return Array.from(matrix[0], (_, point) => matrix.reduce((sum, row, i) => sum + weights[i] * row[point], 0));
}

/** Whether every point is on one of these workers. */
export function covers(matrix: readonly ArrayLike<number>[], responding: readonly number[]): boolean {
  return Array.from(matrix[0]).every((_, point) => responding.some((worker) => matrix[worker][point] === 1));
}
