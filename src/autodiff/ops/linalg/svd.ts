import type { HostKernel } from "../../../backends/backend.js";
import { apply } from "../../graph.js";
import { sizeOf } from "../../shape.js";
import type { Tensor } from "../../tensor.js";
import { eye } from "../gather.js";
import { at, expandDims, slice, transposeLast } from "../movement.js";
import { checkMatrices, differences, pairSums, reciprocalUnlessZero, skewPart } from "./matrix.js";
import { thinSvd } from "./svd-kernel.js";

export interface SVD {
  /** `[..., m, k]`: the left singular vectors, orthonormal columns; `k = min(m, n)`. */
  readonly u: Tensor;
  /** `[..., k]`: the singular values, descending, ≥ 0. */
  readonly values: Tensor;
  /** `[..., n, k]`: the right singular vectors, orthonormal columns. */
  readonly v: Tensor;
}

/**
 * The thin singular value decomposition `a = u · diag(values) · vᵀ`.
 *
 * Computed on the host in f64 on every backend, by one-sided Jacobi rotations. The sign of a column of `u` is such that the
 * first of its largest components is positive, and `v` goes with it. Where a value is 0, the columns of `u` and of `v` are
 * some orthonormal completion.
 *
 *     ā = u·P·vᵀ + (1 − u·uᵀ)·ū·S⁻¹·vᵀ + u·S⁻¹·v̄ᵀ·(1 − v·vᵀ)
 *     P = diag(s̄) + (A + B) ∘ E + (A − B) ∘ G      A = skew(uᵀ·ū), B = skew(vᵀ·v̄)
 *     E[i, j] = 1/(s[j] − s[i])      G[i, j] = 1/(s[i] + s[j])      S = diag(s)
 *
 * with 0 for the reciprocal of what counts as zero: up to 16·max(m, n)·ε·max s, ε being 2⁻⁵² (f32: 2⁻²³). So the gradient
 * is finite at every matrix. Within a cluster of equal values it is right if the function, at and near those values, does
 * not change when the columns of `u` and `v` of the cluster are turned together and its values permuted: symmetric
 * functions of the values, such as the nuclear norm; sums over clusters; `u_c·vᵀ_c` and the projectors of a whole cluster.
 * At values of zero it is right for functions that are differentiable there and do not look at those vectors, such as
 * `Σ s²`; for the nuclear norm, which has a kink there, it is a subgradient. Second derivatives across a tie are right only
 * if the gradient itself is such a function: for `Σ s²` they lack the terms between different vectors of the cluster.
 * They also lack what flows between the vectors of several values of zero, and, where `a` is not square, between those of a
 * single one and the outside of `u` and `v`.
 *
 * @param a - `[..., m, n]`; one with an infinity or NaN gives NaN throughout
 * @throws ShapeError if `a` has fewer than 2 axes
 * @throws DTypeError if `a` is not f32 or f64
 * @source Townsend, "Differentiating the Singular Value Decomposition", 2016; regrouped so that only `s[j] − s[i]` and
 * `s[i] + s[j]` are divided by, never their product, and the two vanish apart
 */
export function svd(a: Tensor): SVD {
  const [rows, columns] = checkMatrices("svd", a);
  const count = Math.min(rows, columns);
  const packed = apply("svd", "svd", [a], {
    shape: [...a.shape.slice(0, -2), rows + 1 + columns, count],
    dtype: a.dtype,
    attributes: { rows, columns, matrices: sizeOf(a.shape.slice(0, -2)) },
    host: singularSystem,
    pullback: (grad, output) => [towardsMatrix(unpack(output, rows), unpack(grad, rows))],
  });
  return unpack(packed, rows);
}

function towardsMatrix({ u, values, v }: SVD, towards: SVD): Tensor {
  const [rows, count] = u.shape.slice(-2);
  const [columns] = v.shape.slice(-2);
  const size = Math.max(rows, columns);
  const last = values.shape.length - 1;
  const turningU = transposeLast(u).matmul(towards.u);
  const turningV = transposeLast(v).matmul(towards.v);
  const apart = reciprocalUnlessZero(differences(values), values, size);
  const together = reciprocalUnlessZero(pairSums(values), values, size);
  const stretching = expandDims(towards.values, last).mul(eye(count, values));
  const inner = stretching
    .add(skewPart(turningU.add(turningV)).mul(apart))
    .add(skewPart(turningU.sub(turningV)).mul(together));
  let result = u.matmul(inner).matmul(transposeLast(v));
  const shrunk = expandDims(reciprocalUnlessZero(values, values, size), last); // divides columns
  if (rows > count) {
    const outside = towards.u.sub(u.matmul(turningU)).mul(shrunk);
    result = result.add(outside.matmul(transposeLast(v)));
  }
  if (columns > count) {
    const outside = towards.v.sub(v.matmul(turningV)).mul(shrunk);
    result = result.add(u.matmul(transposeLast(outside)));
  }
  return result;
}

/** The rows of `u`, then the values, then the rows of `v`. */
function unpack(packed: Tensor, rows: number): SVD {
  const lead = packed.shape.slice(0, -2);
  const none = lead.map(() => 0);
  return {
    u: slice(packed, [], [...lead, rows]),
    values: at(packed, rows, -2),
    v: slice(packed, [...none, rows + 1], []),
  };
}

const singularSystem: HostKernel = ([a], output, attributes) => {
  const [rows, columns, matrices] = [attributes.rows, attributes.columns, attributes.matrices] as number[];
  const count = Math.min(rows, columns);
  const length = (rows + 1 + columns) * count;
  for (let batch = 0; batch < matrices; batch++) {
    const matrix = Float64Array.from(a.subarray(batch * rows * columns, (batch + 1) * rows * columns));
    const result = output.subarray(batch * length, (batch + 1) * length);
    if (!matrix.every(Number.isFinite)) {
      result.fill(Number.NaN);
      continue;
    }
    const { u, values, v } = thinSvd(matrix, rows, columns);
    result.set(u);
    result.set(values, rows * count);
    result.set(v, (rows + 1) * count);
  }
};
