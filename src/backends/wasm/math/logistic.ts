import type { Local, Value } from "../assembler/index.js";
import { expOfNegative } from "./exp.js";
import type { Lanes, Pair } from "./lanes.js";

/** `(ln((1 + s) / (1 − s)) / s − 2) / z` with z = s², for 0 ≤ s ≤ ⅓, to 2⁻³² and 2⁻⁶³ of the logarithm. */
export const series: Pair<readonly number[]> = {
  f32: [0.66666675, 0.3999895, 0.28615215, 0.21443808, 0.24245724],
  f64: [
    0.6666666666666667, 0.3999999999999536, 0.28571428572338736, 0.2222222213653944, 0.18181822778022952,
    0.15384462249682493, 0.13336643081883637, 0.11717614382850985, 0.10961929833024953, 0.07032901628170955,
    0.16406687725796584,
  ],
};

/**
 * `σ(x) = 1 / (1 + e⁻ˣ)`, within 2 ulp.
 *
 *     σ(x) = 1 / (1 + e)  for x ≥ 0,  e / (1 + e)  for x < 0      e = e^−|x|
 *
 * e never overflows, and nothing is subtracted.
 *
 * @source Cody and Waite, "Software Manual for the Elementary Functions", Prentice-Hall 1980, chapter 6, for e^−|x|
 */
export function sigmoid(v: Lanes, x: Local): Value {
  const e = v.let(expOfNegative(v, v.neg(v.abs(x))));
  const sum = v.let(v.add(e, 1));
  const quotient = v.let(v.div(v.choose(v.less(x, 0), e, 1), sum));
  // What rounding took from the sum counts as its share, lost / (1 + e); near enough that is lost·(1 − e/2).
  const lost = v.sub(e, v.sub(sum, 1));
  return v.sub(quotient, v.mul(quotient, v.mul(lost, v.sub(1, v.mul(e, 0.5)))));
}

/**
 * `ln(1 + eˣ)`, within 2 ulp.
 *
 *     softplus(x) = max(x, 0) + e − e²/2 + s·(e²/2 + R(s²))      e = e^−|x|, s = e / (2 + e)
 *
 * As e ≤ 1, the logarithm of 1 + e needs no reduction: s ≤ ⅓.
 *
 * @source Tang, "Table-Driven Implementation of the Logarithm Function in IEEE Floating-Point Arithmetic", ACM TOMS 16,
 * 1990, for the form of the series
 */
export function softplus(v: Lanes, x: Local): Value {
  const e = v.let(expOfNegative(v, v.neg(v.abs(x))));
  const s = v.let(v.div(e, v.add(e, 2)));
  const z = v.let(v.mul(s, s));
  const bend = v.let(v.mul(v.mul(e, e), 0.5));
  const tail = v.mul(s, v.add(bend, v.mul(z, v.polynomial(z, series[v.precision]))));
  return v.add(v.greater(x, 0), v.sub(e, v.sub(bend, tail)));
}
