import type { Local, Value } from "../assembler/index.js";
import { ln2 } from "./exp.js";
import type { Lanes, Pair, Term } from "./lanes.js";

/** `(ln((1 + s) / (1 − s)) / s − 2) / z` with z = s², for the s of √½ ≤ x < √2, to 2⁻²⁹ and 2⁻⁵⁸ of the logarithm. */
export const series: Pair<readonly number[]> = {
  f32: [0.66666776, 0.39977577, 0.29871085],
  f64: [
    0.6666666666666735, 0.39999999999409336, 0.2857142874369294, 0.2222219842805581, 0.18183572416324117,
    0.15313830241594908, 0.1479828160395782,
  ],
};

/** The bits of a number as a whole number. */
const bitsOf: Pair<(x: number) => bigint> = {
  f32: (x) => BigInt(new Int32Array(Float32Array.of(x).buffer)[0]),
  f64: (x) => new BigInt64Array(Float64Array.of(x).buffer)[0],
};

/** `x = m·2ᵏ` with √½ ≤ m < √2, for positive x that is not subnormal. */
function split(v: Lanes, x: Value): { readonly k: Value; readonly m: Value } {
  const bits = bitsOf[v.precision];
  const shifted = v.let(v.addBits(x, v.bits(bits(1) - bits(Math.SQRT1_2))));
  // The exponent becomes the low bits of 2 to the bits of the mantissa, which makes it a number without a conversion.
  const base = 2 ** v.mantissa;
  const k = v.sub(v.or(v.shiftRight(shifted, v.mantissa), base), base + v.bias);
  const m = v.addBits(v.and(shifted, v.bits((1n << BigInt(v.mantissa)) - 1n)), v.bits(bits(Math.SQRT1_2)));
  return { k, m };
}

/** `x = (1 + f)·2ᵏ` with √½ ≤ 1 + f < √2, for positive x. */
export function decompose(v: Lanes, x: Local): { readonly k: Local; readonly f: Local } {
  const subnormal = v.let(v.less(x, v.tiniest));
  const raised = 2 ** (v.mantissa + 1);
  const { k, m } = split(v, v.choose(subnormal, v.mul(x, raised), x));
  return { k: v.let(v.sub(k, v.and(subnormal, v.mantissa + 1))), f: v.let(v.sub(m, 1)) };
}

/** `ln(1 + f) + k·ln 2 + rest` for √½ ≤ 1 + f < √2. */
function logNearOne(v: Lanes, f: Local, k: Local, rest: Term): Value {
  const { high, low } = ln2[v.precision];
  const s = v.let(v.div(f, v.add(f, 2)));
  const z = v.let(v.mul(s, s));
  const bend = v.let(v.mul(v.mul(f, f), 0.5));
  const tail = v.mul(s, v.add(bend, v.mul(z, v.polynomial(z, series[v.precision]))));
  const small = v.sub(bend, v.add(tail, v.add(v.mul(k, low), rest)));
  return v.sub(v.mul(k, high), v.sub(small, f));
}

/**
 * `ln x`, within 1 ulp.
 *
 *     ln x = k·ln 2 + ln(1 + f)      x = 2ᵏ·(1 + f), √½ ≤ 1 + f < √2
 *     ln(1 + f) = f − f²/2 + s·(f²/2 + R(s²))      s = f / (2 + f)
 *
 * R is a minimax polynomial; f itself is exact, so that nothing is lost near x = 1.
 *
 * @source Tang, "Table-Driven Implementation of the Logarithm Function in IEEE Floating-Point Arithmetic", ACM TOMS 16,
 * 1990; the series in s is that of the inverse hyperbolic tangent
 */
export function log(v: Lanes, x: Local): Value {
  const { k, f } = decompose(v, x);
  return withEnds(v, logNearOne(v, f, k, 0), x);
}

/**
 * `ln(1 + x)`, within 1 ulp also near 0.
 *
 *     ln(1 + x) = ln u + (x − (u − 1)) / u      u = 1 + x, rounded
 *
 * For √½ ≤ 1 + x < √2 no sum is rounded: x is the f of `ln(1 + f)`.
 *
 * @source Goldberg, "What Every Computer Scientist Should Know About Floating-Point Arithmetic", ACM Computing Surveys
 * 23, 1991, theorem 4 for the need; the correction is that of Kahan
 */
export function log1p(v: Lanes, x: Local): Value {
  const u = v.let(v.add(x, 1));
  const { k, m } = split(v, u);
  const near = v.let(v.and(v.less(Math.SQRT1_2 - 1, x), v.less(x, Math.SQRT2 - 1)));
  const exponent = v.let(v.andNot(k, near));
  const f = v.let(v.choose(near, x, v.sub(m, 1)));
  // The smaller addend is exact less the sum's share of it.
  const lost = v.choose(v.less(1, x), v.sub(1, v.sub(u, x)), v.sub(x, v.sub(u, 1)));
  const rest = v.andNot(v.div(lost, u), near);
  return v.or(withEnds(v, logNearOne(v, f, exponent, rest), u), v.signOf(x));
}

/** `y`, the logarithm of `x`, where that is finite: else −∞ at 0, ∞ at ∞, NaN below 0 and at NaN. */
function withEnds(v: Lanes, y: Value, x: Local): Value {
  const ends = v.choose(v.equal(x, 0), -Infinity, v.choose(v.less(x, 0), NaN, x));
  return v.choose(v.and(v.less(0, x), v.less(x, Infinity)), y, ends);
}
