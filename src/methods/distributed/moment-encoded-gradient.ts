import type { MomentEncoding } from "./encode-moments.js";
import { checkPositions } from "./parity-check.js";

export interface MomentEncodedGradientOptions {
  /** `[K]`: chance that the code recovers each row, in (0, 1]; dividing by it makes the estimate unbiased. Default: all 1. */
  readonly probabilities?: ArrayLike<number>;
}

export interface MomentEncodedGradient {
  /** `[k]`, 0 where a coordinate was not recovered. */
  readonly gradient: Float64Array;
  /** Coordinates that were not recovered. */
  readonly unrecovered: number;
  /** Iterations of peeling that found something. */
  readonly iterations: number;
  /** Multiplications and divisions of the decoder. */
  readonly operations: number;
}

/**
 * The gradient of least squares from the answers of some workers.
 *
 *     ĝ_j = ((M·θ)_j − b_j) / π_j      for the coordinates j that the code recovers, 0 for the others
 *
 * Without `probabilities`, π = 1: then `E[ĝ_j] = π_j · ∇L_j` when workers fail independently, a gradient that is a little
 * short. With those of `recoveryProbabilities` it is unbiased. With no straggler, or few, it is exact.
 *
 * Reach for it in a loop of your own; `momentEncodedGradientDescent` is the plain one.
 *
 * @param encoding - what `encodeMoments` made
 * @param answers - by worker, what `momentProducts` gave: a number for each block
 * @throws RangeError if `answers` names workers out of range, or an answer does not have a number for each block
 * @throws RangeError if `probabilities` does not have K numbers in (0, 1]
 * @source Maity, Rawat and Mazumdar, "Robust Gradient Descent via Moment Encoding with LDPC Codes", ISIT 2019,
 * arXiv:1805.08327; dividing by π_j is ours
 */
export function momentEncodedGradient(
  encoding: MomentEncoding,
  answers: ReadonlyMap<number, ArrayLike<number>>,
  { probabilities }: MomentEncodedGradientOptions = {},
): MomentEncodedGradient {
  const caller = "momentEncodedGradient";
  const { code, parameters, blocks, products } = encoding;
  checkPositions(caller, "answers", answers.keys(), code.length);
  for (const [worker, answer] of answers) {
    if (answer.length !== blocks) {
      throw new RangeError(
        `${caller}: answer ${worker} has ${answer.length} numbers but must have ${blocks}, one for each block`,
      );
    }
  }
  checkRecoveryProbabilities(caller, code.dimension, probabilities);

  const { values, iterations, operations } = code.decode(answers);
  const gradient = new Float64Array(parameters);
  let unrecovered = 0;
  for (let j = 0; j < parameters; j++) {
    const row = j % code.dimension;
    const found = values[row]?.[Math.floor(j / code.dimension)];
    if (found === undefined) unrecovered++;
    else gradient[j] = (found - products[j]) / (probabilities?.[row] ?? 1);
  }
  return { gradient, unrecovered, iterations, operations };
}

/** Throws what the functions promise that divide by them. */
export function checkRecoveryProbabilities(
  caller: string,
  dimension: number,
  probabilities: ArrayLike<number> | undefined,
): void {
  if (probabilities === undefined) return;
  if (probabilities.length !== dimension) {
    throw new RangeError(
      `${caller}: probabilities has ${probabilities.length} numbers but must have ${dimension}, the code's dimension`,
    );
  }
  for (let i = 0; i < dimension; i++) {
    if (!(probabilities[i] > 0 && probabilities[i] <= 1)) {
      throw new RangeError(
        `${caller}: probabilities holds ${probabilities[i]} at ${i} but must hold numbers in (0, 1]`,
      );
    }
  }
}
