import { type Callable, call, op, shuffle, type Value } from "../assembler/index.js";
import type { Lanes } from "./lanes.js";

const upper = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
const joined = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

/** A function of two doubles a vector, applied to both halves of vectors of four singles. */
export function inDouble(v: Lanes, f: Callable, ...x: readonly Value[]): Value {
  const half = (parts: readonly Value[]): Value => {
    const wide = parts.map((part) => op("f64x2.promote_low_f32x4", part));
    return op("f32x4.demote_f64x2_zero", call(f, ...wide));
  };
  return v.let(shuffle(half(x), half(x.map((part) => shuffle(part, part, upper))), joined));
}
