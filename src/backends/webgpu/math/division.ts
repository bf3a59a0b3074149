import type { Source } from "./source.js";

/**
 * `x / y`, rounded to nearest but for a few results whose builtin quotient is not; below 2⁻¹²⁶ it is 0.
 *
 *     q = a / b      a and b the mantissas
 *     x / y = ±(q + (a − q·b) / b)·2ᵏ
 *
 * Devices may be off by 2.5 ulps, and by more beyond 2¹²⁶. What the quotient leaves of a is exact: its factors are cut in
 * halves of 12 bits, whose products need no rounding. The exponents are whole numbers, so that nothing is out of range.
 *
 * @source Dekker, "A Floating-Point Technique for Extending the Available Precision", Numerische Mathematik 18, 1971
 */
export const div: Source = {
  name: "div",
  calls: [],
  text: () => `fn div_N(x: F, y: F) -> F {
  let xBits = bitcast<U>(x) & U(0x7fffffffu);
  let yBits = bitcast<U>(y) & U(0x7fffffffu);
  let a = bitcast<F>((xBits & U(0x007fffffu)) | U(0x3f800000u));
  let b = bitcast<F>((yBits & U(0x007fffffu)) | U(0x3f800000u));
  let q = a / b;
  let qHigh = bitcast<F>(bitcast<U>(q) & U(0xfffff000u));
  let bHigh = bitcast<F>(bitcast<U>(b) & U(0xfffff000u));
  let qLow = q - qHigh;
  let bLow = b - bHigh;
  let left = (((a - qHigh * bHigh) - qHigh * bLow) - qLow * bHigh) - qLow * bLow;
  let mantissa = bitcast<I>(q + left / b);
  let k = bitcast<I>(xBits >> U(23u)) - bitcast<I>(yBits >> U(23u));
  let exponent = (mantissa >> U(23u)) + k;
  let ordinary = bitcast<U>(mantissa + (k << U(23u)));
  let upper = select(ordinary, U(0x7f800000u), exponent > I(254));
  let size = select(upper, U(0u), exponent < I(1));
  let xZero = xBits < U(0x00800000u);
  let yZero = yBits < U(0x00800000u);
  let xEndless = xBits >= U(0x7f800000u);
  let yEndless = yBits >= U(0x7f800000u);
  let least = select(size, U(0u), xZero | yEndless);
  let ends = select(least, U(0x7f800000u), xEndless | yZero);
  let unknown = (xZero & yZero) | (xEndless & yEndless) | (xBits > U(0x7f800000u)) | (yBits > U(0x7f800000u));
  let signed = ends | ((bitcast<U>(x) ^ bitcast<U>(y)) & U(0x80000000u));
  return bitcast<F>(select(signed, U(0x7fc00000u), unknown));
}
`,
};

/**
 * `√x`, rounded to nearest but for a few results whose builtin root is not.
 *
 * Devices may take 1 over the inverse root, which are off by 2 and 2.5 ulps. One step of Newton's method, with the exact
 * square of the root, mends that.
 *
 * @source Markstein, "IA-64 and Elementary Functions", Prentice-Hall 2000, chapter 9, for the step
 */
export const sqrt: Source = {
  name: "sqrt",
  calls: [],
  text: () => `fn sqrt_N(x: F) -> F {
  let small = x < F(0x1p-60f);
  let a = select(x, x * 0x1p+64f, small);
  let root = sqrt(a);
  let high = bitcast<F>(bitcast<U>(root) & U(0xfffff000u));
  let low = root - high;
  let left = ((a - high * high) - 2.0f * high * low) - low * low;
  let y = (root + 0.5f * left / root) * select(F(1.0f), F(0x1p-32f), small);
  let bits = bitcast<U>(x);
  let zeroOrSubnormal = (bits << U(1u)) < U(0x01000000u);
  let ends = select(U(0x7fc00000u), bits, (bits == U(0x7f800000u)));
  let rest = select(ends, bits & U(0x80000000u), zeroOrSubnormal);
  return bitcast<F>(select(rest, bitcast<U>(y), (bits - U(0x00800000u)) < U(0x7f000000u)));
}
`,
};
