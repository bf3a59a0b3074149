import {
  customVjp,
  greater,
  logSigmoid,
  max,
  min,
  ones,
  sigmoid,
  softmax,
  stopGradient,
  type Tensor,
  where,
} from "../../autodiff/index.js";
import { checkSubsetSize, checkUtilities } from "./check-utilities.js";

/**
 * The relaxed choice of k out of n under binary entropy.
 *
 *     x = argmax_{0 ≤ x ≤ 1, Σx = k} ⟨z, x⟩ − Σ x log x + (1 − x) log(1 − x) = σ(z − ν)      ν so that Σx = k
 *
 * ν comes of a bisection, which is not differentiated: its gradient is the implicit one, `∂ν/∂z_i = d_i / Σd` with
 * `d = x(1 − x)`, to any order.
 *
 * Reach for it as a relaxation of k-subsets that costs O(n) whatever k is; `kSubsetMarginals` costs O(n·k).
 *
 * @param z - `[..., n]`, finite
 * @param k - a whole number in [1, n]
 * @returns `[..., n]`, in [0, 1], rows that sum to k
 * @throws DTypeError if `z` is no f32 or f64
 * @throws ShapeError if `z` has no axis or an empty last one
 * @throws RangeError if `k` is no whole number in [1, n], or `z` is on the host and not finite
 * @source Amos, Koltun and Kolter, "The Limited Multi-Label Projection Layer", 2019, arXiv:1906.08707, §3–4
 */
export function kSubsetBinaryEntropy(z: Tensor, k: number): Tensor {
  checkUtilities("kSubsetBinaryEntropy", "z", z, 1);
  const n = z.shape[z.shape.length - 1];
  checkSubsetSize("kSubsetBinaryEntropy", k, n);
  if (k === n) return ones(z.shape, z);
  const shifted = z.sub(stopGradient(max(z, -1, { keepDims: true })));
  const threshold = customVjp(
    (values: Tensor) => bisect(values, k),
    // d / Σd as a softmax of log d: where all x are 0 or 1 to rounding d underflows
    (grad, nu, values) => [grad.mul(softmax(logSigmoid(values.sub(nu)).add(logSigmoid(nu.sub(values))), -1))],
  );
  return sigmoid(shifted.sub(threshold(shifted)));
}

/** ν with `Σ σ(z − ν) = k`, `[..., 1]`: between where it would be if all z were as the least, and as the largest. */
function bisect(z: Tensor, k: number): Tensor {
  const logit = Math.log(k / (z.shape[z.shape.length - 1] - k));
  let low = min(z, -1, { keepDims: true }).sub(logit);
  let high = max(z, -1, { keepDims: true }).sub(logit);
  const halvings = z.dtype === "f64" ? 64 : 36; // from a width of 10⁴ to the last bit
  for (let i = 0; i < halvings; i++) {
    const middle = low.add(high).mul(0.5);
    const tooMany = greater(sigmoid(z.sub(middle)).sum(-1, { keepDims: true }), k);
    low = where(tooMany, middle, low);
    high = where(tooMany, high, middle);
  }
  return low.add(high).mul(0.5);
}
