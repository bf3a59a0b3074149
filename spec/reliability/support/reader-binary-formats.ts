import { DataError, type NdArray, readNpy, readNpz, readSafetensors, writeSafetensors } from "cotangent/data";
import { readZip } from "../../../src/data/read-zip.js";
import { writeZip } from "../../../src/data/write-zip.js";
import { bitsOf } from "../../data/support/arbitraries.js";
import { firstWrong, fromLatin1, type Layer, type ReaderFormat, utf8 } from "./reader-format.js";
import type { Random } from "./reader-random.js";

const WIDTHS: Readonly<Record<string, number>> = {
  ...{ f32: 4, f64: 8, i8: 1, i32: 4, i64: 8, u8: 1, u32: 4, bool: 1, f16: 2, bf16: 2 },
};
const CODES = ["f4", "f8", "i1", "i4", "i8", "u1", "u4", "b1"];
const NAMES = ["w", "é", "漢", "a/b", "", "0", "__proto__", "bias", "\ufeff", "x".repeat(60)];

function randomBytes(count: number, most: number, random: Random): Uint8Array {
  return Uint8Array.from({ length: count }, () => random.below(most));
}

function shapeOf(random: Random): number[] {
  return random.some(random.pick([2, 4]), () => random.below(4));
}

function countOf(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
}

/** Why an array contradicts itself. */
export function wrongArray({ dtype, shape, data }: NdArray): string | undefined {
  return firstWrong([
    !(dtype in WIDTHS) && "a known dtype",
    shape.some((size) => !Number.isSafeInteger(size) || size < 0) && "whole sizes",
    countOf(shape) !== data.length && "as many elements as the shape says",
    data.BYTES_PER_ELEMENT !== WIDTHS[dtype] && "elements of the dtype's width",
    dtype === "bool" && (data as Uint8Array).some((bit) => bit > 1) && "bools that are 0 or 1",
  ]);
}

function kindOf(arrays: Iterable<NdArray>): string {
  const kinds = [...arrays].map(({ dtype, shape }) => `${dtype}${shape.length > 4 ? "many" : shape.length}`);
  return [...new Set(kinds)].sort().slice(0, 3).join(" ");
}

/** A whole npy file: every type, both byte orders, both element orders, three versions, and loose spelling. */
function npyFile(random: Random): Uint8Array {
  const code = random.pick(CODES);
  const shape = shapeOf(random);
  const order = code.endsWith("1") ? random.pick(["|", "|", "<"]) : random.pick(["<", "<", ">"]);
  const space = random.pick(["", " "]);
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(`,${space}`);
  const q = random.pick(["'", "'", '"']);
  const entries = [
    `${q}descr${q}:${space}${q}${order}${code}${q}`,
    `${q}fortran_order${q}:${space}${random.pick(["True", "False"])}`,
    `${q}shape${q}:${space}(${sizes})`,
  ];
  const text = `{${entries.join(`,${space}`)}${random.pick([", ", ""])}}${" ".repeat(random.below(20))}\n`;
  const data = randomBytes(countOf(shape) * Number(code[1]), code === "b1" ? 2 : 256, random);
  return npyOf(random.pick([1, 1, 2, 3]), fromLatin1(text), data);
}

function npyOf(version: number, header: Uint8Array, data: Uint8Array): Uint8Array {
  const start = version === 1 ? 10 : 12;
  const bytes = new Uint8Array(start + header.length + data.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, header.length, true);
  else view.setUint32(8, header.length, true);
  bytes.set(header, start);
  bytes.set(data, start + header.length);
  return bytes;
}

/** The header's text; its length is rewritten with it. */
const npyHeader: Layer = (bytes) => {
  const [version] = bytes.subarray(6, 7);
  const start = version === 1 ? 10 : 12;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (end > bytes.length) return undefined;
  return { inner: bytes.subarray(start, end), wrap: (header) => npyOf(version!, header, bytes.subarray(end)) };
};

const NPY_WORDS = [
  "'descr'",
  "'fortran_order'",
  "'shape'",
  "True",
  "False",
  "'<f4'",
  "'>i8'",
  "'|b1'",
  "'<f2'",
  "(",
  ")",
  "(3)",
  "3L",
  "{",
  "}",
  "'<U3'",
  "[('a', '<f4')]",
];

const npy: ReaderFormat = {
  name: "npy",
  weight: 13,
  opening: /^readNpy: in: \S/,
  words: NPY_WORDS,
  layers: [npyHeader],
  memory: 4,
  isChunked: true,
  generate: npyFile,
  async read(source) {
    const array = await readNpy(source, { file: "in" });
    return { kind: kindOf([array]), text: () => JSON.stringify(bitsOf(array)), wrong: wrongArray(array) };
  },
};

async function membersOf(bytes: Uint8Array): Promise<Map<string, Uint8Array>> {
  return readZip(bytes, (problem) => new DataError(problem), 2 ** 20);
}

