import { series } from "../../wasm/math/logistic.js";
import { expOfNegative } from "./exp.js";
import { polynomial, type Source } from "./source.js";

/**
 * `σ(x) = 1 / (1 + e⁻ˣ)`, within 2 ulp.
 *
 *     σ(x) = 1 / (1 + e)  for x ≥ 0,  e / (1 + e)  for x < 0      e = e^−|x|
 *
 * e never overflows, and nothing is subtracted.
 *
 * @source Cody and Waite, "Software Manual for the Elementary Functions", Prentice-Hall 1980, chapter 6, for e^−|x|
 */
export const sigmoid: Source = {
  name: "sigmoid",
  calls: [expOfNegative],
  text: () => `fn sigmoid_N(x: F) -> F {
  let e = expOfNegative_N(-abs(x));
  // The limit changes nothing, but compilers would cancel the 1 in sum − 1.
  let sum = max(e + 1.0f, F(1.0f));
  let quotient = select(F(1.0f), e, x < F()) / sum;
  // What rounding took from the sum counts as its share, lost / (1 + e); near enough that is lost·(1 − e/2).
  let lost = e - (sum - 1.0f);
  let y = quotient - quotient * (lost * (1.0f - 0.5f * e));
  let bits = bitcast<U>(x);
  return bitcast<F>(select(bitcast<U>(y), bits, (bits & U(0x7fffffffu)) > U(0x7f800000u)));
}
`,
};

/**
 * `ln(1 + eˣ)`, within 2 ulp.
 *
 *     softplus(x) = max(x, 0) + e − e²/2 + s·(e²/2 + R(s²))      e = e^−|x|, s = e / (2 + e)
 *
 * As e ≤ 1, the logarithm of 1 + e needs no reduction: s ≤ ⅓.
 *
 * @source Tang, "Table-Driven Implementation of the Logarithm Function in IEEE Floating-Point Arithmetic", ACM TOMS 16,
 * 1990, for the form of the series
 */
export const softplus: Source = {
  name: "softplus",
  calls: [expOfNegative],
  text: () => `fn softplus_N(x: F) -> F {
  let e = expOfNegative_N(-abs(x));
  let s = e / (e + 2.0f);
  let z = s * s;
  let bend = 0.5f * (e * e);
  let tail = s * (bend + z * ${polynomial("z", series.f32)});
  let y = max(x, F()) + (e - (bend - tail));
  let bits = bitcast<U>(x);
  return bitcast<F>(select(bitcast<U>(y), bits, ((bits & U(0x7fffffffu)) >= U(0x7f800000u)) & (bits != U(0xff800000u))));
}
`,
};
