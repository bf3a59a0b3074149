import type { Local, Value } from "../assembler/index.js";
import type { Lanes } from "./lanes.js";

/** `−1`, `±0` or `1`, exactly; NaN stays. */
export function sign(v: Lanes, x: Local): Value {
  return v.choose(v.less(0, v.abs(x)), v.signed(1, x), x);
}
