import type { HostKernel } from "../../../backends/backend.js";
import { ShapeError, showShape } from "../../check.js";
import { apply } from "../../graph.js";
import type { Tensor } from "../../tensor.js";
import { eye } from "../gather.js";
import { slice, transposeLast } from "../movement.js";
import { checkMatrices, lowerTriangle } from "./matrix.js";
import { triangularSolve } from "./triangular-solve.js";

export interface QR {
  /** `[..., m, n]`, with orthonormal columns. */
  readonly q: Tensor;
  /** `[..., n, n]`, upper triangular with a diagonal ≥ 0. */
  readonly r: Tensor;
}

/**
 * The thin QR decomposition `a = q·r`, made unique by a diagonal of `r` that is not negative.
 *
 * Computed on the host in f64 on every backend, by Householder's reflections.
 *
 * Reach for it for an orthonormal basis of the columns, or for least squares: `x = r⁻¹·qᵀ·b`.
 *
 * @param a - `[..., m, n]`, `m ≥ n`. For the gradient to exist the columns must be linearly independent; elsewhere it is
 * infinite or NaN.
 * @throws ShapeError if `a` has fewer rows than columns, or fewer than 2 axes
 * @throws DTypeError if `a` is not f32 or f64
 * @source Walter, Lehmann, "Algorithmic Differentiation of Linear Algebra Functions with Application in Optimum
 * Experimental Design", 2010, arXiv:1001.1654, sec. 3.2
 */
export function qr(a: Tensor): QR {
  const [rows, columns] = checkMatrices("qr", a);
  if (rows < columns) {
    throw new ShapeError(
      `qr: a has shape ${showShape(a.shape)} but must have as many rows as columns or more; decompose its transpose`,
    );
  }
  const packed = apply("qr", "qr", [a], {
    shape: [...a.shape.slice(0, -2), rows + columns, columns],
    dtype: a.dtype,
    attributes: { rows, columns },
    host: householderFactors,
    //   ā = (q̄ + q·S)·r⁻ᵀ      M = r·r̄ᵀ − q̄ᵀ·q, S its lower triangle mirrored to the upper
    pullback: (grad, output) => {
      const { q, r } = unpack(output, rows);
      const towards = unpack(grad, rows);
      const lower = lowerTriangle(r.matmul(transposeLast(towards.r)).sub(transposeLast(towards.q).matmul(q)));
      const mirrored = lower.add(transposeLast(lower)).sub(lower.mul(eye(columns, lower)));
      const sum = towards.q.add(q.matmul(mirrored));
      return [transposeLast(triangularSolve(r, transposeLast(sum), { lower: false }))];
    },
  });
  return unpack(packed, rows);
}

function unpack(packed: Tensor, rows: number): QR {
  const lead = packed.shape.slice(0, -2);
  const none = lead.map(() => 0);
  return { q: slice(packed, [], [...lead, rows]), r: slice(packed, [...none, rows], []) };
}

const householderFactors: HostKernel = ([a], output, attributes) => {
  const [m, n] = [attributes.rows as number, attributes.columns as number];
  const work = new Float64Array(m * n);
  const q = new Float64Array(m * n);
  const r = new Float64Array(n * n);
  for (let batch = 0; batch * m * n < a.length; batch++) {
    for (let i = 0; i < m * n; i++) work[i] = a[batch * m * n + i];
    for (let k = 0; k < n; k++) {
      const length = reflector(work, m, n, k);
      for (let j = k + 1; j < n; j++) reflect(work, work, m, n, k, j);
      for (let i = 0; i < k; i++) r[i * n + k] = work[i * n + k];
      r[k * n + k] = length;
    }
    q.fill(0);
    for (let j = 0; j < n; j++) q[j * n + j] = 1;
    for (let k = n - 1; k >= 0; k--) for (let j = k; j < n; j++) reflect(work, q, m, n, k, j);
    for (let k = 0; k < n; k++) {
      if (r[k * n + k] >= 0) continue;
      for (let i = 0; i < m; i++) q[i * n + k] = -q[i * n + k];
      for (let j = k; j < n; j++) r[k * n + j] = -r[k * n + j];
    }
    output.set(q, batch * (m + n) * n);
    output.set(r, batch * (m + n) * n + m * n);
  }
};

/**
 * Replaces column `k`, from row `k` down, by the unit vector `v` whose reflection `1 − 2vvᵀ` takes it to a multiple of
 * the first axis, and returns that multiple. Row `k` of the later columns stays to be reflected.
 */
function reflector(work: Float64Array, m: number, n: number, k: number): number {
  let largest = 0;
  for (let i = k; i < m; i++) largest = Math.max(largest, Math.abs(work[i * n + k]));
  if (largest === 0) return 0; // v = 0: no reflection
  let square = 0;
  for (let i = k; i < m; i++) square += (work[i * n + k] /= largest) ** 2; // scaled, so that no square overflows
  const first = work[k * n + k];
  const norm = first > 0 ? -Math.sqrt(square) : Math.sqrt(square); // away from the first element: nothing cancels
  work[k * n + k] = first - norm;
  const length = Math.sqrt(2 * (square - first * norm));
  for (let i = k; i < m; i++) work[i * n + k] /= length;
  return norm * largest;
}

/** Applies reflection `k` to a column. */
function reflect(work: Float64Array, target: Float64Array, m: number, n: number, k: number, column: number): void {
  let along = 0;
  for (let i = k; i < m; i++) along += work[i * n + k] * target[i * n + column];
  for (let i = k; i < m; i++) target[i * n + column] -= 2 * along * work[i * n + k];
}
