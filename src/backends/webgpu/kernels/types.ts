import type { DType } from "../../backend.js";
import type { Lanes } from "../math/index.js";
import type { Shader } from "./shader.js";

/** How elements are held in memory: truth values take a word each. */
const stored: Readonly<Record<DType, string>> = { f32: "f32", f64: "f64", i32: "i32", u32: "u32", bool: "u32" };

/** The type of elements in memory. */
export function storedType(dtype: DType, lanes: Lanes): string {
  return vectorOf(stored[dtype], lanes);
}

/** The type of elements that are computed with. */
export function valueType(dtype: DType, lanes: Lanes): string {
  return vectorOf(dtype, lanes);
}

export function vectorOf(scalar: string, lanes: Lanes): string {
  return lanes === 1 ? scalar : `vec4<${scalar}>`;
}

/** A number as a literal of the type. */
export function literal(value: number, scalar: "f32" | "i32" | "u32", lanes: Lanes): string {
  const text = scalar === "f32" ? `${value}f` : scalar === "u32" ? `${value}u` : integerLiteral(value);
  return lanes === 1 ? text : `vec4<${scalar}>(${text})`;
}

/** The least integer is no literal: it would be the negative of one that does not fit. */
function integerLiteral(value: number): string {
  return value === -(2 ** 31) ? "bitcast<i32>(2147483648u)" : `${value}i`;
}

/** A value in memory as one to compute with. */
export function loaded(dtype: DType, lanes: Lanes, text: string): string {
  return dtype === "bool" ? `(${text} != ${literal(0, "u32", lanes)})` : text;
}

/** A computed value as it is held in memory. */
export function storable(dtype: DType, lanes: Lanes, text: string): string {
  return dtype === "bool" ? `select(${literal(0, "u32", lanes)}, ${literal(1, "u32", lanes)}, ${text})` : text;
}

/** What stands where there is no value, as it is held in memory: NaN, or 0 where there is none. */
export function missing(shader: Shader, dtype: DType, lanes: Lanes): string {
  if (dtype !== "f32") return literal(0, stored[dtype] as "i32" | "u32", lanes);
  // NaN is no literal, and must not be seen to be constant.
  const text = "fn not_a_number() -> f32 { var bits = 0x7fc00000u; return bitcast<f32>(bits); }";
  shader.define(new Map([["not_a_number", text]]));
  return lanes === 1 ? "not_a_number()" : "vec4<f32>(not_a_number())";
}

/** A number of the plan as the bits that memory holds. */
export function bitsOf(value: number, dtype: DType): number {
  if (dtype === "f32") return new Uint32Array(Float32Array.of(value).buffer)[0];
  return dtype === "bool" ? Number(value !== 0) : value >>> 0;
}
