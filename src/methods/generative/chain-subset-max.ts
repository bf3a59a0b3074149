import { apply } from "../../autodiff/graph.js";
import { type HostKernel, stopGradient, type Tensor } from "../../autodiff/index.js";
import { checkChain } from "./chain-subset.js";

/**
 * The k-subset of a chain with the largest total utility, by dynamic programming over position, number left and last bit.
 *
 *     argmax_{|S|=k} Σ_{i∈S} utilities_i + Σ_{i,i+1∈S} utilities_{n+i}
 *
 * Ties go to the subset with the earlier elements. Computed on the host on every backend, when its value is asked for;
 * without gradient. O(n·k).
 *
 * Reach for it to decode a subset whose neighbours attract or repel each other.
 *
 * @param utilities - `[..., 2n − 1]`: the n elements, then the n − 1 pairs of neighbours; finite
 * @param k - a whole number in [1, n]
 * @returns `[..., 2n − 1]`, 1 for the elements chosen and for neighbours that both are, else 0. Utilities that a device
 * holds are not checked: those that are not finite give NaN
 * @throws DTypeError if `utilities` is no f32 or f64
 * @throws ShapeError if the last axis is even, empty or missing
 * @throws RangeError if `k` is no whole number in [1, n], or `utilities` is on the host and not finite
 * @source Viterbi 1967 (the recursion); Paulus et al., NeurIPS 2020, arXiv:2006.08063 (the structure)
 */
export function chainSubsetMax(utilities: Tensor, k: number): Tensor {
  checkChain("chainSubsetMax", "utilities", utilities, k);
  const { shape, dtype } = utilities;
  return apply("chainSubsetMax", "chainSubset", [stopGradient(utilities)], {
    shape,
    dtype,
    attributes: { k },
    host: chainSubset,
  });
}

const chainSubset: HostKernel = ([utilities], output, attributes, { output: shape }) => {
  const width = shape[shape.length - 1];
  const n = (width + 1) / 2;
  const k = attributes.k as number;
  // rest[i, j, bit]: the best that elements from i on can do if j of them are taken, bit being whether i − 1 is
  const rest = new Float64Array((n + 1) * (k + 1) * 2);
  const place = (i: number, j: number, bit: number) => (i * (k + 1) + j) * 2 + bit;
  output.fill(0);
  for (let start = 0; start < utilities.length; start += width) {
    const row = utilities.subarray(start, start + width);
    if (!row.every(Number.isFinite)) {
      output.fill(Number.NaN, start, start + width);
      continue;
    }
    const ifTaken = (i: number, j: number, bit: number) =>
      j === 0 ? Number.NEGATIVE_INFINITY : row[i] + (bit === 1 ? row[n + i - 1] : 0) + rest[place(i + 1, j - 1, 1)];
    for (let j = 0; j <= k; j++) rest.fill(j === 0 ? 0 : Number.NEGATIVE_INFINITY, place(n, j, 0), place(n, j, 2));
    for (let i = n - 1; i >= 1; i--) {
      for (let j = 0; j <= k; j++) {
        for (let bit = 0; bit < 2; bit++) {
          rest[place(i, j, bit)] = Math.max(ifTaken(i, j, bit), rest[place(i + 1, j, 0)]);
        }
      }
    }
    let [left, bit] = [k, 0];
    for (let i = 0; i < n; i++) {
      const isTaken = left > 0 && ifTaken(i, left, bit) >= rest[place(i + 1, left, 0)];
      if (isTaken) {
        output[start + i] = 1;
        if (bit === 1) output[start + n + i - 1] = 1;
        left--;
      }
      bit = isTaken ? 1 : 0;
    }
  }
};
