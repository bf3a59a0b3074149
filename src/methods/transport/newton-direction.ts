import { dot } from "../vector-products.js";
import type { SparsePlan } from "./sparsify-plan.js";

/**
 * Solves `H·d = g` by conjugate gradients with the diagonal for a preconditioner, from 0.
 *
 *     H = η·[ diag(rowSums)  P; Pᵀ  diag(columnSums) ]      P sparse
 *
 * It stops at a residual of 1e-10 of g or after 4·(rows + columns) steps.
 *
 * @returns `[rows + columns]`; undefined where a direction has no curvature, or a number is not finite
 */
export function newtonDirection(
  kept: SparsePlan,
  rowSums: Float64Array,
  columnSums: Float64Array,
  eta: number,
  gradient: Float64Array,
): Float64Array | undefined {
  const size = gradient.length;
  const diagonal = new Float64Array(size);
  diagonal.set(rowSums);
  diagonal.set(columnSums, rowSums.length);
  const [d, residual, image] = [new Float64Array(size), withoutTilt(gradient, rowSums.length), new Float64Array(size)];
  const scaled = residual.map((r, i) => r / (eta * diagonal[i]));
  const towards = scaled.slice();
  let inner = dot(residual, scaled);
  const enough = 1e-20 * dot(gradient, gradient);
  for (let step = 0; step < 4 * size && dot(residual, residual) > enough; step++) {
    hessianTimes(kept, diagonal, eta, towards, image);
    const curvature = dot(towards, image);
    if (!(curvature > 0)) return undefined;
    const length = inner / curvature;
    for (let i = 0; i < size; i++) {
      d[i] += length * towards[i];
      residual[i] -= length * image[i];
      scaled[i] = residual[i] / (eta * diagonal[i]);
    }
    const next = dot(residual, scaled);
    const share = next / inner;
    inner = next;
    for (let i = 0; i < size; i++) towards[i] = scaled[i] + share * towards[i];
  }
  return d.every(Number.isFinite) ? d : undefined;
}

/** What is orthogonal to (1, −1), which the whole H gives 0 for: rounding's share of it would grow without end. */
function withoutTilt(gradient: Float64Array, rows: number): Float64Array {
  const tilt = gradient.reduce((sum, g, i) => sum + (i < rows ? g : -g), 0) / gradient.length;
  return gradient.map((g, i) => (i < rows ? g - tilt : g + tilt));
}

/** `image = H · z`. */
export function hessianTimes(
  { rows, offsets, columnIds, values }: SparsePlan,
  diagonal: Float64Array,
  eta: number,
  z: Float64Array,
  image: Float64Array,
): void {
  for (let i = 0; i < z.length; i++) image[i] = eta * diagonal[i] * z[i];
  for (let i = 0; i < rows; i++) {
    for (let at = offsets[i]; at < offsets[i + 1]; at++) {
      const [column, weight] = [rows + columnIds[at], eta * values[at]];
      image[i] += weight * z[column];
      image[column] += weight * z[i];
    }
  }
}
