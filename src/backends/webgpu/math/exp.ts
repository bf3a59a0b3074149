import { ln2, quotient } from "../../wasm/math/exp.js";
import { literal, polynomial, type Source } from "./source.js";

/** Whose sum with a number rounds that to a whole number, which is then in the low bits. */
const rounder = 1.5 * 2 ** 23;
export const rounderBits = "0x4b400000u";

/** The last x whose exponential is finite, and the first whose exponential is not subnormal. */
const ends = { most: 88.72283, least: -87.33654 } as const;

/** Whole numbers from the bits of a sum: neither a conversion nor an identity that a compiler could cancel. */
export function nearest(product: string): string {
  return `bitcast<U>(${product} + ${literal(rounder)})`;
}

/**
 * `x = k·ln 2 + r` with a whole k and |r| ≤ ½ ln 2; `shifted` has k in its low bits.
 *
 * The first part of ln 2 times k is exact, whether `fma` is fused or not, and no compiler may join the two steps.
 */
const reduce = (): string => `
  let shifted = ${nearest(`x * ${literal(Math.LOG2E)}`)};
  let k = F(bitcast<I>(shifted - U(${rounderBits})));
  let near = fma(k, F(${literal(-ln2.f32.high)}), x);
  let off = k * ${literal(ln2.f32.low)};
  let r = near - off;`;

/** The bits of eˣ, where it is an ordinary number; the small terms of eʳ first, so that r's rounding enters them alone. */
const bitsOfExp = (): string => `${reduce()}
  let y = ((r * r * ${polynomial("r", quotient.f32)} - off) + near) + 1.0f;
  let ordinary = bitcast<U>(y) + (shifted << U(23u));`;

/**
 * `eˣ`, within 1 ulp; below 2⁻¹²⁶ it is 0.
 *
 *     eˣ = 2ᵏ · eʳ      k = nearest(x / ln 2), r = x − k·ln 2
 *
 * @source Cody and Waite, "Software Manual for the Elementary Functions", Prentice-Hall 1980, chapter 6
 */
export const exp: Source = {
  name: "exp",
  calls: [],
  text: () => `fn exp_N(operand: F) -> F {
  let x = clamp(operand, F(-88.0f), F(89.0f));${bitsOfExp()}
  let upper = select(ordinary, U(0x7f800000u), x > F(${literal(ends.most)}));
  let all = select(upper, U(0u), x < F(${literal(ends.least)}));
  let bits = bitcast<U>(operand);
  return bitcast<F>(select(all, bits, (bits & U(0x7fffffffu)) > U(0x7f800000u)));
}
`,
};

/** `eˣ` for x ≤ 0; a number for NaN. */
export const expOfNegative: Source = {
  name: "expOfNegative",
  calls: [],
  text: () => `fn expOfNegative_N(operand: F) -> F {
  let x = max(operand, F(-88.0f));${bitsOfExp()}
  return bitcast<F>(select(ordinary, U(0u), x < F(${literal(ends.least)})));
}
`,
};

/**
 * `eˣ − 1`, within 1.4 ulps also near 0.
 *
 *     eˣ − 1 = 2ᵏ · ((1 − 2⁻ᵏ) + (eʳ − 1))      k and r as for eˣ
 *
 * What rounding takes from r, and from the sum of 1 − 2⁻ᵏ and r, is added to the small terms.
 *
 * @source Cody and Waite, "Software Manual for the Elementary Functions", Prentice-Hall 1980, chapter 6; Dekker,
 * "A Floating-Point Technique for Extending the Available Precision", Numerische Mathematik 18, 1971
 */
export const expm1: Source = {
  name: "expm1",
  calls: [],
  text: () => `fn expm1_N(operand: F) -> F {
  let x = clamp(operand, F(-32.0f), F(89.0f));${reduce()}
  let c = (near - r) - off;
  // 2⁻ᵏ is lost in 1 − 2⁻ᵏ long before k leaves the range of exponents.
  let short = 1.0f - bitcast<F>(U(0x3f800000u) - bitcast<U>(min(bitcast<I>(shifted - U(${rounderBits})), I(64)) << U(23u)));
  let sum = short + r;
  let lost = r - (sum - short);
  let bend = r * (r * ${polynomial("r", quotient.f32)} + c);
  let y = sum + (lost + (bend + c));
  let scaled = (bitcast<U>(y) + (shifted << U(23u))) & U(0x7fffffffu);
  let upper = select(scaled, U(0x7f800000u), x > F(${literal(ends.most)}));
  let bits = bitcast<U>(operand);
  let unknown = (bits & U(0x7fffffffu)) > U(0x7f800000u);
  return bitcast<F>(select(upper | (bits & U(0x80000000u)), bits, unknown));
}
`,
};
