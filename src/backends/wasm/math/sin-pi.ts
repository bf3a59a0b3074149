import type { Local, Value } from "../assembler/index.js";
import type { Lanes } from "./lanes.js";

/** `sin(πx) / x` in x² for |x| ≤ ½, to 2⁻⁵⁴. */
export const series: readonly number[] = [
  Math.PI,
  -5.16771278004991,
  2.550164039872466,
  -0.5992645291688933,
  0.08214588427396621,
  -0.007370411297846232,
  0.00046621063480999797,
  -2.168734819139732e-5,
  5.565254665452357e-7,
];

/** `sin(πx)` for |x| ≤ ½, in double precision. */
export function sinPi(v: Lanes, x: Local): Value {
  return v.mul(x, v.polynomial(v.let(v.mul(x, x)), series));
}
