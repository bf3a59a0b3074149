import { quotient } from "../../wasm/math/exp.js";
import { series } from "../../wasm/math/logistic.js";
import { nearest, rounderBits } from "./exp.js";
import { decompose } from "./log.js";
import { literal, polynomial, type Source } from "./source.js";

/** 2 / ln 2 in two parts, the first of 12 bits. */
const twice = { high: 2.884765625, low: 6.244567779268e-4 } as const;

/** The coefficient of s³ in base 2, likewise. */
const third = { high: 0.961669921875, low: 1.268922755623e-4 } as const;

/** Those of s⁵, s⁷, … */
function further(): readonly number[] {
  return series.f32.slice(1).map((c) => c * Math.LOG2E);
}

/**
 * `x ** y` as JavaScript has it, where |x| is 1 and y infinite NaN; below 2⁻¹²⁶ it is 0.
 *
 *     |x| ** y = 2ⁿ · e^(ln 2 · (y·log₂ |x| − n))
 *     log₂ |x| = k + high + low      high of 12 bits
 *
 * The exponential multiplies an error of the product by up to 128: so the factors are cut in halves of 12 bits, whose
 * products need no rounding, and what is large is taken together first.
 *
 * @source Dekker, "A Floating-Point Technique for Extending the Available Precision", Numerische Mathematik 18, 1971
 */
export const pow: Source = {
  name: "pow",
  calls: [],
  text: () => `fn pow_N(x: F, y: F) -> F {
  let a = bitcast<U>(x) & U(0x7fffffffu);
  let b = bitcast<U>(y) & U(0x7fffffffu);${decompose("a")}
  let fHigh = bitcast<F>(bitcast<U>(f) & U(0xfffff000u));
  let s = f / (f + 2.0f);
  let sHigh = bitcast<F>(bitcast<U>(s) & U(0xfffff000u));
  let sLow = (((f - 2.0f * sHigh) - sHigh * fHigh) - sHigh * (f - fHigh)) / (f + 2.0f);
  let square = sHigh * sHigh;
  let squareHigh = bitcast<F>(bitcast<U>(square) & U(0xfffff000u));
  let squareLow = (square - squareHigh) + (2.0f * sHigh + sLow) * sLow;
  let cube = sHigh * squareHigh;
  let cubeLow = s * squareLow + sLow * squareHigh;
  let cubeHigh = bitcast<F>(bitcast<U>(cube) & U(0xfffff000u));
  let first = sHigh * ${literal(twice.high)};
  let second = cubeHigh * ${literal(third.high)};
  let high = bitcast<F>(bitcast<U>(first + second) & U(0xfffff000u));
  let z = s * s;
  let tail = (s * z) * (z * ${polynomial("z", further())});
  let secondLow = (cube - cubeHigh) * ${literal(third.high)} + (cube * ${literal(third.low)} + cubeLow * ${literal(third.high)});
  let firstLow = sHigh * ${literal(twice.low)} + sLow * ${literal(2 * Math.LOG2E)};
  let low = ((first - high) + second) + (firstLow + (secondLow + tail));

  // From 2³³ on only the sign of y matters.
  let exponent = clamp(y, F(-0x1p+40f), F(0x1p+40f));
  let yHigh = bitcast<F>(bitcast<U>(exponent) & U(0xfffff000u));
  let yLow = exponent - yHigh;
  let whole = yHigh * k;
  let part = yHigh * high;
  let small = yLow * k + (yLow * high + exponent * low);
  let total = whole + (part + small);
  let shifted = ${nearest("clamp(total, F(-200.0f), F(200.0f))")};
  let n = F(bitcast<I>(shifted - U(${rounderBits})));
  let r = (((whole - n) + part) + small) * ${literal(Math.LN2)};
  let power = 1.0f + (r + r * r * ${polynomial("r", quotient.f32)});
  let scaled = bitcast<U>(power) + (shifted << U(23u));
  let upper = select(scaled, U(0x7f800000u), (total > F(127.0f)) & (scaled >= U(0x7f800000u)));
  let ordinary = select(upper, U(0u), total < F(-126.0f));

  let zero = a < U(0x00800000u);
  let endless = a == U(0x7f800000u);
  let yNegative = bitcast<U>(y) > U(0x80000000u);
  let size = select(ordinary, select(U(0u), U(0x7f800000u), endless != yNegative), zero | endless);
  let isWhole = trunc(y) == y;
  let odd = isWhole & (trunc(0.5f * y) != 0.5f * y);
  let xNegative = bitcast<U>(x) >= U(0x80000000u);
  let signed = select(size, size | U(0x80000000u), xNegative & odd);
  let imaginary = xNegative & !(isWhole | zero | endless);
  let undecided = (a == U(0x3f800000u)) & (b == U(0x7f800000u));
  let unknown = (a > U(0x7f800000u)) | (b > U(0x7f800000u));
  let all = select(signed, U(0x7fc00000u), imaginary | undecided | unknown);
  return bitcast<F>(select(all, U(0x3f800000u), b < U(0x00800000u)));
}
`,
};
