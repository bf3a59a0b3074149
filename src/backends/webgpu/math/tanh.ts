import { near } from "../../wasm/math/tanh.js";
import { expOfNegative } from "./exp.js";
import { polynomial, type Source } from "./source.js";

/**
 * `tanh x`, within 1.5 ulps.
 *
 *     |x| < 0.6:  x + x·z·P(z)      z = x²
 *     |x| ≥ 0.6:  ±(1 − 2e / (1 + e))      e = e^(−2|x|)
 *
 * P is a minimax polynomial; from 0.6 on the error of the quotient counts for less than half.
 *
 * @source Cody and Waite, "Software Manual for the Elementary Functions", Prentice-Hall 1980, chapter 12
 */
export const tanh: Source = {
  name: "tanh",
  calls: [expOfNegative],
  text: () => `fn tanh_N(x: F) -> F {
  let size = abs(x);
  let e = expOfNegative_N(-2.0f * size);
  let outer = 1.0f - (e + e) / (e + 1.0f);
  let z = x * x;
  let inner = size + size * z * ${polynomial("z", near.f32)};
  let bits = bitcast<U>(x);
  let signed = bitcast<U>(select(outer, inner, size < F(0.6f))) | (bits & U(0x80000000u));
  return bitcast<F>(select(signed, bits, (bits & U(0x7fffffffu)) > U(0x7f800000u)));
}
`,
};
