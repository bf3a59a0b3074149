import type { Local, Value } from "../assembler/index.js";
import type { Lanes, Pair } from "./lanes.js";

/** ln 2 in two parts; the first has so few bits that its product with an exponent is exact. */
export const ln2: Pair<{ readonly high: number; readonly low: number }> = {
  f32: { high: 0.693359375, low: -2.1219444e-4 },
  f64: { high: 0.6931471804855391, low: 7.440617110012397e-11 },
};

/** `(eʳ − 1 − r) / r²` for |r| ≤ ½ ln 2, to 2⁻²⁶ and 2⁻⁶¹ of eʳ − 1. */
const quotient: Pair<readonly number[]> = {
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
  readonly r: Local;
  /** What rounding took from `r`. */
  readonly rest: Value;
}

function reduce(v: Lanes, x: Value): Reduced {
  const { high, low } = ln2[v.precision];
  const k = v.let(v.nearest(v.mul(x, Math.LOG2E)));
  const near = v.let(v.sub(x, v.mul(k, high)));
  const off = v.let(v.mul(k, low));
  const r = v.let(v.sub(near, off));
  return { k, r, rest: v.sub(v.sub(near, r), off) };
}

/** `eʳ` for |r| ≤ ½ ln 2. */
function expNearZero(v: Lanes, r: Local): Value {
  const bend = v.mul(v.mul(r, r), v.polynomial(r, quotient[v.precision]));
  return v.add(v.add(bend, r), 1);
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
  const { k, r } = reduce(v, v.let(v.lesser(v.greater(x, least), most)));
  return v.scale(expNearZero(v, r), k);
}

/** `eˣ − 1`, within 1 ulp, for x that is NaN or whose result is finite. */
function expm1Within(v: Lanes, x: Local, finish: (y: Value, k: Local) => Value): Value {
  const { k, r, rest } = reduce(v, x);
  const c = v.let(rest);
  // 2⁻ᵏ is lost in 1 − 2⁻ᵏ long before k leaves the range of exponents.
  const short = v.let(v.sub(1, v.powerOfTwo(v.greater(v.neg(k), -64))));
  const sum = v.let(v.add(short, r));
  const lost = v.sub(r, v.sub(sum, short));
  const bend = v.mul(r, v.add(v.mul(r, v.polynomial(r, quotient[v.precision])), c));
  return v.signed(v.abs(finish(v.add(sum, v.add(lost, v.add(bend, c))), k)), x);
}

/**
 * `eˣ − 1`, within 1 ulp also near 0.
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
  const inside = v.let(v.lesser(v.greater(x, -64), most));
  return expm1Within(v, inside, (y, k) => v.scale(y, k));
}

/** `eˣ − 1` for −64 ≤ x ≤ 64 and NaN. */
export function expm1Inside(v: Lanes, x: Local): Value {
  return expm1Within(v, x, (y, k) => v.mul(y, v.powerOfTwo(k)));
}
