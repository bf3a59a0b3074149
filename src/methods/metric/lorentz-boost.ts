/**
 * The boost that takes a point of the hyperboloid to (1, 0, …, 0), applied to any vector. It keeps Lorentz products.
 *
 *     x_0 ↦ p * x        x_s ↦ x_s − (x_0 + p * x) / (1 + p_0) · p_s        s: coordinates 1, 2, …
 */
export function boostToOrigin(p: ArrayLike<number>, x: ArrayLike<number>): Float64Array {
  let time = p[0] * x[0];
  for (let i = 1; i < x.length; i++) time -= p[i] * x[i];
  const factor = (x[0] + time) / (1 + p[0]);
  return Float64Array.from(x, (value, i) => (i === 0 ? time : value - factor * p[i]));
}

/** Its inverse. */
export function boostFromOrigin(p: ArrayLike<number>, x: ArrayLike<number>): Float64Array {
  return boostToOrigin(
    Float64Array.from(p, (value, i) => (i === 0 ? value : -value)),
    x,
  );
}
