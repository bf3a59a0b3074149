import { bytesOf, type DType } from "../../backend.js";
import {
  atLane,
  type FunctionBuilder,
  i32,
  i32x4,
  type Local,
  load,
  type Operand,
  op,
  type Statement,
  shuffle,
  store,
  type Value,
} from "../assembler/index.js";

export { bytesOf };

/** Four elements that are computed together: one vector, or two for f64. A bool has all 32 bits of its lane set. */
export interface Quad {
  readonly dtype: DType;
  readonly parts: readonly Value[];
}

/** Elements in a quad. */
export const quadSize = 4;

/** Computes a quad once, for any number of uses. */
export function hold(f: FunctionBuilder, { dtype, parts }: Quad): Quad & { readonly parts: readonly Local[] } {
  return { dtype, parts: parts.map((part) => f.let(part)) };
}

/** A mask for lanes of 64 bits, from one for lanes of 32. */
export function widen(mask: Value): [Value, Value] {
  return [op("i64x2.extend_low_i32x4_s", mask), op("i64x2.extend_high_i32x4_s", mask)];
}

/** The low words of 64-bit lanes, side by side. */
export function lowWords(a: Value, b: Value): Value {
  return shuffle(a, b, [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]);
}

/** The lower halves of two vectors, side by side. */
export function lowHalves(a: Value, b: Value): Value {
  return shuffle(a, b, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);
}

/** The upper half of a vector, moved down. */
export function highHalf(a: Value): Value {
  return shuffle(a, a, [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]);
}

/** Four neighbouring elements. Up to a quad is read beyond the last element that is wanted. */
export function loadQuad(dtype: DType, address: Value): Quad {
  if (dtype === "f64") return { dtype, parts: [load("v128.load", address), load("v128.load", address, 16)] };
  if (dtype !== "bool") return { dtype, parts: [load("v128.load", address)] };
  const bytes = op("i16x8.extend_low_i8x16_u", load("v128.load32_zero", address));
  return { dtype, parts: [op("i32x4.neg", op("i32x4.extend_low_i16x8_u", bytes))] };
}

/** One element in all places. */
export function loadSplat(dtype: DType, address: Value): Quad {
  if (dtype === "bool") return { dtype, parts: [op("i32x4.neg", op("i32x4.splat", load("i32.load8_u", address)))] };
  if (dtype !== "f64") return { dtype, parts: [load("v128.load32_splat", address)] };
  const both = load("v128.load64_splat", address);
  return { dtype, parts: [both, both] };
}

/** Four elements from anywhere. */
export function loadGathered(dtype: DType, addresses: readonly Value[]): Quad {
  const [a, b, c, d] = addresses;
  if (dtype === "f64") {
    const pair = (first: Value, second: Value) =>
      load("v128.load64_lane", second, 0, load("v128.load64_zero", first), 1);
    return { dtype, parts: [pair(a, b), pair(c, d)] };
  }
  if (dtype === "bool") {
    const lanes = addresses
      .slice(1)
      .reduce(
        (sofar, address, i) => atLane("i32x4.replace_lane", i + 1, sofar, load("i32.load8_u", address)),
        op("i32x4.splat", load("i32.load8_u", a)),
      );
    return { dtype, parts: [op("i32x4.neg", lanes)] };
  }
  const gathered = [b, c, d].reduce(
    (sofar, address, i) => load("v128.load32_lane", address, 0, sofar, i + 1),
    load("v128.load32_zero", a),
  );
  return { dtype, parts: [gathered] };
}

/** Bytes of bools that are ready to be stored, in the lowest lane. */
function packed(mask: Value): Value {
  const words = op("v128.and", mask, i32x4(1));
  return op("i8x16.narrow_i16x8_u", op("i16x8.narrow_i32x4_u", words, words), i32x4(0));
}

/** Writes four neighbouring elements. */
export function storeQuad({ dtype, parts }: Quad, address: Value): Statement[] {
  if (dtype === "bool") return [store("v128.store32_lane", address, packed(parts[0]), 0, 0)];
  return parts.map((part, i) => store("v128.store", address, part, 16 * i));
}

/** Writes the first `count` of four elements, 1 to 3. */
export function storePart(f: FunctionBuilder, quad: Quad, address: Local, count: number): void {
  const { dtype, parts } = hold(f, ready(quad));
  for (let lane = 0; lane < count; lane++) f.do(storeLane(dtype, parts, address, lane));
}

/** Bools as numbers, which is how they are stored. */
function ready(quad: Quad): Quad {
  return quad.dtype === "bool" ? { dtype: "bool", parts: [op("v128.and", quad.parts[0], i32x4(1))] } : quad;
}

function storeLane(dtype: DType, parts: readonly Value[], address: Value, lane: number): Statement {
  if (dtype === "f64") return store("v128.store64_lane", address, parts[lane >> 1], 8 * lane, lane & 1);
  if (dtype === "bool") return store("i32.store8", address, atLane("i32x4.extract_lane", lane, parts[0]), lane);
  return store("v128.store32_lane", address, parts[0], 4 * lane, lane);
}

/** `address + index·bytes`. */
export function offsetBy(address: Operand, index: Value, bytes: number): Value {
  return op("i32.add", address, bytes === 1 ? index : op("i32.mul", index, i32(bytes)));
}

/** A mask of the first `count` of four lanes. */
export function firstLanes(count: Value): Value {
  return op("i32x4.lt_s", i32x4(0, 1, 2, 3), op("i32x4.splat", count));
}
