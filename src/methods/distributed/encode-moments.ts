import { checkFinite, checkRows } from "./check-rows.js";
import { type ErasureCode, encodeRows } from "./erasure-code.js";

export interface EncodeMomentsOptions {
  /** Fill the last block with rows of zeros where the code's dimension does not divide the parameters. Default false. */
  readonly padding?: boolean;
}

/** A least-squares problem, spread over workers. */
export interface MomentEncoding {
  readonly code: ErasureCode;
  /** Parameters k. */
  readonly parameters: number;
  /** Blocks of the code's dimension that the parameters make. */
  readonly blocks: number;
  /** `[k]`: b = Xᵀy. */
  readonly products: Float64Array;
  /** What each worker holds: a row of k numbers for each block. */
  readonly shares: readonly (readonly Float64Array[])[];
}

/**
 * Encodes the second moments of a least-squares problem for workers that may fail to answer.
 *
 *     M = Xᵀ·X      b = Xᵀ·y      C⁽ʲ⁾ = G · M⁽ʲ⁾      worker i holds row i of every C⁽ʲ⁾
 *
 * The rows of M are cut into blocks M⁽ʲ⁾ of as many rows as the code has dimensions. That takes O(n·k²) once, and N/K
 * times the memory of M over all workers.
 *
 * Reach for it before `momentEncodedGradientDescent`, where there are far more examples than parameters.
 *
 * @param design - X, n rows of k numbers, finite
 * @param target - y, `[n]`, finite
 * @param code - one position for each worker
 * @throws RangeError if X has no rows, rows of different lengths or numbers that are not finite, or y does not fit it
 * @throws RangeError if the code's dimension does not divide k, and `padding` is false
 * @source Maity, Rawat and Mazumdar, "Robust Gradient Descent via Moment Encoding with LDPC Codes", ISIT 2019,
 * arXiv:1805.08327
 */
export function encodeMoments(
  design: readonly ArrayLike<number>[],
  target: ArrayLike<number>,
  code: ErasureCode,
  { padding = false }: EncodeMomentsOptions = {},
): MomentEncoding {
  const caller = "encodeMoments";
  const parameters = checkRows(caller, "design", design);
  if (target.length !== design.length) {
    throw new RangeError(
      `${caller}: target has ${target.length} numbers but must have ${design.length}, as design rows`,
    );
  }
  checkFinite(caller, "target", target);
  const { length, dimension } = code;
  if (!padding && parameters % dimension !== 0) {
    throw new RangeError(
      `${caller}: design has ${parameters} columns but must have a multiple of the code's dimension, ${dimension}; or set padding`,
    );
  }

  const blocks = Math.ceil(parameters / dimension);
  const moments = Array.from({ length: blocks * dimension }, () => new Float64Array(parameters));
  const products = new Float64Array(parameters);
  design.forEach((row, example) => {
    for (let i = 0; i < parameters; i++) {
      const [into, factor] = [moments[i], row[i]];
      products[i] += factor * target[example];
      for (let j = 0; j <= i; j++) into[j] += factor * row[j];
    }
  });
  for (let i = 0; i < parameters; i++) for (let j = 0; j < i; j++) moments[j][i] = moments[i][j];

  const shares: Float64Array[][] = Array.from({ length }, () => []);
  for (let block = 0; block < blocks; block++) {
    const encoded = encodeRows(code, moments.slice(block * dimension, (block + 1) * dimension));
    encoded.forEach((row, worker) => {
      shares[worker].push(row);
    });
  }
  return { code, parameters, blocks, products, shares };
}

/** What a worker does: the inner product of the parameters with each of its rows, O(k²/K). */
export function momentProducts(share: readonly Float64Array[], parameters: ArrayLike<number>): Float64Array {
  return Float64Array.from(share, (row) => {
    let sum = 0;
    for (let i = 0; i < row.length; i++) sum += row[i] * parameters[i];
    return sum;
  });
}
