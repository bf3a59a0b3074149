import { checkCount } from "../../autodiff/check.js";
import type { ErasureCode } from "./erasure-code.js";
import { checkPositions } from "./parity-check.js";

export interface ReplicationCodeOptions {
  /** Rows K of a message, ≥ 1. */
  readonly dimension: number;
  /** Workers c that hold each row, ≥ 1; 1 is no code at all, and what a straggler holds is lost. Default 2. */
  readonly copies?: number;
}

/**
 * The plainest of codes: every row of the message on several workers, and any one of them will do.
 *
 *     N = c · K      codeword position p holds row p mod K
 *
 * Reach for it as the baseline of `LdpcCode`; with one copy it is the uncoded scheme that ignores stragglers.
 *
 * @param options - rows and copies
 * @throws RangeError if `dimension` or `copies` is not a whole number ≥ 1
 * @source Maity, Rawat and Mazumdar, "Robust Gradient Descent via Moment Encoding with LDPC Codes", ISIT 2019,
 * arXiv:1805.08327, where it is a baseline
 */
export function replicationCode({ dimension, copies = 2 }: ReplicationCodeOptions): ErasureCode {
  checkCount("replicationCode", { dimension, copies }, 1);
  const length = copies * dimension;
  const generator = Array.from({ length }, (_, position) => {
    const unit = new Float64Array(dimension);
    unit[position % dimension] = 1;
    return unit;
  });
  return {
    length,
    dimension,
    generator,
    recoverable(erased) {
      checkPositions("recoverable", "erased", erased, length);
      const left = new Int32Array(dimension).fill(copies);
      for (const position of erased) left[position % dimension]--;
      return Uint8Array.from(left, (held) => (held > 0 ? 1 : 0));
    },
    decode(received) {
      checkPositions("decode", "received", received.keys(), length);
      const values: (Float64Array | undefined)[] = Array.from({ length: dimension });
      for (const [position, row] of received) values[position % dimension] ??= Float64Array.from(row);
      return { values, iterations: 0, operations: 0 };
    },
  };
}
