import type { DType, TypedArray } from "../backend.js";

const arrays = { f32: Float32Array, f64: Float64Array, i32: Int32Array, u32: Uint32Array, bool: Uint8Array } as const;

/** Elements that a tensor may have: loops count in 32 bits. */
const most = 2 ** 31 - 1;

/** A zeroed typed array for `length` elements. */
export function allocate(dtype: DType, length: number): TypedArray {
  if (length > most) {
    throw new RangeError(`cpu: a tensor has ${length} elements but must have at most ${most}; split it`);
  }
  return new arrays[dtype](length);
}

/** The first `length` elements of a block of memory, whatever they hold. */
export function viewOf(block: ArrayBuffer, dtype: DType, length: number): TypedArray {
  return new arrays[dtype](block, 0, length);
}
