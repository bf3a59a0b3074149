import type { Local, Value } from "../assembler/index.js";
import type { Lanes } from "./lanes.js";

/** An unevaluated sum of two doubles: `low` is what rounding took from `high`. */
export interface DoubleDouble {
  readonly high: Local;
  readonly low: Local;
}

/** `a + b`, exactly, where |a| ≥ |b| or a is 0. */
export function orderedSum(v: Lanes, a: Local, b: Local): DoubleDouble {
  const high = v.let(v.add(a, b));
  return { high, low: v.let(v.sub(b, v.sub(high, a))) };
}

/** `a + b`, exactly. */
export function exactSum(v: Lanes, a: Local, b: Local): DoubleDouble {
  const high = v.let(v.add(a, b));
  const shareOfB = v.let(v.sub(high, a));
  const low = v.let(v.add(v.sub(a, v.sub(high, shareOfB)), v.sub(b, shareOfB)));
  return { high, low };
}

/** `a·b` to 2⁻¹⁰⁶: each factor is cut in two, so that the products of the parts are exact. */
export function exactProduct(v: Lanes, a: Local, b: Local): DoubleDouble {
  const high = v.let(v.mul(a, b));
  const a1 = v.let(upperHalf(v, a));
  const b1 = v.let(upperHalf(v, b));
  const a2 = v.let(v.sub(a, a1));
  const b2 = v.let(v.sub(b, b1));
  const cross = v.add(v.add(v.sub(v.mul(a1, b1), high), v.mul(a1, b2)), v.mul(a2, b1));
  return { high, low: v.let(v.add(cross, v.mul(a2, b2))) };
}

/** The number without the lower 27 bits of its mantissa. */
function upperHalf(v: Lanes, a: Value): Value {
  return v.and(a, v.bits(-(1n << 27n)));
}
