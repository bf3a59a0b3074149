/**
 * Natural logarithm of the gamma function, for positive arguments.
 *
 *     log Γ(x) = (z − ½) log z − z + ½ log 2π + Σ_k B_2k / (2k (2k−1) z^(2k−1)) − log(x (x+1) ⋯ (z−1)),  z = x + n ≥ 10
 *
 * Absolute error below 1e-14 · max(1, |log Γ(x)|).
 *
 * @param x - a finite number > 0
 * @returns log Γ(x); NaN outside that range
 * @source Stirling's series with the shift Γ(x + 1) = x Γ(x); Abramowitz and Stegun, 1964, 6.1.40 and 6.1.15
 */
export function logGamma(x: number): number {
  if (!(x > 0)) return Number.NaN;
  let shift = 1;
  let z = x;
  for (; z < 10; z++) shift *= z;
  const inverse = 1 / z;
  const square = inverse * inverse;
  let series = 0;
  for (const coefficient of [-3617 / 122400, 1 / 156, -691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12]) {
    series = series * square + coefficient; // Horner, from the smallest term
  }
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series * inverse - Math.log(shift);
}
