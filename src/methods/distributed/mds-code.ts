import { checkCount } from "../../autodiff/check.js";
import { type Key, normal } from "../../autodiff/index.js";
import { type ErasureCode, widthOf } from "./erasure-code.js";
import { checkPositions } from "./parity-check.js";

export interface MdsCodeOptions {
  /** Positions N of a codeword, ≥ dimension. */
  readonly length: number;
  /** Rows K of a message, ≥ 1. */
  readonly dimension: number;
}

/**
 * A code that any K of its N positions determine, with probability 1: the identity over a Gaussian matrix.
 *
 *     G = [I; A]      A_ij ~ N(0, 1/K)      A_{P,E} · message_E = received_P − A_{P,K∖E} · message_{K∖E}
 *
 * E are the message's erased rows and P as many received parity rows: a system of |E| equations, solved by elimination
 * with partial pivoting, O(|E|³) and O(|E| · K) for each column. With fewer than K positions nothing is solved for.
 *
 * Reach for it where every answer must be exact and decoding may be dear; it is a baseline of `LdpcCode`.
 *
 * @param options - sizes
 * @param key - where A is drawn from
 * @throws RangeError if a size is not a whole number ≥ 1, or `length` below `dimension`
 * @source Lee et al., "Speeding Up Distributed Machine Learning Using Codes", IEEE Trans. Information Theory 2018,
 * arXiv:1512.02673. Gaussian, as Vandermonde matrices over the reals are too badly conditioned
 */
export async function mdsCode({ length, dimension }: MdsCodeOptions, key: Key): Promise<ErasureCode> {
  checkCount("mdsCode", { length, dimension }, 1);
  if (length < dimension) {
    throw new RangeError(`mdsCode: length is ${length} but must be at least dimension, ${dimension}`);
  }
  const dtype = key.backend.dtypes.has("f64") ? "f64" : "f32";
  const parities = length - dimension;
  const drawn = parities === 0 ? [] : await normal(key, [parities * dimension], { dtype }).data();
  const generator = Array.from({ length }, (_, position) => {
    const from = (position - dimension) * dimension;
    const entry = (i: number) => (position === i ? 1 : 0);
    const random = (i: number) => drawn[from + i] / Math.sqrt(dimension);
    return Float64Array.from({ length: dimension }, (_, i) => (position < dimension ? entry(i) : random(i)));
  });

  return {
    length,
    dimension,
    generator,
    recoverable(erased) {
      checkPositions("recoverable", "erased", erased, length);
      const found = new Uint8Array(dimension).fill(1);
      if (length - erased.length >= dimension) return found;
      for (const position of erased) if (position < dimension) found[position] = 0;
      return found;
    },
    decode(received) {
      checkPositions("decode", "received", received.keys(), length);
      const values: (Float64Array | undefined)[] = Array.from({ length: dimension });
      for (const [position, row] of received) if (position < dimension) values[position] = Float64Array.from(row);
      const missing = Array.from(values.keys()).filter((i) => values[i] === undefined);
      const parity = [...received.keys()].filter((position) => position >= dimension).slice(0, missing.length);
      if (missing.length === 0 || parity.length < missing.length) return { values, iterations: 0, operations: 0 };

      const width = widthOf(received);
      const matrix = parity.map((position) => Float64Array.from(missing, (i) => generator[position][i]));
      const right = parity.map((position) => {
        const rest = Float64Array.from(received.get(position) as ArrayLike<number>);
        values.forEach((known, i) => {
          for (let c = 0; known !== undefined && c < width; c++) rest[c] -= generator[position][i] * known[c];
        });
        return rest;
      });
      const forming = parity.length * (dimension - missing.length) * width;
      const operations = forming + solveInPlace(matrix, right, width);
      missing.forEach((i, row) => {
        values[i] = right[row];
      });
      return { values, iterations: 0, operations };
    },
  };
}

/** Turns right sides into solutions; returns multiplications and divisions. */
function solveInPlace(matrix: Float64Array[], right: Float64Array[], width: number): number {
  const size = matrix.length;
  let operations = 0;
  for (let step = 0; step < size; step++) {
    let pivot = step;
    for (let row = step + 1; row < size; row++) {
      if (Math.abs(matrix[row][step]) > Math.abs(matrix[pivot][step])) pivot = row;
    }
    [matrix[step], matrix[pivot]] = [matrix[pivot], matrix[step]];
    [right[step], right[pivot]] = [right[pivot], right[step]];
    for (let row = step + 1; row < size; row++) {
      const factor = matrix[row][step] / matrix[step][step];
      for (let column = step + 1; column < size; column++) matrix[row][column] -= factor * matrix[step][column];
      for (let c = 0; c < width; c++) right[row][c] -= factor * right[step][c];
      operations += size - step + width;
    }
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let column = row + 1; column < size; column++) {
      for (let c = 0; c < width; c++) right[row][c] -= matrix[row][column] * right[column][c];
    }
    for (let c = 0; c < width; c++) right[row][c] /= matrix[row][row];
    operations += (size - row) * width;
  }
  return operations;
}
