import type { HostKernel } from "../../../backends/backend.js";
import { apply } from "../../graph.js";
import type { Tensor } from "../../tensor.js";
import { stopGradient } from "../../transforms.js";
import { exp } from "../exponential.js";
import { at, expandDims, transposeLast } from "../movement.js";
import { eliminate } from "./eliminate.js";
import { checkSquare } from "./matrix.js";
import { inverse } from "./solve.js";

export interface LogDeterminant {
  /** `[...]`: −1, 0 or 1; without gradient. */
  readonly sign: Tensor;
  /** `[...]`: `log |det a|`, −∞ for a singular matrix. */
  readonly logAbs: Tensor;
}

/**
 * Sign and logarithm of the magnitude of the determinant: it neither overflows nor underflows.
 *
 * Computed on the host in f64 on every backend. The gradient of `logAbs` is `a⁻ᵀ`; infinite or NaN where `a` is singular.
 *
 * @param a - `[..., n, n]`
 * @throws ShapeError if the two last axes differ or there are fewer
 * @throws DTypeError if `a` is not f32 or f64
 */
export function logDeterminant(a: Tensor): LogDeterminant {
  return logDeterminantFor("logDeterminant", a);
}

/**
 * The determinant of each matrix: `sign · e^logAbs` of `logDeterminant`.
 *
 * Its gradient `det a · a⁻ᵀ` is NaN where `a` is singular, though the limit is the matrix of cofactors.
 *
 * @param a - `[..., n, n]`
 * @returns `[...]`; 1 for n = 0
 * @throws ShapeError if the two last axes differ or there are fewer
 * @throws DTypeError if `a` is not f32 or f64
 */
export function determinant(a: Tensor): Tensor {
  const { sign, logAbs } = logDeterminantFor("determinant", a);
  return exp(logAbs).mul(sign);
}

function logDeterminantFor(caller: string, a: Tensor): LogDeterminant {
  const size = checkSquare(caller, a);
  const packed = apply(caller, "logDeterminant", [a], {
    shape: [2, ...a.shape.slice(0, -2)],
    dtype: a.dtype,
    attributes: { size },
    host: signAndLogDeterminant,
    pullback: (grad) => {
      const towardsLog = at(grad, 1);
      const rank = towardsLog.shape.length;
      return [expandDims(expandDims(towardsLog, rank), rank + 1).mul(transposeLast(inverse(a)))];
    },
  });
  return { sign: stopGradient(at(packed, 0)), logAbs: at(packed, 1) };
}

const signAndLogDeterminant: HostKernel = ([a], output, attributes) => {
  const n = attributes.size as number;
  const matrix = new Float64Array(n * n);
  const none = new Float64Array(0);
  const count = output.length / 2;
  for (let batch = 0; batch < count; batch++) {
    for (let i = 0; i < n * n; i++) matrix[i] = a[batch * n * n + i];
    let sign: number = eliminate(matrix, n, none, 0);
    let logAbs = 0;
    for (let i = 0; i < n; i++) {
      sign *= Math.sign(matrix[i * n + i]);
      logAbs += Math.log(Math.abs(matrix[i * n + i]));
    }
    output[batch] = sign;
    output[count + batch] = logAbs;
  }
};
