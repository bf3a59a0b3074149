import { checkCount } from "../../autodiff/check.js";
import { type Decoded, type ErasureCode, widthOf } from "./erasure-code.js";
import { checkPositions, type ParityCheck } from "./parity-check.js";
import { Peeler } from "./peeler.js";
import { complement } from "./subsets.js";
import { systematicGenerator } from "./systematic-generator.js";

export interface LdpcCodeOptions {
  /** Iterations of peeling at most, a whole number ≥ 0. Default: until nothing changes. */
  readonly iterations?: number;
}

/**
 * A low-density parity-check code over the reals, in systematic form, decoded by peeling.
 *
 *     codeword = G · message      H · codeword = 0      message = the codeword's first K positions
 *
 * Positions are numbered anew, so that the message comes first. Of the erased positions only those are computed that a
 * row of the message depends on.
 *
 * Reach for it to encode moments, `encodeMoments`, for workers that fail.
 *
 * @param parityCheck - H, as from `regularParityCheck`; its checks must be linearly independent
 * @throws RangeError if the parity check has no systematic form, or `iterations` is not a whole number ≥ 0
 * @source Maity, Rawat and Mazumdar, "Robust Gradient Descent via Moment Encoding with LDPC Codes", ISIT 2019,
 * arXiv:1805.08327
 */
export class LdpcCode implements ErasureCode {
  readonly length: number;
  readonly dimension: number;
  readonly generator: readonly Float64Array[];
  /** H, its positions numbered as this code's. */
  readonly parityCheck: ParityCheck;
  readonly #peeler: Peeler;
  readonly #iterations: number;

  constructor(parityCheck: ParityCheck, { iterations = Number.POSITIVE_INFINITY }: LdpcCodeOptions = {}) {
    if (iterations !== Number.POSITIVE_INFINITY) checkCount("LdpcCode", { iterations }, 0);
    const systematic = systematicGenerator(parityCheck);
    this.length = parityCheck.length;
    this.dimension = parityCheck.length - parityCheck.positions.length;
    this.generator = systematic.generator;
    this.parityCheck = systematic.parityCheck;
    this.#peeler = new Peeler(this.parityCheck);
    this.#iterations = iterations;
  }

  /**
   * For each row of the message, 1 if peeling recovers it when these positions are erased, else 0.
   *
   * @throws RangeError if `erased` names positions out of range or twice
   */
  recoverable(erased: readonly number[]): Uint8Array {
    checkPositions("recoverable", "erased", erased, this.length);
    const found = new Uint8Array(this.dimension).fill(1);
    for (const position of this.#peeler.schedule(erased, this.#iterations).unrecovered) {
      if (position < this.dimension) found[position] = 0;
    }
    return found;
  }

  /**
   * The rows of the message that the received ones determine.
   *
   * @param received - rows by position, all of one length
   * @throws RangeError if `received` names positions out of range
   */
  decode(received: ReadonlyMap<number, ArrayLike<number>>): Decoded {
    checkPositions("decode", "received", received.keys(), this.length);
    const values: (Float64Array | undefined)[] = Array.from({ length: this.length });
    for (const [position, row] of received) values[position] = Float64Array.from(row);
    const { steps, iterations } = this.#peeler.schedule(complement(this.length, received.keys()), this.#iterations);
    const needed = this.#peeler.needed(steps, this.dimension);
    const operations = this.#peeler.solve(needed, values, widthOf(received));
    return { values: values.slice(0, this.dimension), iterations, operations };
  }
}
