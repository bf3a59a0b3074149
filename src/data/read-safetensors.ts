import { DataError, quote, quoteIfText } from "./error.js";
import {
  bytesPerElement,
  decodeElements,
  elementCount,
  MAX_AXES,
  type NdArray,
  type NdArrayType,
  ndArray,
  wrongBool,
} from "./nd-array.js";
import type { BinaryOptions } from "./npy.js";
import { repeatedKey } from "./repeated-key.js";
import { type ByteSource, readAll } from "./source.js";
import { widenBfloat16, widenFloat16 } from "./widen-half.js";

/** What a safetensors file holds. */
export interface Safetensors {
  /** Arrays by name. */
  readonly tensors: ReadonlyMap<string, NdArray>;
  /** Free texts by name: what the file's `__metadata__` says. */
  readonly metadata: ReadonlyMap<string, string>;
}

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads a safetensors file, and trusts nothing that it says.
 *
 *     8 bytes: header length | header: {"name": {"dtype", "shape", "data_offsets"}, …} | data
 *
 * Types F32, F64, I8, I32, I64, U8, U32 and BOOL; F16 and BF16 become f32, which holds each of their values.
 * The tensors' bytes must fill the data without gap or overlap, and the header may hold nothing else.
 *
 * @param source - the file's bytes, whole or in chunks
 * @returns arrays, in the order of their bytes, that share no memory with the source; and the metadata
 * @throws DataError if the file is truncated or corrupt, or a type is none of those above
 * @source Hugging Face, "Safetensors", 2022, the format's description in the project's documentation
 */
export async function readSafetensors(source: ByteSource, options: BinaryOptions = {}): Promise<Safetensors> {
  const fail = (problem: string) => new DataError(`readSafetensors: ${options.file ?? "input"}: ${problem}`);
  const bytes = await readAll("readSafetensors", source);
  if (bytes.length < 8) throw fail(`file has ${bytes.length} bytes but must have at least 8`);
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (headerLength > BigInt(bytes.length - 8)) {
    throw fail(`header length is ${headerLength} but must be at most ${bytes.length - 8}, what the file has left`);
  }
  const dataStart = 8 + Number(headerLength);
  const header = parseHeader(bytes.subarray(8, dataStart), fail);
  const metadata = new Map<string, string>();
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(header)) {
    checkWellFormed("a tensor's name", name, fail);
    if (name !== "__metadata__") {
      entries.push(readEntry(name, value, fail));
      continue;
    }
    for (const [key, text] of Object.entries(readMetadata(value, fail))) {
      checkWellFormed("a key of __metadata__", key, fail);
      checkWellFormed("a text of __metadata__", text, fail);
      metadata.set(key, text);
    }
  }
  // Sorted by where they end too, so that a tensor of no elements comes before the one that starts where it does.
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);

  let end = 0;
  for (const { name, begin, end: next } of entries) {
    if (begin !== end)
      throw fail(`tensor ${quote(name)} begins at ${begin} but must begin at ${end}, where the one before ends`);
    end = next;
  }
  if (end !== bytes.length - dataStart) {
    throw fail(`data has ${bytes.length - dataStart} bytes but must have ${end}, where the last tensor ends`);
  }
  const tensors = new Map<string, NdArray>();
  for (const entry of entries) {
    tensors.set(entry.name, readTensor(entry, bytes.subarray(dataStart + entry.begin, dataStart + entry.end), fail));
  }
  return { tensors, metadata };
}

function parseHeader(bytes: Uint8Array, fail: (problem: string) => DataError): object {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch {
    throw fail("header is not UTF-8 JSON but must be");
  }
  if (!text.startsWith("{")) throw fail("header does not begin with { but must");
  const again = repeatedKey(text);
  if (again !== undefined) throw fail(`header has the key ${quote(again)} twice in an object but must have it once`);
  return header as object;
}

function readMetadata(value: unknown, fail: (problem: string) => DataError): Record<string, string> {
  if (!isObject(value) || !Object.values(value).every((text) => typeof text === "string")) {
    throw fail("__metadata__ is not an object of strings but must be");
  }
  return value as Record<string, string>;
}

function readEntry(name: string, value: unknown, fail: (problem: string) => DataError): Entry {
  const tensor = `tensor ${quote(name)}`;
  const keys = isObject(value) ? Object.keys(value).sort() : ["none"];
  if (keys.length !== 3 || keys.some((key, at) => key !== ["data_offsets", "dtype", "shape"][at])) {
    throw fail(`${tensor} has the keys ${quote(keys.join(", "))} but must have "data_offsets, dtype, shape"`);
  }
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  if (typeof dtype !== "string" || elementBytes(dtype) === undefined) {
    const supported = "F32, F64, F16, BF16, I8, I32, I64, U8, U32, BOOL";
    throw fail(`${tensor} has dtype ${quoteIfText(dtype)} but must have one of ${supported}`);
  }
  if (!isSizes(shape)) throw fail(`${tensor} has a shape that is not a list of whole numbers but must be`);
  if (shape.length > MAX_AXES) throw fail(`${tensor} has ${shape.length} axes but must have at most ${MAX_AXES}`);
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    throw fail(`${tensor} has data_offsets that are not [begin, end] but must be`);
  }
  const [begin, end] = offsets as [number, number];
  const wanted = elementCount(shape) * elementBytes(dtype)!;
  if (end - begin !== wanted) {
    throw fail(`${tensor} has ${end - begin} bytes but must have ${wanted}, as its dtype and shape say`);
  }
  return { name, dtype, shape, begin, end };
}

function readTensor(entry: Entry, bytes: Uint8Array, fail: (problem: string) => DataError): NdArray {
  const { name, dtype, shape } = entry;
  if (dtype === "F16") return ndArray("f32", shape, widenFloat16(bytes));
  if (dtype === "BF16") return ndArray("f32", shape, widenBfloat16(bytes));
  const native = dtype.toLowerCase() as NdArrayType;
  const data = decodeElements(native, bytes, true);
  const wrong = wrongBool(native, data);
  if (wrong >= 0)
    throw fail(`tensor ${quote(name)} has ${data[wrong]} at element ${wrong} but must have 0 or 1, as dtype is BOOL`);
  return ndArray(native, shape, data);
}

function elementBytes(dtype: string): number | undefined {
  if (dtype === "F16" || dtype === "BF16") return 2;
  const native = ["F32", "F64", "I8", "I32", "I64", "U8", "U32", "BOOL"].includes(dtype);
  return native ? bytesPerElement(dtype.toLowerCase() as NdArrayType) : undefined;
}

/** An escape can make half a character, though the header is UTF-8; what holds one could not be written again. */
function checkWellFormed(name: string, text: string, fail: (problem: string) => DataError): void {
  if (/\p{Surrogate}/u.test(text)) throw fail(`${name} is ${quote(text)} but must be well-formed text`);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
