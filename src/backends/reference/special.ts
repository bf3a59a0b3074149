/** `2/√π · ∫₀ˣ e^−t² dt`, to within a few ulps. */
export function erf(x: number): number {
  const magnitude = Math.abs(x);
  if (!(magnitude < 6)) return Number.isNaN(x) ? x : Math.sign(x); // 1 − erf(6) < 2⁻⁵⁴
  if (magnitude > 2) return Math.sign(x) * (1 - complement(magnitude));
  // Σ 2ⁿ x^(2n+1) / (2n+1)!!: every term has one sign, so nothing cancels.
  let term = x;
  let total = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(total); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

/** `1 − erf(x)` for x > 2, by its continued fraction from the far end. */
function complement(x: number): number {
  let tail = 0;
  for (let n = 60; n >= 1; n--) tail = n / 2 / (x + tail);
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * (x + tail));
}

/** Where the asymptotic series below are good to rounding. */
const far = 16;

/** B₂ₖ, the Bernoulli numbers of even index, from k = 1. */
export const bernoulli: readonly number[] = [
  1 / 6,
  -1 / 30,
  1 / 42,
  -1 / 30,
  5 / 66,
  -691 / 2730,
  7 / 6,
  -3617 / 510,
  43867 / 798,
  -174611 / 330,
];

/** `log |Γ(x)|`: Stirling's series, after walking up to where it is good. */
export function lgamma(x: number): number {
  if (Number.isNaN(x)) return x;
  if (!Number.isFinite(x) || (x <= 0 && Number.isInteger(x))) return Number.POSITIVE_INFINITY;
  if (x < -1e3) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * (x % 2)))) - lgamma(1 - x);
  if (x === 1 || x === 2) return 0;
  let product = 1;
  let logs = 0;
  let at = x;
  for (; at < far; at++) {
    product *= at;
    if (Math.abs(product) > 1e250) {
      logs += Math.log(Math.abs(product));
      product = 1;
    }
  }
  let series = 0;
  let power = at;
  for (let k = 0; k < bernoulli.length; k++, power *= at * at)
    series += bernoulli[k] / ((2 * k + 2) * (2 * k + 1) * power);
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - Math.log(Math.abs(product)) - logs;
}

/** `ψ⁽ⁿ⁾(x)`: the asymptotic series, after walking up to where it is good. */
export function polygamma(order: number, x: number): number {
  if (Number.isNaN(x) || (x <= 0 && Number.isInteger(x)) || x === Number.NEGATIVE_INFINITY) return Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return order === 0 ? x : 0;
  const sign = order % 2 === 0 ? -1 : 1; // (−1)^(n+1)
  const factorial = gamma(order + 1);
  let total = 0;
  let at = x;
  for (; at < far + order; at++) total += sign * factorial * at ** -(order + 1);
  if (order === 0) total += Math.log(at) - 1 / (2 * at);
  else total += sign * (gamma(order) / at ** order + factorial / (2 * at ** (order + 1)));
  for (let k = 1; k <= bernoulli.length; k++) {
    const rising = gamma(2 * k + order) / gamma(2 * k + 1);
    total += sign * bernoulli[k - 1] * rising * at ** -(2 * k + order);
  }
  return total;
}

/** `Γ(n) = (n − 1)!` of a whole number. */
function gamma(n: number): number {
  let product = 1;
  for (let i = 2; i < n; i++) product *= i;
  return product;
}
