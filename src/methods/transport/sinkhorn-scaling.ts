import { checkCount, ShapeError, showShape } from "../../autodiff/check.js";
import { checkDType } from "../../autodiff/dtype.js";
import { logSumExp, type Tensor } from "../../autodiff/index.js";

/**
 * Sinkhorn's algorithm in the log domain, for sums of 1: a matrix whose rows and columns are normalized in turn.
 *
 *     x ← x − logsumexp_j x_ij      x ← x − logsumexp_i x_ij      `iterations` times, from x = z
 *
 * exp of the result tends to the plan that maximizes ⟨z, p⟩ − Σ p log p with rows and columns that sum to 1, if there is
 * one: an entropic optimal transport plan for z = −cost / ε. Nothing underflows, however small ε; the gradient flows
 * through all rounds. The number of rounds that is needed grows with the range of z.
 *
 * Reach for it inside a loss, on every backend; for a plan to high precision, on the host, see `sinkhornNewtonSparse`.
 *
 * @param z - `[..., n, m]`
 * @param iterations - rounds, each of rows and then columns, a whole number ≥ 1
 * @returns `[..., n, m]`, logarithms; their columns sum to 1 exactly, their rows as nearly as the rounds allow and n = m
 * @throws DTypeError if `z` is no f32 or f64
 * @throws ShapeError if `z` has fewer than two axes
 * @throws RangeError if `iterations` is no whole number ≥ 1
 * @source Sinkhorn, "A Relationship Between Arbitrary Positive Matrices and Doubly Stochastic Matrices", Annals of
 * Mathematical Statistics 1964; Cuturi, "Sinkhorn Distances", NeurIPS 2013, arXiv:1306.0895
 */
export function sinkhornScaling(z: Tensor, iterations: number): Tensor {
  checkDType("sinkhornScaling", { z }, "f32", "f64");
  if (z.shape.length < 2) {
    throw new ShapeError(`sinkhornScaling: z has shape ${showShape(z.shape)} but must be [..., n, m]`);
  }
  checkCount("sinkhornScaling", { iterations }, 1);
  let x = z;
  for (let round = 0; round < iterations; round++) {
    x = x.sub(logSumExp(x, -1, { keepDims: true }));
    x = x.sub(logSumExp(x, -2, { keepDims: true }));
  }
  return x;
}
