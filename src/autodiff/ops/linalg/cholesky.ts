import type { HostKernel } from "../../../backends/backend.js";
import { apply } from "../../graph.js";
import type { Tensor } from "../../tensor.js";
import { eye } from "../gather.js";
import { transposeLast } from "../movement.js";
import { checkSquare, lowerTriangle, symmetricPart } from "./matrix.js";
import { triangularSolve } from "./triangular-solve.js";

/**
 * The lower triangular `L` with `L·Lᵀ = a` and a positive diagonal.
 *
 * Only the symmetric part `(a + aᵀ)/2` counts, so the gradient is symmetric. Computed on the host in f64 on every
 * backend.
 *
 * Reach for it to solve with, sample from or take the determinant of a covariance: `log det a = 2·Σ log diag L`.
 *
 * @param a - `[..., n, n]`, positive definite
 * @returns `[..., n, n]`; a matrix that is not positive definite gives NaN throughout, others in the batch are unharmed
 * @throws ShapeError if the two last axes differ or there are fewer
 * @throws DTypeError if `a` is not f32 or f64
 * @source Murray, "Differentiation of the Cholesky decomposition", 2016, arXiv:1602.07527, eq. 9–10
 */
export function cholesky(a: Tensor): Tensor {
  const size = checkSquare("cholesky", a);
  return apply("cholesky", "cholesky", [a], {
    shape: a.shape,
    dtype: a.dtype,
    attributes: { size },
    host: choleskyFactor,
    //   ā = sym(L⁻ᵀ·Φ(Lᵀ·L̄)·L⁻¹)      Φ: the lower triangle, its diagonal halved
    pullback: (grad, factor) => {
      const lower = lowerTriangle(transposeLast(factor).matmul(grad));
      const halved = lower.sub(lower.mul(eye(size, lower)).mul(0.5));
      const left = triangularSolve(factor, halved, { transpose: true });
      const both = triangularSolve(factor, transposeLast(left), { transpose: true });
      return [symmetricPart(both)];
    },
  });
}

const choleskyFactor: HostKernel = ([a], output, attributes) => {
  const n = attributes.size as number;
  const factor = new Float64Array(n * n);
  for (let start = 0; start < a.length; start += n * n) {
    factor.fill(0);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let rest = (a[start + i * n + j] + a[start + j * n + i]) / 2;
        for (let k = 0; k < j; k++) rest -= factor[i * n + k] * factor[j * n + k];
        if (j < i) factor[i * n + j] = rest / factor[j * n + j];
        else if (rest > 0) factor[i * n + i] = Math.sqrt(rest);
        else factor.fill(Number.NaN); // and so is every pivot after this one
      }
    }
    output.set(factor, start);
  }
};
