/** `a · b`. */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** `a ← a + by · b`. */
export function addTo(a: Float64Array, b: Float64Array, by: number): void {
  for (let i = 0; i < a.length; i++) a[i] += by * b[i];
}

/** `M ← M + by · a bᵀ`. */
export function addOuter(matrix: Float64Array, a: Float64Array, b: Float64Array, by: number): void {
  for (let i = 0; i < a.length; i++) {
    const factor = by * a[i];
    for (let j = 0; j < b.length; j++) matrix[i * b.length + j] += factor * b[j];
  }
}

/** `M x`. */
export function times(matrix: Float64Array, x: Float64Array): Float64Array {
  return Float64Array.from(x, (_, i) => dot(matrix.subarray(i * x.length, (i + 1) * x.length), x));
}

/** `Mᵀ x`. */
export function timesTransposed(matrix: Float64Array, x: Float64Array): Float64Array {
  const result = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) addTo(result, matrix.subarray(i * x.length, (i + 1) * x.length), x[i]);
  return result;
}
