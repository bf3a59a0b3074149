import type { DType } from "../../backend.js";
import {
  atLane,
  copy,
  type FunctionBuilder,
  f64x2,
  i32x4,
  type Local,
  load,
  op,
  type Statement,
  store,
  type Value,
} from "../assembler/index.js";

/** Spans up to here are copied by code in place; beyond, in a loop, and the longest by one instruction. */
const longestUnrolled = 256;
const longestLoop = 1024;
const block = 64;

/** Bytes of a span that are copied with one instruction each; the last ones of 16 may overlap. */
function piecesOf(bytes: number): readonly { readonly at: number; readonly size: number }[] {
  const pieces: { at: number; size: number }[] = [];
  let at = 0;
  for (const size of [16, 8, 4, 1]) {
    for (; bytes - at >= size; at += size) pieces.push({ at, size });
    if (size === 16 && at > 0 && at < bytes) return [...pieces, { at: bytes - 16, size: 16 }];
  }
  return pieces;
}

/** The bytes from one address to another, which do not overlap; their number is known. */
export function copySpan(f: FunctionBuilder, to: Local, from: Local, bytes: number): void {
  if (bytes > longestLoop) f.do(copy(to, from, bytes));
  else if (bytes > longestUnrolled) {
    blockwise(f, bytes, [f.let(to), f.let(from)], ([t, s], count) => copySpan(f, t, s, count));
  } else {
    for (const { at, size } of piecesOf(bytes)) {
      const [reads, writes] = instructions[size];
      f.do(store(writes, to, load(reads, from, at), at));
    }
  }
}

const instructions: Readonly<Record<number, readonly [load: string, store: string]>> = {
  16: ["v128.load", "v128.store"],
  8: ["i64.load", "i64.store"],
  4: ["i32.load", "i32.store"],
  1: ["i32.load8_u", "i32.store8"],
};

/** Runs `body` on whole blocks in a loop, then on the rest; addresses step along. */
export function blockwise(
  f: FunctionBuilder,
  bytes: number,
  addresses: readonly Local[],
  body: (addresses: readonly Local[], bytes: number) => void,
): void {
  const done = f.let(0);
  f.for(done, bytes - (bytes % block), block, () => {
    body(addresses, block);
    for (const address of addresses) f.advance(address, block);
  });
  if (bytes % block > 0) body(addresses, bytes % block);
}

/** An element over and over, as the typed array of its dtype would hold it. */
export function patternOf(dtype: DType, value: number): Value {
  if (dtype === "f64") return f64x2(value);
  if (dtype === "f32") return i32x4(new Int32Array(Float32Array.of(value).buffer)[0]);
  return i32x4(dtype === "bool" ? Uint8Array.of(value)[0] * 0x01010101 : value);
}

/** Fills a span with a pattern; the number of bytes is known. */
export function fillSpan(f: FunctionBuilder, to: Local, bytes: number, pattern: Local): void {
  if (bytes > longestUnrolled) {
    blockwise(f, bytes, [f.let(to)], ([address], count) => fillSpan(f, address, count, pattern));
    return;
  }
  for (const { at, size } of piecesOf(bytes)) f.do(storePattern(to, pattern, at, size));
}

function storePattern(to: Value, pattern: Value, at: number, size: number): Statement {
  if (size === 16) return store("v128.store", to, pattern, at);
  if (size === 8) return store("v128.store64_lane", to, pattern, at, 0);
  if (size === 4) return store("v128.store32_lane", to, pattern, at, 0);
  return store("i32.store8", to, atLane("i32x4.extract_lane", 0, pattern), at);
}

/** Fills bytes whose number is known when it runs, a multiple of the element's. */
export function fillBytes(f: FunctionBuilder, to: Local, bytes: Local, pattern: Local, elementBytes: number): void {
  const at = f.let(to);
  const done = f.let(0);
  f.for(done, f.let(op("i32.shr_u", bytes, 4)), 1, () => {
    f.do(store("v128.store", at, pattern));
    f.advance(at, 16);
  });
  f.set(done, 0);
  f.for(done, f.let(op("i32.and", bytes, 15)), elementBytes, () => {
    f.do(storePattern(at, pattern, 0, elementBytes));
    f.advance(at, elementBytes);
  });
}

/** Adds the span at one address to that at another, element by element. */
export function addSpan(f: FunctionBuilder, dtype: DType, to: Local, from: Local, bytes: number): void {
  const lanes = dtype === "f32" ? "f32x4" : dtype === "f64" ? "f64x2" : "i32x4";
  const element = dtype === "f32" ? "f32" : dtype === "f64" ? "f64" : "i32";
  const elementBytes = dtype === "f64" ? 8 : 4;
  const sum = (name: string, type: string, at: number): Statement =>
    store(`${type}.store`, to, op(`${name}.add`, load(`${type}.load`, to, at), load(`${type}.load`, from, at)), at);
  let at = 0;
  for (; at + 16 <= bytes; at += 16) f.do(sum(lanes, "v128", at));
  for (; at < bytes; at += elementBytes) f.do(sum(element, element, at));
}
