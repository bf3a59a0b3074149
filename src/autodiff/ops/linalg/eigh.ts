import type { HostKernel } from "../../../backends/backend.js";
import { apply } from "../../graph.js";
import { sizeOf } from "../../shape.js";
import type { Tensor } from "../../tensor.js";
import { eye } from "../gather.js";
import { at, expandDims, slice, transposeLast } from "../movement.js";
import { diagonalize, turnSigns } from "./jacobi.js";
import { checkSquare, differences, reciprocalUnlessZero, symmetricPart } from "./matrix.js";

export interface Eigh {
  /** `[..., n]`, ascending. */
  readonly values: Tensor;
  /** `[..., n, n]`: column `i` is a unit eigenvector of value `i`, orthogonal to the others. */
  readonly vectors: Tensor;
}

/**
 * Eigenvalues and eigenvectors of symmetric matrices: `a = vectors · diag(values) · vectorsᵀ`.
 *
 * Only the symmetric part `(a + aᵀ)/2` counts, so the gradient is symmetric. Computed on the host in f64 on every backend,
 * by Jacobi's rotations. The sign of a vector is such that the first of its largest components is positive.
 *
 *     ā = sym(V·(diag(λ̄) + F ∘ VᵀV̄)·Vᵀ)      F[i, j] = 1/(λ[j] − λ[i]), 0 where the gap counts as zero
 *
 * Within a cluster of equal values the basis is arbitrary. A gap counts as zero up to 16·n·ε·max |λ|, ε being 2⁻⁵² (f32:
 * 2⁻²³). The gradient is finite at every matrix. Across such a gap it is right if the function, at and near those values,
 * does not change when the vectors of the cluster are turned among themselves and its values permuted: symmetric
 * functions of the values, sums over whole clusters, projectors onto them. It is not right for `V·g(diag(λ))·Vᵀ`, whose
 * gradient at a tie needs `g′` between different vectors of the cluster, which neither `λ̄` nor `V̄` tells. For the same
 * reason second derivatives across a tie are right only if the gradient itself is such a function: for the sum of a whole
 * cluster they are, for `Σ λ²` they lack the terms between different vectors of the cluster.
 *
 * @param a - `[..., n, n]`; one with an infinity or NaN gives NaN throughout
 * @throws ShapeError if the two last axes differ or there are fewer
 * @throws DTypeError if `a` is not f32 or f64
 * @source Giles, "Collected Matrix Derivative Results for Forward and Reverse Mode Algorithmic Differentiation", 2008,
 * sec. 3.1
 */
export function eigh(a: Tensor): Eigh {
  const size = checkSquare("eigh", a);
  const packed = apply("eigh", "eigh", [a], {
    shape: [...a.shape.slice(0, -2), size + 1, size],
    dtype: a.dtype,
    attributes: { size, matrices: sizeOf(a.shape.slice(0, -2)) },
    host: symmetricEigensystem,
    pullback: (grad, output) => {
      const { values, vectors } = unpack(output);
      const towards = unpack(grad);
      const turning = transposeLast(vectors).matmul(towards.vectors);
      const apart = reciprocalUnlessZero(differences(values), values, size);
      const stretching = expandDims(towards.values, towards.values.shape.length - 1).mul(eye(size, values));
      const inner = stretching.add(apart.mul(turning));
      return [symmetricPart(vectors.matmul(inner).matmul(transposeLast(vectors)))];
    },
  });
  return unpack(packed);
}

/** The first row holds the values, the others the vectors. */
function unpack(packed: Tensor): Eigh {
  const lead = packed.shape.slice(0, -2).map(() => 0);
  return { values: at(packed, 0, -2), vectors: slice(packed, [...lead, 1], []) };
}

const symmetricEigensystem: HostKernel = ([a], output, attributes) => {
  const n = attributes.size as number;
  const matrix = new Float64Array(n * n);
  for (let batch = 0; batch < (attributes.matrices as number); batch++) {
    const start = batch * n * n;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) matrix[i * n + j] = (a[start + i * n + j] + a[start + j * n + i]) / 2;
    }
    const result = output.subarray(batch * (n + 1) * n, (batch + 1) * (n + 1) * n);
    if (!matrix.every(Number.isFinite)) {
      result.fill(Number.NaN);
      continue;
    }
    const vectors = diagonalize(matrix, n);
    turnSigns(vectors, n, n);
    const order = [...Array(n).keys()].sort((i, j) => matrix[i * n + i] - matrix[j * n + j]);
    order.forEach((from, to) => {
      result[to] = matrix[from * n + from];
      for (let i = 0; i < n; i++) result[(i + 1) * n + to] = vectors[i * n + from];
    });
  }
};
