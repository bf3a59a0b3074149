import { dot } from "../vector-products.js";

/** `x_ij = exp(z_ij + g_j) / Σ_j exp(z_ij + g_j)` for an n × n matrix z. */
export function rowSoftmax(z: Float64Array, g: Float64Array): Float64Array {
  const n = g.length;
  const x = new Float64Array(n * n);
  for (let row = 0; row < n * n; row += n) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < n; j++) largest = Math.max(largest, z[row + j] + g[j]);
    let sum = 0;
    for (let j = 0; j < n; j++) sum += x[row + j] = Math.exp(z[row + j] + g[j] - largest);
    for (let j = 0; j < n; j++) x[row + j] /= sum;
  }
  return x;
}

/**
 * One step of Newton's method towards column sums of 1, in place:
 *
 *     minimize Σ_i log Σ_j exp(z_ij + g_j) − Σ_j g_j      gradient xᵀ1 − 1      Hessian diag(xᵀ1) − xᵀx
 *
 * @returns whether there was one to take: false if all columns sum to 1 within `tolerance`
 */
export function newtonStep(z: Float64Array, g: Float64Array, tolerance: number): boolean {
  const x = rowSoftmax(z, g);
  const wanted = shortfall(x, g.length);
  if (wanted.every((missing) => Math.abs(missing) <= tolerance)) return false;
  const direction = solveLaplacian(x, wanted);
  const range = Math.max(...direction) - Math.min(...direction);
  const slope = dot(direction, wanted);
  // Along the direction the slope grows from −slope; half of it beyond the minimum is near enough to go on from.
  for (let share = Math.min(1, 64 / range); ; share /= 2) {
    const next = g.map((potential, j) => potential + share * direction[j]);
    if (share * range > 1 && dot(direction, shortfall(rowSoftmax(z, next), g.length)) < -0.5 * slope) continue;
    g.set(next);
    return true;
  }
}

/** `1 − xᵀ1`. */
function shortfall(x: Float64Array, n: number): Float64Array {
  const missing = new Float64Array(n).fill(1);
  x.forEach((value, at) => {
    missing[at % n] -= value;
  });
  return missing;
}

/**
 * Solves `(diag(xᵀ1) − xᵀx) d = right`, the last d being 0, for rows of x that sum to 1: the Laplacian of a graph with
 * weights `c_jk = Σ_i x_ij x_ik`. Nodes are eliminated by sums of positive terms alone, so no weight is too small to count.
 */
function solveLaplacian(x: Float64Array, right: Float64Array): Float64Array {
  const n = right.length;
  const weights = new Float64Array(n * n);
  for (let row = 0; row < n * n; row += n) {
    for (let j = 0; j < n; j++) for (let k = 0; k < n; k++) weights[j * n + k] += x[row + j] * x[row + k];
  }
  const rest = right.slice();
  const totals = new Float64Array(n);
  for (let v = 0; v < n - 1; v++) {
    for (let j = v + 1; j < n; j++) totals[v] += weights[v * n + j];
    if (totals[v] === 0) continue; // underflow: nothing says where it should go
    for (let j = v + 1; j < n; j++) {
      const share = weights[v * n + j] / totals[v];
      rest[j] += share * rest[v];
      for (let k = v + 1; k < n; k++) weights[j * n + k] += share * weights[v * n + k];
    }
  }
  const d = new Float64Array(n);
  for (let v = n - 2; v >= 0; v--) {
    if (totals[v] === 0) continue;
    let sum = rest[v];
    for (let j = v + 1; j < n; j++) sum += weights[v * n + j] * d[j];
    d[v] = Math.max(-farthest, Math.min(farthest, sum / totals[v]));
  }
  return d;
}

/** So that products with it stay finite. */
const farthest = 1e100;
