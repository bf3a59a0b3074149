import { DataError } from "./error.js";
import {
  bytesPerElement,
  checkNdArray,
  decodeElements,
  elementCount,
  encodeElements,
  type NdArray,
  type NdArrayData,
  type NdArrayType,
  ndArray,
  wrongBool,
} from "./nd-array.js";
import { npyCode, parseNpyHeader } from "./npy-header.js";
import { type ByteSource, concatBytes, readAll } from "./source.js";

/** What every reader of binary files takes. */
export interface BinaryOptions {
  /** The file's name, for messages. Default "input". */
  readonly file?: string;
}

/** Bytes of a header; 64 axes of 16 digits take a twentieth of this. */
const MOST_HEADER = 2 ** 15;
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * Reads one array from NumPy's npy format, versions 1, 2 and 3.
 *
 * Types f4, f8, i1, i4, i8, u1, u4 and b1, of either byte order; Fortran order is turned into C order.
 * 64-bit integers stay exact, as `BigInt64Array`; `narrowI64` makes them 32-bit.
 *
 * @param source - the file's bytes, whole or in chunks
 * @returns the array, which shares no memory with the source
 * @throws DataError if the bytes are not an npy file of such a type, whole and with nothing after it
 * @source NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays", 2007, and `numpy.lib.format`
 */
export async function readNpy(source: ByteSource, options: BinaryOptions = {}): Promise<NdArray> {
  return decodeNpy(`readNpy: ${options.file ?? "input"}`, await readAll("readNpy", source));
}

/**
 * Writes one array in NumPy's npy format, little-endian and in C order; `readNpy` gives back the same.
 *
 * @param array - sizes multiply to the data's length
 * @param options - `version` of the format: 1 unless a program asks for another; they differ in how long a header may be
 * @returns the file's bytes
 * @throws TypeError if `dtype` is unknown or the data is of another type
 * @throws ShapeError if the shape does not fit the data
 * @throws RangeError if a size is not a whole number, a bool not 0 or 1, or `version` not 1, 2 or 3
 * @source NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays", 2007, and `numpy.lib.format`
 */
export function writeNpy(array: NdArray, options: { readonly version?: 1 | 2 | 3 } = {}): Uint8Array {
  const { version = 1 } = options;
  checkNdArray("writeNpy", "array", array);
  if (![1, 2, 3].includes(version)) throw new RangeError(`writeNpy: version is ${version} but must be 1, 2 or 3`);
  return encodeNpy(array, version);
}

/** The array in these bytes; `place` opens the messages. */
export function decodeNpy(place: string, bytes: Uint8Array): NdArray {
  const fail = (problem: string) => new DataError(`${place}: ${problem}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (MAGIC.some((byte, at) => bytes[at] !== byte)) throw fail("file does not begin with \\x93NUMPY but must");
  const [major, minor] = [bytes[6], bytes[7]];
  const start = major === 2 || major === 3 ? 12 : 10;
  if (bytes.length < start) throw fail(`file has ${bytes.length} bytes but its header needs at least ${start}`);
  if (!(major === 1 || major === 2 || major === 3) || minor !== 0) {
    throw fail(`version is ${major}.${minor} but must be 1.0, 2.0 or 3.0`);
  }
  const dataStart = start + (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (dataStart > bytes.length) throw fail(`file has ${bytes.length} bytes but its header ends at ${dataStart}`);
  if (dataStart - start > MOST_HEADER) {
    throw fail(`header has ${dataStart - start} bytes but must have at most ${MOST_HEADER}`);
  }
  const text = new TextDecoder(major === 3 ? "utf-8" : "latin1").decode(bytes.subarray(start, dataStart));
  const header = parseNpyHeader(text);
  if (typeof header === "string") throw fail(header);

  const { dtype, shape, littleEndian, fortranOrder } = header;
  const wanted = dataStart + elementCount(shape) * bytesPerElement(dtype);
  if (wanted !== bytes.length) throw fail(`file has ${bytes.length} bytes but must have ${wanted}, as its header says`);
  const data = decodeElements(dtype, bytes.subarray(dataStart), littleEndian);
  const wrong = wrongBool(dtype, data);
  if (wrong >= 0) throw fail(`element ${wrong} is ${data[wrong]} but must be 0 or 1, as the type is bool`);
  return ndArray(dtype, shape, fortranOrder && shape.length > 1 ? toCOrder(shape, data) : data);
}

/** The bytes of a valid array. */
export function encodeNpy(array: NdArray, version: 1 | 2 | 3): Uint8Array {
  const { dtype, shape } = array;
  const order = bytesPerElement(dtype) === 1 ? "|" : "<";
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${order}${npyCode(dtype)}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const start = version === 1 ? 10 : 12;
  const dataStart = Math.ceil((start + text.length + 1) / 64) * 64; // NumPy aligns the data so that it can be mapped
  const header = new Uint8Array(dataStart).fill(0x20);
  header.set([...MAGIC, version, 0]);
  const view = new DataView(header.buffer);
  if (version === 1) view.setUint16(8, dataStart - start, true);
  else view.setUint32(8, dataStart - start, true);
  header.set(new TextEncoder().encode(text), start);
  header[dataStart - 1] = 0x0a;
  return concatBytes([header, encodeElements(array)]);
}

function toCOrder(shape: readonly number[], data: NdArrayData[NdArrayType]): NdArrayData[NdArrayType] {
  const strides: number[] = [];
  shape.reduce((stride, size) => {
    strides.push(stride);
    return stride * size;
  }, 1);
  const ordered = data.slice();
  const place = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < ordered.length; to += 1) {
    ordered[to] = data[from]!;
    // Count up as an odometer does, the last axis fastest.
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      from += strides[axis]!;
      place[axis]! += 1;
      if (place[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      place[axis] = 0;
    }
  }
  return ordered;
}
