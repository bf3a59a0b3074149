import { randomKey } from "cotangent";
import { LdpcCode, regularParityCheck } from "cotangent/methods/distributed";
import { floats, seeds } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";
import { rowsOf } from "./codes.js";
import { dot, type LeastSquares } from "./least-squares.js";

/** A least-squares problem with 10 parameters, twice the dimension of `smallCode`, and a point. */
export interface ProblemCase extends LeastSquares {
  readonly point: Float64Array;
  readonly seed: number;
}

export const problems: Arbitrary<ProblemCase> = fc
  .tuple(floats([12, 10]), floats([10]), floats([12], { min: -1, max: 1 }), floats([10]), seeds)
  .map(([numbers, solution, noise, point, seed]) => {
    const design = rowsOf(numbers, 10);
    return {
      design,
      target: Float64Array.from(design, (row, i) => dot(row, solution) + noise[i]),
      solution,
      point,
      seed,
    };
  });

/** A (3, 6) code of length 10 and dimension 5. */
export async function smallCode(seed: number): Promise<LdpcCode> {
  return new LdpcCode(await regularParityCheck({ length: 10 }, randomKey(seed)));
}
