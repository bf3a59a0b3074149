import { checkCount } from "../../autodiff/check.js";
import { checkParityCheck, checkPositions, type ParityCheck } from "./parity-check.js";
import { Peeler } from "./peeler.js";

export interface PeelingDecodeOptions {
  /** Iterations D at most, a whole number ≥ 0. Default: until nothing changes. */
  readonly iterations?: number;
}

export interface PeelingResult {
  /** The codeword's N rows; undefined where one stays erased. */
  readonly values: readonly (Float64Array | undefined)[];
  /** Positions that stay erased, ascending. Without a bound on iterations: the largest stopping set among the erased. */
  readonly unrecovered: readonly number[];
  /** Iterations that found something. */
  readonly iterations: number;
  /** Multiplications and divisions that it took. */
  readonly operations: number;
}

/**
 * Fills in erased values of a codeword over the reals, as far as checks with a single erased position reach.
 *
 *     c_e = −(1/H_ce) · Σ_{v ≠ e} H_cv · c_v      for each check c with exactly one erased position e, in each iteration
 *
 * A codeword may have several columns, with the same positions erased. What is found does not depend on the order of the
 * checks, and is a linear function of what was received.
 *
 * Reach for it where an exact solve, O(K³), is too dear: peeling takes O(l · N).
 *
 * @param parityCheck - H
 * @param received - N rows of numbers, one for each position; those of erased positions are not looked at
 * @param erased - the positions whose values are missing
 * @throws RangeError if the parity check or `erased` names positions out of range or twice
 * @throws RangeError if there are not N rows, or they differ in length, or `iterations` is not a whole number ≥ 0
 * @source Luby, Mitzenmacher, Shokrollahi and Spielman, "Efficient Erasure Correcting Codes", IEEE Trans. Information
 * Theory 2001; Maity, Rawat and Mazumdar, "Robust Gradient Descent via Moment Encoding with LDPC Codes", ISIT 2019,
 * arXiv:1805.08327
 */
export function peelingDecode(
  parityCheck: ParityCheck,
  received: readonly (ArrayLike<number> | undefined)[],
  erased: readonly number[],
  { iterations = Number.POSITIVE_INFINITY }: PeelingDecodeOptions = {},
): PeelingResult {
  const caller = "peelingDecode";
  checkParityCheck(caller, parityCheck);
  if (iterations !== Number.POSITIVE_INFINITY) checkCount(caller, { iterations }, 0);
  checkPositions(caller, "erased", erased, parityCheck.length);
  if (received.length !== parityCheck.length) {
    throw new RangeError(
      `${caller}: received has ${received.length} rows but must have ${parityCheck.length}, one for each position`,
    );
  }
  const gone = new Set(erased);
  const present = received.findIndex((row, position) => row !== undefined && !gone.has(position));
  const width = received[present]?.length ?? 0;
  const values = received.map((row, position) => {
    if (gone.has(position)) return undefined;
    if (row?.length !== width) {
      throw new RangeError(
        `${caller}: received[${position}] has ${row?.length ?? 0} numbers but must have ${width}, as the others have`,
      );
    }
    return Float64Array.from(row);
  });
  const peeler = new Peeler(parityCheck);
  const { steps, unrecovered, iterations: done } = peeler.schedule(erased, iterations);
  const operations = peeler.solve(steps, values, width);
  return { values, unrecovered, iterations: done, operations };
}
