import {
  cast,
  exp,
  greater,
  log,
  logSumExp,
  max,
  min,
  ones,
  slice,
  sort,
  stack,
  stopGradient,
  type Tensor,
  where,
} from "../../autodiff/index.js";
import { checkSubsetSize, checkUtilities } from "./check-utilities.js";

/**
 * The relaxed choice of k out of n under categorical entropy: a softmax times k whose entries are held at 1.
 *
 *     x = argmax_{0 ≤ x ≤ 1, Σx = k} ⟨z, x⟩ − Σ x log x = min(1, exp(z − λ))      λ = min_{m<k} log Σ_{i>m} exp(z_(i)) − log(k − m)
 *
 * With m entries held at 1 the others share k − m in proportion to exp z; where none is, x is `k · softmax(z)`.
 *
 * Reach for it as a relaxation of k-subsets that is a plain softmax until a choice is certain. O(n·k).
 *
 * @param z - `[..., n]`, finite
 * @param k - a whole number in [1, n]
 * @returns `[..., n]`, in [0, 1], rows that sum to k
 * @throws DTypeError if `z` is no f32 or f64
 * @throws ShapeError if `z` has no axis or an empty last one
 * @throws RangeError if `k` is no whole number in [1, n], or `z` is on the host and not finite
 * @source Paulus et al., "Gradient Estimation with Stochastic Softmax Tricks", NeurIPS 2020, arXiv:2006.08063; the
 * formula for the caps is ours
 */
export function kSubsetEntropy(z: Tensor, k: number): Tensor {
  checkUtilities("kSubsetEntropy", "z", z, 1);
  const n = z.shape[z.shape.length - 1];
  checkSubsetSize("kSubsetEntropy", k, n);
  if (k === n) return ones(z.shape, z);
  const shifted = z.sub(stopGradient(max(z, -1, { keepDims: true })));
  const fixed = stopGradient(shifted);
  const capped = greater(fixed, logNormalizer(fixed, k));
  const others = where(capped, Number.NEGATIVE_INFINITY, shifted);
  const left = cast(capped, z.dtype).sum(-1, { keepDims: true }).neg().add(k);
  return where(capped, 1, exp(others.sub(logSumExp(others, -1, { keepDims: true })).add(log(left))));
}

function logNormalizer(z: Tensor, k: number): Tensor {
  const last = z.shape.length - 1;
  const sorted = sort(z, -1, { descending: true });
  const candidates = Array.from({ length: k }, (_, m) => {
    const starts = z.shape.map((_size, axis) => (axis === last ? m : 0));
    return logSumExp(slice(sorted, starts, z.shape), -1, { keepDims: true }).sub(Math.log(k - m));
  });
  return min(stack(candidates), 0);
}
