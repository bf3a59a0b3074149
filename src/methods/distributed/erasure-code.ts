import { checkRows } from "./check-rows.js";

/** What a decoder makes of the rows that came. */
export interface Decoded {
  /** The message's K rows; undefined where one could not be recovered. */
  readonly values: readonly (Float64Array | undefined)[];
  /** Rounds of peeling that found something; 0 for decoders that do not peel. */
  readonly iterations: number;
  /** Multiplications and divisions that it took. */
  readonly operations: number;
}

/** A linear code over the reals, one position for each worker: its codewords are `G · message`. */
export interface ErasureCode {
  /** Positions N of a codeword. */
  readonly length: number;
  /** Rows K of a message, ≤ N. */
  readonly dimension: number;
  /** G, N rows of K numbers. */
  readonly generator: readonly Float64Array[];
  /** For each row of the message, 1 if it can be recovered when these positions are erased. */
  recoverable(erased: readonly number[]): Uint8Array;
  /** Recovers what it can from the rows that came, by position; they are of one length. */
  decode(received: ReadonlyMap<number, ArrayLike<number>>): Decoded;
}

/**
 * The codeword of a message: `codeword_i = Σ_j G_ij · message_j`, one row for each worker.
 *
 * Reach for it to spread rows of your own over workers, and get them back by the code's `decode`.
 *
 * @param code - what to encode with
 * @param message - K rows, of one length
 * @returns N rows
 * @throws RangeError if there are not K rows, or they differ in length
 * @source Lee et al., "Speeding Up Distributed Machine Learning Using Codes", IEEE Trans. Information Theory 2018,
 * arXiv:1512.02673
 */
export function encodeRows(code: ErasureCode, message: readonly ArrayLike<number>[]): Float64Array[] {
  const { generator, dimension } = code;
  if (message.length !== dimension) {
    throw new RangeError(
      `encodeRows: message has ${message.length} rows but must have ${dimension}, the code's dimension`,
    );
  }
  const width = checkRows("encodeRows", "message", message);
  return generator.map((factors) => {
    const row = new Float64Array(width);
    factors.forEach((factor, i) => {
      if (factor === 0) return;
      for (let column = 0; column < width; column++) row[column] += factor * message[i][column];
    });
    return row;
  });
}

/** The length of the rows that came, 0 if there is none. */
export function widthOf(received: ReadonlyMap<number, ArrayLike<number>>): number {
  for (const row of received.values()) return row.length;
  return 0;
}
