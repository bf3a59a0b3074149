import { cosine, sine } from "../../wasm/math/trigonometric.js";
import { nearest, rounderBits } from "./exp.js";
import { reduceHuge, turned } from "./payne-hanek.js";
import { literal, polynomial, type Source } from "./source.js";

/** π/2 in parts of 12 bits, whose products with quarter turns up to 2¹² are exact, and what is left. */
const parts = [1.5703125, 4.837512969970703e-4, 7.549533620476723e-8, 2.5633440682570896e-12] as const;

/** Up to here the parts do. */
const far = 2 ** 12;

/** The text of sin x, or of cos x by one quarter turn more. */
function turnedBy(name: "sin" | "cos", ahead: 0 | 1, sign: string): Source {
  const [first, second, third, fourth] = parts.map((part) => literal(-part));
  return {
    name,
    calls: [turned, reduceHuge],
    text: () => `fn ${name}_N(x: F) -> F {
  let size = abs(x);
  let shifted = ${nearest(`size * ${literal(2 / Math.PI)}`)};
  let k = F(bitcast<I>(shifted - U(${rounderBits})));
  // Up to here all is exact; what the third part's subtraction loses is added with the fourth.
  let near = fma(k, F(${second}), fma(k, F(${first}), size));
  let rounded = fma(k, F(${third}), near);
  let lost = fma(k, F(${fourth}), fma(k, F(${third}), near - rounded));
  var part = Turned_N(rounded + lost, shifted);
  let huge = size > F(${literal(far)});
  if (any(huge)) {
    let reduced = reduceHuge_N(size);
    part.remainder = select(part.remainder, reduced.remainder, huge);
    part.quarters = select(part.quarters, reduced.quarters, huge);
  }
  let r = part.remainder;
  let z = r * r;
  let half = 0.5f * z;
  // The limit changes nothing, but compilers would cancel the 1 in 1 − unit.
  let unit = max(1.0f - half, F(0.5f));
  let sine = r + r * z * ${polynomial("z", sine.f32)};
  let cosine = unit + (((1.0f - unit) - half) + z * z * ${polynomial("z", cosine.f32)});
  let turn = part.quarters + U(${ahead}u);
  let y = bitcast<U>(select(sine, cosine, (turn & U(1u)) == U(1u))) ^ ((turn & U(2u)) << U(30u));
  let signed = ${sign};
  let bits = bitcast<U>(x) & U(0x7fffffffu);
  return bitcast<F>(select(U(0x7fc00000u), signed, bits < U(0x7f800000u)));
}
`,
  };
}

/**
 * `sin x`, within 2 ulps for every x.
 *
 *     sin x = ±sin r or ±cos r      r = x − k·π/2, |r| ≤ π/4
 *
 * r comes from π/2 in four parts, beyond |x| = 2¹² from whole numbers; sin r and cos r from minimax polynomials.
 *
 * @source Cody and Waite, "Software Manual for the Elementary Functions", Prentice-Hall 1980, chapter 8; Payne and Hanek,
 * "Radian Reduction for Trigonometric Functions", ACM SIGNUM Newsletter 18, 1983
 */
export const sin: Source = /* @__PURE__ */ turnedBy("sin", 0, "y ^ (bitcast<U>(x) & U(0x80000000u))");

/** `cos x`, within 2 ulps for every x, as `sin` one quarter turn ahead. */
export const cos: Source = /* @__PURE__ */ turnedBy("cos", 1, "y");
