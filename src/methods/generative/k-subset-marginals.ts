import {
  at,
  expandDims,
  grad,
  logSumExp,
  ones,
  slice,
  stack,
  stopGradient,
  type Tensor,
  zeros,
} from "../../autodiff/index.js";
import { checkSubsetSize, checkUtilities } from "./check-utilities.js";
import { paddedElements, powerOfTwo, shiftedCounts } from "./log-convolution.js";

/**
 * Logarithm of the total weight of all k-subsets: `log Σ_{|S|=k} exp Σ_{i∈S} z_i`.
 *
 *     A_i[0] = 0, A_i[1] = z_i      A_{L∪R}[j] = lse_i A_L[i] + A_R[j − i]      log Z = A_all[k]
 *
 * `A_S[j]` sums over ways to take j of S. Halves are joined, not elements appended: O(n·k) all the same, as no more than k
 * counts are kept, and log n operations deep.
 *
 * Reach for it for the log-probability of a subset, `Σ_{i∈S} z_i − log Z`. Its gradient is `kSubsetMarginals`.
 *
 * @param z - `[..., n]`, finite
 * @param k - a whole number in [1, n]
 * @returns `[...]`
 * @throws DTypeError if `z` is no f32 or f64
 * @throws ShapeError if `z` has no axis or an empty last one
 * @throws RangeError if `k` is no whole number in [1, n], or `z` is on the host and not finite
 * @source Chen and Liu, "Statistical Applications of the Poisson-Binomial and Conditional Bernoulli Distributions",
 * Statistica Sinica 1997 (the recursion, one element at a time)
 */
export function kSubsetLogPartition(z: Tensor, k: number): Tensor {
  checkUtilities("kSubsetLogPartition", "z", z, 1);
  checkSubsetSize("kSubsetLogPartition", k, z.shape[z.shape.length - 1]);
  return logPartition(z, k);
}

/**
 * Inclusion probabilities of the conditional Poisson law: a subset S of k out of n has a chance in proportion to
 * `exp Σ_{i∈S} z_i`.
 *
 *     μ_i = P(i ∈ S) = ∂ log Z / ∂z_i
 *
 * O(n·k), in the log domain, and differentiable to any order: the recursion itself is differentiated.
 *
 * Reach for it for the softmax of k-subsets, or to sample with given unequal chances.
 *
 * @param z - `[..., n]`, finite
 * @param k - a whole number in [1, n]
 * @returns `[..., n]`, in [0, 1], rows that sum to k
 * @throws DTypeError if `z` is no f32 or f64
 * @throws ShapeError if `z` has no axis or an empty last one
 * @throws RangeError if `k` is no whole number in [1, n], or `z` is on the host and not finite
 * @source Chen and Liu, "Statistical Applications of the Poisson-Binomial and Conditional Bernoulli Distributions",
 * Statistica Sinica 1997; Paulus et al., NeurIPS 2020, arXiv:2006.08063 (whose code differentiates by differences)
 */
export function kSubsetMarginals(z: Tensor, k: number): Tensor {
  checkUtilities("kSubsetMarginals", "z", z, 1);
  const n = z.shape[z.shape.length - 1];
  checkSubsetSize("kSubsetMarginals", k, n);
  if (k === n) return ones(z.shape, z);
  const centred = z.sub(stopGradient(z.mean(-1, { keepDims: true }))); // sums of k large z would cost digits
  return grad((scores: Tensor) => logPartition(scores, k).sum())(centred);
}

function logPartition(z: Tensor, k: number): Tensor {
  const elements = paddedElements(z, powerOfTwo(z.shape[z.shape.length - 1]), Number.NEGATIVE_INFINITY); // [m, batch]
  let weights = stack([zeros(elements.shape, z), elements]); // [counts, m, batch]
  for (let parts = elements.shape[0]; parts > 1; parts /= 2) {
    const every = (first: number) => slice(weights, [0, first], [], { steps: [1, 2] });
    weights = logSumExp(shiftedCounts(every(1), k).add(expandDims(every(0), 0)), 1);
  }
  return at(at(weights, k), 0).reshape(z.shape.slice(0, -1));
}
