import { type DType, type TypedArray, typedArrays } from "../backend.js";

/** Every element takes a word of the device's memory, truth values too. */
export const wordBytes = 4;
export const deviceBytes: Readonly<Record<DType, number>> = { f32: 4, f64: 8, i32: 4, u32: 4, bool: 4 };

/** Values as the device holds them. */
export function toWords(values: TypedArray): TypedArray {
  return values instanceof Uint8Array ? Uint32Array.from(values) : values;
}

/** Values of the host, from the device's memory. */
export function fromWords(dtype: DType, memory: ArrayBuffer, length: number): TypedArray {
  if (dtype === "bool") return Uint8Array.from(new Uint32Array(memory, 0, length));
  return new typedArrays[dtype](memory, 0, length);
}
