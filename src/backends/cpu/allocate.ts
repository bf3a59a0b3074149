import { type DType, type TypedArray, typedArrays } from "../backend.js";

/** Elements that a tensor may have: loops count in 32 bits. */
const most = 2 ** 31 - 1;

/** A zeroed typed array for `length` elements. */
export function allocate(dtype: DType, length: number): TypedArray {
  if (length > most) {
    throw new RangeError(`cpu: a tensor has ${length} elements but must have at most ${most}; split it`);
  }
  return new typedArrays[dtype](length);
}

/** The first `length` elements of a block of memory, whatever they hold. */
export function viewOf(block: ArrayBuffer, dtype: DType, length: number): TypedArray {
  return new typedArrays[dtype](block, 0, length);
}