/** A member's bytes, or its header's: sizes and checksums are those of the edited member. */
const member =
  (deeper: Layer | undefined): Layer =>
  async (bytes, random) => {
    const members = await membersOf(bytes);
    if (members.size === 0) return undefined;
    const name = random.pick([...members.keys()]);
    const inside = deeper === undefined ? undefined : await deeper(members.get(name)!, random);
    const compress = random.chance(0.3);
    return {
      inner: inside?.inner ?? members.get(name)!,
      wrap: async (inner) => {
        members.set(name, inside === undefined ? inner : await inside.wrap(inner));
        return writeZip("npz", members, compress);
      },
    };
  };

/** One record of the directory, alone: its fields are what a reader is tempted to believe. */
const directory: Layer = (bytes) => {
  const start = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 6, true);
  if (start > bytes.length) return undefined;
  return {
    inner: bytes.subarray(start),
    wrap: (inner) => new Uint8Array(Buffer.concat([bytes.subarray(0, start), inner])),
  };
};

const npz: ReaderFormat = {
  name: "npz",
  weight: 5,
  opening: /^readNpz: in: \S/,
  words: [...NPY_WORDS, "PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "w.npy", ".npy"],
  layers: [member(npyHeader), member(undefined), directory],
  memory: 6,
  isChunked: true,
  async generate(random) {
    const members = new Map(random.some(3, () => [`${random.pick(NAMES)}.npy`, npyFile(random)] as const));
    const bytes = await writeZip("npz", members, random.chance(0.4));
    if (random.chance(0.9)) return bytes;
    const comment = randomBytes(5, 256, random);
    new DataView(bytes.buffer).setUint16(bytes.length - 2, comment.length, true);
    return new Uint8Array(Buffer.concat([bytes, comment]));
  },
  async read(source) {
    const arrays = await readNpz(source, { file: "in" });
    const text = () => JSON.stringify([...arrays].map(([name, array]) => [name, bitsOf(array)]));
    return { kind: kindOf(arrays.values()), text, wrong: firstWrong([...arrays.values()].map(wrongArray)) };
  },
};

/** The header's text; its length is rewritten with it. */
export const safetensorsHeader: Layer = (bytes) => {
  const end = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (end > bytes.length) return undefined;
  return { inner: bytes.subarray(8, end), wrap: (header) => safetensorsOf(header, bytes.subarray(end)) };
};

export function safetensorsOf(header: Uint8Array, data: Uint8Array): Uint8Array {
  const length = new Uint8Array(new BigUint64Array([BigInt(header.length)]).buffer);
  return new Uint8Array(Buffer.concat([length, header, data]));
}

const safetensors: ReaderFormat = {
  name: "safetensors",
  weight: 13,
  opening: /^readSafetensors: in: \S/,
  words: [
    ...['"dtype"', '"shape"', '"data_offsets"', '"__metadata__"', '"F32"', '"F16"', '"BOOL"', '"I64"', '"F8"', "[0]"],
    ...["[0,0]", '{"dtype":"U8","shape":[0],"data_offsets":[0,0]}', '"w":', '"__metadata__":{"a":"b"}', "{}", " "],
  ],
  layers: [safetensorsHeader],
  memory: 4,
  isChunked: true,
  generate(random) {
    const names = [...new Set(random.some(3, () => random.pick(NAMES)))];
    const header: [string, unknown][] = random.chance(0.3) ? [["__metadata__", { k: random.pick(NAMES) }]] : [];
    const parts: Uint8Array[] = [];
    let end = 0;
    for (const name of names) {
      const dtype = random.pick(Object.keys(WIDTHS));
      const shape = shapeOf(random);
      const data = randomBytes(countOf(shape) * WIDTHS[dtype]!, dtype === "bool" ? 2 : 256, random);
      header.push([name, { dtype: dtype.toUpperCase(), shape, data_offsets: [end, end + data.length] }]);
      parts.push(data);
      end += data.length;
    }
    const text = JSON.stringify(Object.fromEntries(random.chance(0.3) ? header.reverse() : header));
    return safetensorsOf(utf8(text + " ".repeat(random.below(9))), new Uint8Array(Buffer.concat(parts)));
  },
  async read(source) {
    const { tensors, metadata } = await readSafetensors(source, { file: "in" });
    const text = () => JSON.stringify([...tensors].map(([name, array]) => [name, bitsOf(array)]).concat([...metadata]));
    const again = await readSafetensors(writeSafetensors(tensors, { metadata }));
    const isSame = [...tensors].every(
      ([name, array]) => JSON.stringify(bitsOf(array)) === JSON.stringify(bitsOf(again.tensors.get(name)!)),
    );
    const wrong = firstWrong([
      ...[...tensors.values()].map(wrongArray),
      !isSame && "tensors that can be written again",
    ]);
    return { kind: `${kindOf(tensors.values())}${metadata.size > 0 ? " metadata" : ""}`, text, wrong };
  },
};

/** The readers of binary files. */
export const BINARY_FORMATS: readonly ReaderFormat[] = [npy, npz, safetensors];
