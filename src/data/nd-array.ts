import { checkCount, checkOneOf, ShapeError, showShape } from "../autodiff/check.js";

/** What holds the elements of each type; a bool is a byte, 0 or 1. */
export interface NdArrayData {
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly i8: Int8Array;
  readonly i32: Int32Array;
  readonly i64: BigInt64Array;
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  readonly bool: Uint8Array;
}

export type NdArrayType = keyof NdArrayData;

/** An array of numbers as files hold it: its elements in C order, the last axis contiguous. `[]` is the shape of one number. */
export type NdArray<D extends NdArrayType = NdArrayType> = {
  readonly [Key in D]: { readonly dtype: Key; readonly shape: readonly number[]; readonly data: NdArrayData[Key] };
}[D];

/** NumPy's own bound on axes; it also keeps a header small. */
export const MAX_AXES = 64;

/** Bytes of one element. */
export function bytesPerElement(dtype: NdArrayType): number {
  return arrayOf(dtype, new ArrayBuffer(0)).BYTES_PER_ELEMENT;
}

/** The product of the sizes: 1 for `[]`, and not rounded while it is below 2^53. */
export function elementCount(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
}

/** A new array of the elements in these bytes; the caller has checked that they are whole elements. */
export function decodeElements(dtype: NdArrayType, bytes: Uint8Array, littleEndian: boolean): NdArrayData[NdArrayType] {
  const own = bytes.slice(); // typed arrays must be aligned, and must not alias the file
  if (littleEndian !== hostIsLittleEndian()) reverseEach(own, bytesPerElement(dtype));
  return arrayOf(dtype, own.buffer);
}

/** The elements' bytes, little-endian; they may alias the array. */
export function encodeElements({ dtype, data }: NdArray): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return hostIsLittleEndian() ? bytes : reverseEach(bytes.slice(), bytesPerElement(dtype));
}

/** Puts a type, a shape and the data of that type together. */
export function ndArray(dtype: NdArrayType, shape: readonly number[], data: NdArrayData[NdArrayType]): NdArray {
  return { dtype, shape, data } as NdArray;
}

/** The offset of the first byte that is no bool, or −1. */
export function wrongBool(dtype: NdArrayType, data: ArrayLike<number | bigint>): number {
  if (dtype === "bool") for (let at = 0; at < data.length; at += 1) if ((data[at] as number) > 1) return at;
  return -1;
}

/** Throws unless the array's data is of its type, its sizes multiply to the data's length, and bools are 0 or 1. */
export function checkNdArray(caller: string, name: string, array: NdArray): void {
  const { dtype, shape, data } = array;
  checkOneOf(caller, `${name}.dtype`, dtype, ["f32", "f64", "i8", "i32", "i64", "u8", "u32", "bool"]);
  const right = arrayOf(dtype, new ArrayBuffer(0)).constructor;
  if (!(data instanceof (right as { new (): unknown }))) {
    throw new TypeError(
      `${caller}: ${name}.data is a ${(data as object)?.constructor?.name} but must be a ${right.name}, as dtype is ${dtype}`,
    );
  }
  for (const size of shape) checkCount(caller, { [`${name}.shape's size`]: size }, 0);
  if (shape.length > MAX_AXES) {
    throw new ShapeError(`${caller}: ${name}.shape has ${shape.length} axes but must have at most ${MAX_AXES}`);
  }
  if (elementCount(shape) !== data.length) {
    throw new ShapeError(
      `${caller}: ${name}.data has ${data.length} elements but must have ${elementCount(shape)}, as shape is ${showShape(shape)}`,
    );
  }
  const wrong = wrongBool(dtype, data);
  if (wrong >= 0) throw new RangeError(`${caller}: ${name}.data[${wrong}] is ${data[wrong]} but must be 0 or 1`);
}

function arrayOf(dtype: NdArrayType, buffer: ArrayBuffer): NdArrayData[NdArrayType] {
  switch (dtype) {
    case "f32":
      return new Float32Array(buffer);
    case "f64":
      return new Float64Array(buffer);
    case "i8":
      return new Int8Array(buffer);
    case "i32":
      return new Int32Array(buffer);
    case "i64":
      return new BigInt64Array(buffer);
    case "u32":
      return new Uint32Array(buffer);
    case "u8":
    case "bool":
      return new Uint8Array(buffer);
  }
}

function hostIsLittleEndian(): boolean {
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
}

function reverseEach(bytes: Uint8Array, width: number): Uint8Array {
  if (width > 1) for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
  return bytes;
}
