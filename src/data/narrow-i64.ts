import type { NdArray } from "./nd-array.js";

/**
 * 64-bit integers as 32-bit ones, checked: NumPy writes 64-bit integers unless told otherwise, and label ids rarely need them.
 *
 * @param array - as a reader gave it
 * @returns the same numbers and shape
 * @throws RangeError if a number does not fit 32 bits
 */
export function narrowI64({ shape, data }: NdArray<"i64">): NdArray<"i32"> {
  const narrow = new Int32Array(data.length);
  data.forEach((value, at) => {
    if (BigInt.asIntN(32, value) !== value) {
      throw new RangeError(`narrowI64: data[${at}] is ${value} but must be in [-2^31, 2^31)`);
    }
    narrow[at] = Number(value);
  });
  return { dtype: "i32", shape, data: narrow };
}
