import { at, expandDims, full, grad, logSumExp, slice, stack, type Tensor, zeros } from "../../autodiff/index.js";
import { checkChain } from "./chain-subset.js";
import { logAddExp } from "./log-add-exp.js";
import { paddedElements, powerOfTwo, shiftedCounts } from "./log-convolution.js";

/**
 * Logarithm of the total weight of all k-subsets of a chain: `log Σ_{|S|=k} exp(Σ_{i∈S} z_i + Σ_{i,i+1∈S} z_{n+i})`.
 *
 *     A_{L∪R}[j, a, d] = lse_{i,b,c} A_L[i, a, b] + b·c·z_{n+last(L)} + A_R[j − i, c, d]
 *
 * `A_S[j, a, d]` sums over ways to take j of a stretch S, a and d being whether its first and last element are taken.
 * Halves are joined, not elements appended: O(n·k) all the same, and log n operations deep.
 *
 * Reach for it for the log-probability of a subset. Its gradient is `chainSubsetMarginals`.
 *
 * @param z - `[..., 2n − 1]`: the n elements, then the n − 1 pairs of neighbours; finite
 * @param k - a whole number in [1, n]
 * @returns `[...]`
 * @throws DTypeError if `z` is no f32 or f64
 * @throws ShapeError if the last axis is even, empty or missing
 * @throws RangeError if `k` is no whole number in [1, n], or `z` is on the host and not finite
 * @source Paulus et al., "Gradient Estimation with Stochastic Softmax Tricks", NeurIPS 2020, arXiv:2006.08063
 */
export function chainSubsetLogPartition(z: Tensor, k: number): Tensor {
  checkChain("chainSubsetLogPartition", "z", z, k);
  return logPartition(z, k);
}

/**
 * Chances of the elements, and of neighbours both, in a random k-subset whose neighbours attract or repel each other.
 *
 *     μ = ∂ log Z / ∂z      μ_i = P(i ∈ S)      μ_{n+i} = P(i ∈ S and i + 1 ∈ S)
 *
 * Reach for it for the softmax of subsets that should be contiguous, as words of an explanation. O(n·k), differentiable
 * to any order.
 *
 * @param z - `[..., 2n − 1]`: the n elements, then the n − 1 pairs of neighbours; finite
 * @param k - a whole number in [1, n]
 * @returns `[..., 2n − 1]`, in [0, 1]; the first n of a row sum to k
 * @throws DTypeError if `z` is no f32 or f64
 * @throws ShapeError if the last axis is even, empty or missing
 * @throws RangeError if `k` is no whole number in [1, n], or `z` is on the host and not finite
 * @source Paulus et al., "Gradient Estimation with Stochastic Softmax Tricks", NeurIPS 2020, arXiv:2006.08063
 */
export function chainSubsetMarginals(z: Tensor, k: number): Tensor {
  checkChain("chainSubsetMarginals", "z", z, k);
  return grad((scores: Tensor) => logPartition(scores, k).sum())(z);
}

function logPartition(z: Tensor, k: number): Tensor {
  const lead = z.shape.slice(0, -1);
  const n = (z.shape[lead.length] + 1) / 2;
  const part = (from: number, to: number) => slice(z, [...lead.map(() => 0), from], [...lead, to]);
  const elements = paddedElements(part(0, n), powerOfTwo(n), Number.NEGATIVE_INFINITY); // [m, batch]
  const never = full(elements.shape, Number.NEGATIVE_INFINITY, z);
  const out = stack([stack([zeros(elements.shape, z), never]), stack([never, never])]);
  const taken = stack([stack([never, never]), stack([never, elements])]);
  let weights = stack([out, taken]); // [counts, first, last, m, batch]
  if (n === 1) return at(logSumExp(weights, [1, 2, 3]), k).reshape(lead);
  const pairs = paddedElements(part(n, 2 * n - 1), powerOfTwo(n), 0);
  for (let width = 1; width < elements.shape[0]; width *= 2) {
    const every = (first: number) => slice(weights, [0, 0, 0, first], [], { steps: [1, 1, 1, 2] });
    const between = slice(pairs, [width - 1], [], { steps: [2 * width] }); // joins the stretches' ends
    const [lastOut, lastTaken] = [at(every(0), 0, 2), at(every(0), 1, 2)];
    const left = stack([logAddExp(lastOut, lastTaken), logAddExp(lastOut, lastTaken.add(between))], 2);
    const right = shiftedCounts(every(1), k); // [counts, i, first, last, m, batch]
    weights = logSumExp(expandDims(left, 3).add(expandDims(right, 2)), [1, 3]);
  }
  return at(logSumExp(weights, [1, 2, 3]), k).reshape(lead);
}
