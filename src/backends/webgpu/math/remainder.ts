import type { Source } from "./source.js";

/**
 * `x % y` as JavaScript has it: exactly `x − trunc(x / y)·y`, with the sign of x; in whole numbers alone.
 *
 * Long division of the mantissas, 8 bits of the quotient at a time.
 *
 * @source Knuth, "The Art of Computer Programming", volume 2, 3rd edition, Addison-Wesley 1997, section 4.3.1
 */
export const remainder: Source = {
  name: "remainder",
  calls: [],
  text: () => `fn remainder_N(x: F, y: F) -> F {
  let a = bitcast<U>(x) & U(0x7fffffffu);
  let b = bitcast<U>(y) & U(0x7fffffffu);
  // Subnormal numbers have the exponent 1 and no leading bit.
  let aExponent = max(a >> U(23u), U(1u));
  let bExponent = max(b >> U(23u), U(1u));
  let aMantissa = select(a & U(0x007fffffu), (a & U(0x007fffffu)) | U(0x00800000u), a >= U(0x00800000u));
  let bMantissa = select(b & U(0x007fffffu), (b & U(0x007fffffu)) | U(0x00800000u), b >= U(0x00800000u));
  let divisor = max(bMantissa, U(1u));
  let defined = (a < U(0x7f800000u)) & (b <= U(0x7f800000u)) & (b > U(0u));
  let divides = defined & (a >= b);
  var left = aMantissa % divisor;
  var gap = select(U(0u), aExponent - bExponent, divides);
  while (any(gap > U(0u))) {
    let step = min(gap, U(8u));
    left = (left << step) % divisor;
    gap -= step;
  }
  let shift = countLeadingZeros(max(left, U(1u))) - U(8u);
  let ordinary = ((bExponent - shift) << U(23u)) | ((left << shift) & U(0x007fffffu));
  let subnormal = left << min(bExponent - U(1u), U(31u));
  let size = select(U(0u), select(subnormal, ordinary, bExponent > shift), left > U(0u));
  let signed = size | (bitcast<U>(x) & U(0x80000000u));
  return bitcast<F>(select(U(0x7fc00000u), select(bitcast<U>(x), signed, divides), defined));
}
`,
};
