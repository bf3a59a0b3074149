import type { Local, Value } from "../assembler/index.js";
import type { Lanes, Pair } from "./lanes.js";

/** ln 2 in two parts; the first has so few bits that its product with an exponent is exact. */
export const ln2: Pair<{ readonly high: number; readonly low: number }> = {
  f32: { high: 0.693359375, low: -2.1219444e-4 },
  f64: { high: 0.6931471804855391, low: 7.440617110012397e-11 },
};

/** `(eʳ − 1 − r) / r²` for |r| ≤ ½ ln 2, to 2⁻²⁶ and 2⁻⁶¹ of eʳ − 1. */
export const quotient: Pair<readonly number[]> = {
  f32: [0.5, 0.16666539, 0.041666396, 0.008367009, 0.0013946032],
  f64: [
    0.5, 0.16666666666666677, 0.0416666666666667, 0.008333333333321433, 0.0013888888888857224, 0.0001984126988667887,
    2.4801587395120217e-5, 2.7557243576666254e-6, 2.7557202870070633e-7, 2.5109285662416195e-8, 2.0939406624982033e-9,
  ],
};

/** Where eˣ is 0 or ∞ to every bit. */
const ends: Pair<readonly [number, number]> = { f32: [-104, 89], f64: [-746, 710] };

/** `x = k·ln 2 + r` with a whole `k` and |r| ≤ ½ ln 2. */
interface Reduced {
  readonly k: Local;
  /** `near − off`, rounded. */
  readonly r: Local;
  /** x less the first part of k·ln 2, exactly. */
  readonly near: Local;
  /** The second part. */
  readonly off: Local;
}

function reduce(v: Lanes, x: Local): Reduced {
  const { high, low } = ln2[v.precision];
  const k = v.let(v.nearest(v.mul(x, Math.LOG2E)));
  const near = v.let(v.sub(x, v.mul(k, high)));
  const off = v.let(v.mul(k, low));
  return { k, r: v.let(v.sub(near, off)), near, off };
}

/** `eʳ − 1 − r` for |r| ≤ ½ ln 2. */
function bendOf(v: Lanes, r: Local): Value {
  return v.mul(v.mul(r, r), v.polynomial(r, quotient[v.precision]));
}

/** `eʳ` for |r| ≤ ½ ln 2. */
function expNearZero(v: Lanes, { r, near, off }: Reduced): Value {
  // The two small terms first: so r itself, which is rounded, enters them alone.
  return v.add(v.add(v.sub(bendOf(v, r), off), near), 1);
}

/**
 * `eˣ`, within 1 ulp.
 *
 *     eˣ = 2ᵏ · eʳ      k = nearest(x / ln 2), r = x − k·ln 2
 *
 * The reduction subtracts k·ln 2 in two parts, the first of which is exact; eʳ is 1 + r + r² times a minimax polynomial.
 *
 * @source Cody and Waite, "Software Manual for the Elementary Functions", Prentice-Hall 1980, chapter 6
 */
export function exp(v: Lanes, x: Local): Value {
  const [least, most] = ends[v.precision];
  const reduced = reduce(v, v.let(v.lesser(v.greater(x, least), most)));
  return v.scale(expNearZero(v, reduced), reduced.k);
}

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
export function expm1(v: Lanes, x: Local): Value {
  const [, most] = ends[v.precision];
  const { k, r, near, off } = reduce(v, v.let(v.lesser(v.greater(x, -64), most)));
  const c = v.let(v.sub(v.sub(near, r), off));
  // 2⁻ᵏ is lost in 1 − 2⁻ᵏ long before k leaves the range of exponents.
  const short = v.let(v.sub(1, v.powerOfTwo(v.greater(v.neg(k), -64))));
  const sum = v.let(v.add(short, r));
  const lost = v.sub(r, v.sub(sum, short));
  const bend = v.mul(r, v.add(v.mul(r, v.polynomial(r, quotient[v.precision])), c));
  return v.signed(v.abs(v.scale(v.add(sum, v.add(lost, v.add(bend, c))), k)), x);
}

/** `eˣ` for x ≤ 0 and NaN. */
export function expOfNegative(v: Lanes, x: Value): Value {
  const reduced = reduce(v, v.let(v.greater(x, ends[v.precision][0])));
  return v.scale(expNearZero(v, reduced), reduced.k);
}

/** `eˣ` for |x| ≤ 80 and NaN. */
export function expInside(v: Lanes, x: Value): Value {
  const reduced = reduce(v, v.let(x));
  return v.mul(expNearZero(v, reduced), v.powerOfTwo(reduced.k));
}

/** `e^(x + low)`, where `low` is small beside 1. */
export function expOfSum(v: Lanes, x: Value, low: Value): Value {
  const { k, r, near, off } = reduce(v, v.let(x));
  const bend = v.let(bendOf(v, r));
  const share = v.mul(v.add(v.sub(v.sub(near, r), off), low), v.add(v.add(bend, r), 1));
  return v.scale(v.add(v.add(v.add(bend, share), r), 1), k);
}
