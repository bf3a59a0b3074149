import { end, far, middle, near } from "../../wasm/math/erf.js";
import { literal, longPolynomial, polynomial, type Source } from "./source.js";

/**
 * `erf x = 2/√π · ∫₀ˣ e^−t² dt`, within 1.3 ulps.
 *
 *     |x| ≤ 1:  x + x·P(x²)
 *     |x| > 1:  Q(|x| − 2.36), from 3.83 on 1
 *
 * P and Q are minimax polynomials; Q costs less than an exponential would.
 *
 * @source Cody, "Rational Chebyshev Approximations for the Error Function", Mathematics of Computation 23, 1969, for the
 * split at 1
 */
export const erf: Source = {
  name: "erf",
  calls: [],
  text: () => `fn erf_N(x: F) -> F {
  let size = abs(x);
  let z = x * x;
  // Raised, so that no small product is subnormal.
  let raised = size * 0x1p+24f;
  let inner = (raised + raised * ${polynomial("z", near.f32)}) * 0x1p-24f;
  let t = size - ${literal(middle)};
  let square = t * t;
  let outer = select(${longPolynomial("t", "square", far)}, F(1.0f), size >= F(${literal(end)}));
  let bits = bitcast<U>(x);
  let signed = bitcast<U>(select(outer, inner, size < F(1.0f))) | (bits & U(0x80000000u));
  return bitcast<F>(select(signed, bits, (bits & U(0x7fffffffu)) > U(0x7f800000u)));
}
`,
};
