import type { DType } from "../../backend.js";
import type { CallInput } from "../../schedule/index.js";
import type { Lanes } from "../math/index.js";
import { reader } from "./call.js";
import type { Shader } from "./shader.js";
import { vectorOf } from "./types.js";

/** Bits of a sorting key that can differ. */
export function keyBits(dtype: DType): number {
  return dtype === "bool" ? 1 : 32;
}

/**
 * Elements as unsigned integers in the same order: equal elements give equal integers, and NaN the largest. Turned over if
 * the largest is to come first.
 */
export function sortKeys(
  shader: Shader,
  input: CallInput,
  descending: boolean,
  lanes: Lanes = 1,
): (element: string) => string {
  const { dtype } = input;
  const bits = reader(shader, { ...input, dtype: "u32" }, lanes);
  const whole = (value: string) => (lanes === 1 ? value : `vec4<u32>(${value})`);
  const turn = (key: string) => {
    if (!descending) return key;
    return dtype === "bool" ? `(${whole("1u")} - ${key})` : `~${key}`;
  };
  if (dtype === "i32") return (element) => turn(`(${bits(element)} ^ ${whole("0x80000000u")})`);
  if (dtype !== "f32") return (element) => turn(bits(element));
  const type = vectorOf("u32", lanes);
  // By its bits, as a device may take tiny numbers for 0. Of negative numbers all bits are turned over, of others the sign.
  const keyOfFloat = `fn key_of_float(bits: ${type}) -> ${type} {
    let sign = ${whole("0x80000000u")};
    let size = bits & ~sign;
    let key = select(bits ^ sign, ~bits, bits > sign);
    return select(select(key, sign, size == ${whole("0u")}), ~${whole("0u")}, size > ${whole("0x7f800000u")});
  }`;
  shader.define(new Map([["key_of_float", keyOfFloat]]));
  return (element) => turn(`key_of_float(${bits(element)})`);
}
