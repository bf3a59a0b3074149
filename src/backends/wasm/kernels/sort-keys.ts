import type { DType } from "../../backend.js";
import { type FunctionBuilder, f32, f64, i32, i64, load, op, select, type Value } from "../assembler/index.js";

/** Bytes of a sorting key. */
export function keyBytes(dtype: DType): 4 | 8 {
  return dtype === "f64" ? 8 : 4;
}

/** Bytes of a key that can differ. */
export function keyDigits(dtype: DType): number {
  return dtype === "bool" ? 1 : keyBytes(dtype);
}

/**
 * An element as an unsigned integer in the same order: equal elements give equal integers, and NaN the largest. Turned
 * over if the largest is to come first.
 */
export function keyOf(f: FunctionBuilder, dtype: DType, address: Value, descending: boolean): Value {
  const key = ascendingKey(f, dtype, address);
  if (!descending) return key;
  return key.type === "i64" ? op("i64.xor", key, i64(-1n)) : op("i32.xor", key, -1);
}

function ascendingKey(f: FunctionBuilder, dtype: DType, address: Value): Value {
  if (dtype === "bool") return load("i32.load8_u", address);
  if (dtype === "u32") return load("i32.load", address);
  if (dtype === "i32") return op("i32.xor", load("i32.load", address), i32(-(2 ** 31)));
  // Adding 0 makes 0 of −0. Of negative numbers all bits are turned over, of others the sign.
  if (dtype === "f32") {
    const x = f.let(load("f32.load", address));
    const bits = f.let(op("i32.reinterpret_f32", op("f32.add", x, f32(0))));
    const mask = op("i32.or", op("i32.shr_s", bits, 31), i32(-(2 ** 31)));
    return select(op("f32.eq", x, x), op("i32.xor", bits, mask), i32(-1));
  }
  const x = f.let(load("f64.load", address));
  const bits = f.let(op("i64.reinterpret_f64", op("f64.add", x, f64(0))));
  const mask = op("i64.or", op("i64.shr_s", bits, i64(63n)), i64(-(2n ** 63n)));
  return select(op("f64.eq", x, x), op("i64.xor", bits, mask), i64(-1n));
}
