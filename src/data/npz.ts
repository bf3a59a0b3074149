import { DataError } from "./error.js";
import { checkNdArray, type NdArray } from "./nd-array.js";
import { type BinaryOptions, decodeNpy, encodeNpy } from "./npy.js";
import { readZip } from "./read-zip.js";
import { type ByteSource, readAll } from "./source.js";
import { writeZip } from "./write-zip.js";

/**
 * Reads the arrays of NumPy's npz format: a ZIP archive of npy files, as `numpy.savez` and `savez_compressed` write it.
 *
 * Every member's CRC-32 is checked. Archives that need ZIP64, beyond 4 GiB, are refused.
 *
 * @param source - the file's bytes, whole or in chunks
 * @returns the arrays by name, without `.npy`, in the archive's order
 * @throws DataError if the archive or a member is corrupt, encrypted, no npy file, or of an unsupported type
 * @source PKWARE, ".ZIP File Format Specification" (APPNOTE), version 6.3; NumPy's `numpy.savez`
 */
export async function readNpz(source: ByteSource, options: BinaryOptions = {}): Promise<Map<string, NdArray>> {
  const place = `readNpz: ${options.file ?? "input"}`;
  const members = await readZip(await readAll("readNpz", source), (problem) => new DataError(`${place}: ${problem}`));
  const arrays = new Map<string, NdArray>();
  for (const [name, bytes] of members) {
    if (!name.endsWith(".npy"))
      throw new DataError(`${place}: member ${JSON.stringify(name)} is not named .npy but must be`);
    arrays.set(name.slice(0, -4), decodeNpy(`${place}: member ${JSON.stringify(name)}`, bytes));
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
