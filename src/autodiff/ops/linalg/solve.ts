import type { HostKernel } from "../../../backends/backend.js";
import { apply } from "../../graph.js";
import type { Tensor } from "../../tensor.js";
import { eye } from "../gather.js";
import { transposeLast } from "../movement.js";
import { eliminate } from "./eliminate.js";
import { checkSquare } from "./matrix.js";
import { alignSystems } from "./triangular-solve.js";

/**
 * The `x` with `a·x = b`, by Gaussian elimination with partial pivoting.
 *
 * Computed on the host in f64 on every backend. A singular `a` gives infinities or NaN.
 *
 * @param a - `[..., n, n]`
 * @param b - `[..., n, k]`, a column for each system; the leading axes of both broadcast
 * @returns `[..., n, k]`
 * @throws ShapeError if `a` is not square, `b` has another number of rows, or the leading axes do not broadcast
 * @throws DTypeError if `a` and `b` are not of one dtype, f32 or f64
 */
export function solve(a: Tensor, b: Tensor): Tensor {
  const [left, right] = alignSystems("solve", a, b);
  return solveAligned("solve", left, right);
}

function solveAligned(caller: string, a: Tensor, b: Tensor): Tensor {
  const [size, columns] = b.shape.slice(-2);
  return apply(caller, "solve", [a, b], {
    shape: b.shape,
    dtype: b.dtype,
    attributes: { size, columns },
    host: linearSolution,
    //   b̄ = a⁻ᵀ·x̄      ā = −b̄·xᵀ
    pullback: (grad, x) => {
      const towardsB = solveAligned(caller, transposeLast(a), grad);
      return [towardsB.matmul(transposeLast(x)).neg(), towardsB];
    },
  });
}

/**
 * The inverse of each matrix. To multiply by it, `solve` is more accurate.
 *
 * @param a - `[..., n, n]`; a singular one gives infinities or NaN
 * @returns `[..., n, n]`
 * @throws ShapeError if the two last axes differ or there are fewer
 * @throws DTypeError if `a` is not f32 or f64
 */
export function inverse(a: Tensor): Tensor {
  const size = checkSquare("inverse", a);
  const [left, right] = alignSystems("inverse", a, eye(size, a));
  return solveAligned("inverse", left, right);
}

const linearSolution: HostKernel = ([a, b], output, attributes) => {
  const [n, columns] = [attributes.size as number, attributes.columns as number];
  const matrix = new Float64Array(n * n);
  const x = new Float64Array(n * columns);
  for (let batch = 0; batch * n * columns < b.length; batch++) {
    for (let i = 0; i < n * n; i++) matrix[i] = a[batch * n * n + i];
    for (let i = 0; i < n * columns; i++) x[i] = b[batch * n * columns + i];
    eliminate(matrix, n, x, columns);
    for (let c = 0; c < columns; c++) {
      for (let i = n - 1; i >= 0; i--) {
        let rest = x[i * columns + c];
        for (let j = i + 1; j < n; j++) rest -= matrix[i * n + j] * x[j * columns + c];
        x[i * columns + c] = rest / matrix[i * n + i];
      }
    }
    output.set(x, batch * n * columns);
  }
};
