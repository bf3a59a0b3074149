import type { Local, Value } from "../assembler/index.js";
import { expm1Inside } from "./exp.js";
import type { Lanes } from "./lanes.js";

/**
 * `tanh x`, within 2 ulp.
 *
 *     tanh x = −t / (2 + t) with the sign of x      t = e^(−2|x|) − 1
 *
 * t keeps its last bits near 0, and beyond |x| = 20 it is −1.
 *
 * @source Cody and Waite, "Software Manual for the Elementary Functions", Prentice-Hall 1980, chapter 12, with eˣ − 1 in
 * place of the rational function near 0
 */
export function tanh(v: Lanes, x: Local): Value {
  const t = v.let(expm1Inside(v, v.let(v.greater(v.mul(v.abs(x), -2), -40))));
  return v.signed(v.abs(v.div(t, v.add(t, 2))), x);
}
