import type { Local, Value } from "../assembler/index.js";
import { expInside } from "./exp.js";
import type { Lanes, Pair } from "./lanes.js";

/** `(tanh x / x − 1) / z` in z = x² for |x| ≤ 0.6, to 2⁻²⁸ and 2⁻⁵⁷ of tanh x / x. */
export const near: Pair<readonly number[]> = {
  f32: [-0.333333, 0.13331936, -0.053784806, 0.020799255, -0.0058990354],
  f64: [
    -0.3333333333333313, 0.1333333333330052, -0.05396825394968101, 0.021869488011126502, -0.008863226887880804,
    0.00359203826874283, -0.001455219966318567, 0.0005872036693489048, -0.0002304280808884669, 7.93499305488729e-5,
    -1.719648979244026e-5,
  ],
};

/**
 * `tanh x`, within 1.5 ulps.
 *
 *     |x| < 0.6:  x + x·z·P(z)      z = x²
 *     |x| ≥ 0.6:  ±(1 − 2e / (1 + e))      e = e^(−2|x|)
 *
 * P is a minimax polynomial; from 0.6 on the error of the quotient counts for less than half.
 *
 * @source Cody and Waite, "Software Manual for the Elementary Functions", Prentice-Hall 1980, chapter 12
 */
export function tanh(v: Lanes, x: Local): Value {
  const magnitude = v.let(v.abs(x));
  const e = v.let(expInside(v, v.greater(v.mul(magnitude, -2), -40)));
  const outer = v.sub(1, v.div(v.add(e, e), v.add(e, 1)));
  const z = v.let(v.mul(x, x));
  const inner = v.add(magnitude, v.mul(v.mul(magnitude, z), v.polynomial(z, near[v.precision])));
  return v.signed(v.choose(v.less(magnitude, 0.6), inner, outer), x);
}
