import { bytesPerElement, checkNdArray, encodeElements, type NdArray } from "./nd-array.js";
import { concatBytes } from "./source.js";

/**
 * Writes a safetensors file; `readSafetensors` gives back the same.
 *
 * Tensors of wide elements come first, and the header is padded with spaces to a multiple of 8 bytes, so that each
 * tensor is aligned to its elements. The same tensors always give the same bytes, in whatever order they come.
 *
 * @param tensors - arrays by name
 * @param options - `metadata`: free texts by name, which readers keep
 * @returns the file's bytes
 * @throws TypeError if a name is `__metadata__`, a text is not well-formed, a `dtype` is unknown or data of another type
 * @throws ShapeError if a shape does not fit its data
 * @throws RangeError if a size is not a whole number or a bool not 0 or 1
 * @source Hugging Face, "Safetensors", 2022, the format's description in the project's documentation
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, NdArray>,
  options: { readonly metadata?: ReadonlyMap<string, string> } = {},
): Uint8Array {
  const { metadata = new Map<string, string>() } = options;
  for (const [name, array] of tensors) {
    if (name === "__metadata__")
      throw new TypeError(`writeSafetensors: a tensor is named "__metadata__" but must not be`);
    checkText(name);
    checkNdArray("writeSafetensors", JSON.stringify(name), array);
  }
  for (const texts of metadata) texts.forEach(checkText);

  const width = ({ dtype }: NdArray) => bytesPerElement(dtype);
  const sorted = [...tensors].sort(([a, x], [b, y]) => width(y) - width(x) || (a < b ? -1 : 1));
  const header: [string, unknown][] = [];
  if (metadata.size > 0)
    header.push(["__metadata__", Object.fromEntries([...metadata].sort(([a], [b]) => (a < b ? -1 : 1)))]);
  let end = 0;
  for (const [name, array] of sorted) {
    const begin = end;
    end += array.data.byteLength;
    header.push([name, { dtype: array.dtype.toUpperCase(), shape: array.shape, data_offsets: [begin, end] }]);
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  new DataView(padded.buffer).setBigUint64(0, BigInt(padded.length - 8), true);
  padded.set(text, 8);
  return concatBytes([padded, ...sorted.map(([, array]) => encodeElements(array))]);
}

function checkText(text: string): void {
  if (/\p{Surrogate}/u.test(text)) {
    throw new TypeError(`writeSafetensors: ${JSON.stringify(text)} is not well-formed text but must be`);
  }
}
