/**
 * Solves `A·x = b` and `Aᵀ·y = c` for one square matrix, by elimination with row pivoting.
 *
 * @param matrix - `[size, size]`, row-major, not singular; left as it is
 * @param b - `[size]`
 * @param c - `[size]`
 */
export function solveSquareSystems(
  matrix: Float64Array,
  b: Float64Array,
  c: Float64Array,
): { readonly x: Float64Array; readonly y: Float64Array } {
  const size = b.length;
  const factors = matrix.slice();
  const order = factor(factors, size);
  return { x: solve(factors, order, b), y: solveTransposed(factors, order, c) };
}

/** Leaves L below the diagonal and U on and above it, of the rows in the order returned. */
function factor(cells: Float64Array, size: number): Int32Array {
  const order = Int32Array.from({ length: size }, (_, i) => i);
  for (let k = 0; k < size; k++) {
    let best = k;
    for (let i = k + 1; i < size; i++) {
      if (Math.abs(cells[i * size + k]) > Math.abs(cells[best * size + k])) best = i;
    }
    if (best !== k) {
      [order[k], order[best]] = [order[best], order[k]];
      const row = cells.slice(k * size, (k + 1) * size);
      cells.copyWithin(k * size, best * size, (best + 1) * size);
      cells.set(row, best * size);
    }
    for (let i = k + 1; i < size; i++) {
      const ratio = (cells[i * size + k] /= cells[k * size + k]);
      if (ratio === 0) continue;
      for (let j = k + 1; j < size; j++) cells[i * size + j] -= ratio * cells[k * size + j];
    }
  }
  return order;
}

function solve(factors: Float64Array, order: Int32Array, b: Float64Array): Float64Array {
  const size = order.length;
  const x = Float64Array.from(order, (row) => b[row]);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) x[i] -= factors[i * size + j] * x[j];
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let j = i + 1; j < size; j++) x[i] -= factors[i * size + j] * x[j];
    x[i] /= factors[i * size + i];
  }
  return x;
}

function solveTransposed(factors: Float64Array, order: Int32Array, c: Float64Array): Float64Array {
  const size = order.length;
  const inner = c.slice();
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) inner[i] -= factors[j * size + i] * inner[j];
    inner[i] /= factors[i * size + i];
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let j = i + 1; j < size; j++) inner[i] -= factors[j * size + i] * inner[j];
  }
  const y = new Float64Array(size);
  for (let i = 0; i < size; i++) y[order[i]] = inner[i];
  return y;
}
