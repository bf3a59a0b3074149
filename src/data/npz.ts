import { checkCount } from "../autodiff/check.js";
import { DataError, quote } from "./error.js";
import { checkNdArray, type NdArray } from "./nd-array.js";
import { type BinaryOptions, decodeNpy, encodeNpy } from "./npy.js";
import { readZip } from "./read-zip.js";
import { type ByteSource, readAll } from "./source.js";
import { writeZip } from "./write-zip.js";

export interface NpzOptions extends BinaryOptions {
  /** The most bytes that the compressed arrays may unpack to, together: what bounds the memory. Default 2^31. */
  readonly maxUnpackedSize?: number;
}

/**
 * Reads the arrays of NumPy's npz format: a ZIP archive of npy files, as `numpy.savez` and `savez_compressed` write it.
 *
 * Every member's CRC-32 is checked. Archives that need ZIP64, beyond 4 GiB, are refused. Memory is bounded by the file
 * and by `maxUnpackedSize`: nothing is unpacked if the sizes add up to more, and no member beyond its size.
 *
 * @param source - the file's bytes, whole or in chunks
 * @returns the arrays by name, without `.npy`, in the archive's order
 * @throws RangeError if `maxUnpackedSize` is not a whole number ≥ 0
 * @throws DataError if the archive or a member is corrupt, encrypted, no npy file, or of an unsupported type
 * @throws DataError if the compressed arrays would unpack to more than `maxUnpackedSize`
 * @source PKWARE, ".ZIP File Format Specification" (APPNOTE), version 6.3; NumPy's `numpy.savez`
 */
export async function readNpz(source: ByteSource, options: NpzOptions = {}): Promise<Map<string, NdArray>> {
  const { file = "input", maxUnpackedSize = 2 ** 31 } = options;
  checkCount("readNpz", { maxUnpackedSize }, 0);
  const place = `readNpz: ${file}`;
  const fail = (problem: string) => new DataError(`${place}: ${problem}`);
  const members = await readZip(await readAll("readNpz", source), fail, maxUnpackedSize);
  const arrays = new Map<string, NdArray>();
  for (const [name, bytes] of members) {
    if (!name.endsWith(".npy")) throw fail(`member ${quote(name)} is not named .npy but must be`);
    arrays.set(name.slice(0, -4), decodeNpy(`${place}: member ${quote(name)}`, bytes));
  }
  return arrays;
}

/**
 * Writes arrays in NumPy's npz format; `readNpz` gives back the same, and the same arrays always give the same bytes.
 *
 * @param arrays - by name
 * @param options - `compress`: whether members are deflated, as far as that makes them smaller; default true
 * @returns the file's bytes
 * @throws TypeError if a name is not well-formed text, a `dtype` is unknown or data is of another type
 * @throws ShapeError if a shape does not fit its data
 * @throws RangeError if a size is not a whole number, a bool not 0 or 1, or the archive would need ZIP64
 * @source PKWARE, ".ZIP File Format Specification" (APPNOTE), version 6.3; NumPy's `numpy.savez`
 */
export async function writeNpz(
  arrays: ReadonlyMap<string, NdArray>,
  options: { readonly compress?: boolean } = {},
): Promise<Uint8Array> {
  const { compress = true } = options;
  const members = new Map<string, Uint8Array>();
  for (const [name, array] of arrays) {
    if (/\p{Surrogate}/u.test(name))
      throw new TypeError(`writeNpz: name ${JSON.stringify(name)} is not well-formed text but must be`);
    checkNdArray("writeNpz", JSON.stringify(name), array);
    members.set(`${name}.npy`, encodeNpy(array, 1));
  }
  return writeZip("writeNpz", members, compress);
}
