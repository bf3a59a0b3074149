/** `exp(z) / Σ exp(z)` in plain numbers. */
export function softmaxOf(z: ArrayLike<number>): number[] {
  const values = Array.from(z);
  const largest = Math.max(...values);
  const shares = values.map((value) => Math.exp(value - largest));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / total);
}

/** `log Σ exp(z)` in plain numbers. */
export function logSumExpOf(z: ArrayLike<number>): number {
  const values = Array.from(z);
  const largest = Math.max(...values);
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
}

/** `H u = p∘u − p·⟨p, u⟩` for the Hessian `diag(p) − p pᵀ` of the loss of one row. */
export function hessianTimes(p: ArrayLike<number>, u: ArrayLike<number>): number[] {
  const mean = dot(p, u);
  return Array.from(p, (share, c) => share * (u[c] - mean));
}

/** Rows of a matrix stored in row-major order. */
export function rowsOf(values: ArrayLike<number>, width: number): number[][] {
  const flat = Array.from(values);
  return Array.from({ length: flat.length / width }, (_, row) => flat.slice(row * width, (row + 1) * width));
}
