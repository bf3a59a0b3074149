import { DataError, readSafetensors, writeSafetensors } from "cotangent/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bitsOf, ndArrays } from "./support/arbitraries.js";
import { mutate, mutations, valueOrDataError } from "./support/mutations.js";
import { bytesOf } from "./support/streams.js";

const file = "m.safetensors";
const build = (header: string, data: number[] = [], length?: bigint) => {
  const text = bytesOf(header);
  const head = new DataView(new ArrayBuffer(8));
  head.setBigUint64(0, length ?? BigInt(text.length), true);
  return Uint8Array.from([...new Uint8Array(head.buffer), ...text, ...data]);
};
const tensor = (dtype: string, shape: string, offsets: string) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;
const half = async (dtype: "F16" | "BF16", bits: number[]) => {
  const data = bits.flatMap((half) => [half & 255, half >> 8]);
  const { tensors } = await readSafetensors(
    build(`{"w":${tensor(dtype, `[${bits.length}]`, `[0,${data.length}]`)}}`, data),
  );
  return tensors.get("w")!.data as Float32Array;
};
const everyHalf = Array.from({ length: 65_536 }, (_, bits) => bits);

describe("readSafetensors", () => {
  it("reads tensors in the order of their bytes, and the metadata", async () => {
    const header = `{"b":${tensor("U8", "[1,2]", "[4,6]")},"__metadata__":{"k":"v"},"e":${tensor("F64", "[0]", "[4,4]")},"a":${tensor("I32", "[]", "[0,4]")}}`;
    const { tensors, metadata } = await readSafetensors(build(header, [1, 1, 0, 0, 7, 8]));
    expect([...tensors]).toEqual([
      ["a", { dtype: "i32", shape: [], data: Int32Array.of(257) }],
      ["e", { dtype: "f64", shape: [0], data: Float64Array.of() }],
      ["b", { dtype: "u8", shape: [1, 2], data: Uint8Array.of(7, 8) }],
    ]);
    expect([...metadata]).toEqual([["k", "v"]]);
  });

  it("widens every half-precision number exactly", async () => {
    const floats = await half("F16", everyHalf);
    const right = everyHalf.every((bits) => {
      const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
      if (exponent === 31)
        return fraction ? Number.isNaN(floats[bits]) : floats[bits] === sign * Number.POSITIVE_INFINITY;
      const magnitude = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : (fraction / 1024) * 2 ** -14;
      return Object.is(floats[bits], sign * magnitude);
    });
    expect(right).toBe(true);
  });

  it("widens every bfloat16 number exactly, NaN's bits too", async () => {
    const bits = new Uint32Array((await half("BF16", everyHalf)).buffer);
    expect(everyHalf.every((upper) => bits[upper] === upper * 65_536)).toBe(true);
    const nan = new Uint32Array((await half("F16", [0xfe01])).buffer);
    expect(nan[0]).toBe(0xffc02000);
  });

  it.each([
    [Uint8Array.of(1, 2), "file has 2 bytes but must have at least 8"],
    [build("{}", [], 3n), "header length is 3 but must be at most 2, what the file has left"],
    [build("{}", [], 2n ** 63n), "header length is 9223372036854775808 but must be at most 2, what the file has left"],
    [build("{"), "header is not UTF-8 JSON but must be"],
    [build('{"a":1}').fill(0xff, 10, 11), "header is not UTF-8 JSON but must be"],
    [build(" {}"), "header does not begin with { but must"],
    [build("[]"), "header does not begin with { but must"],
    [
      build(`{"a":${tensor("U8", "[0]", "[0,0]")},"\\u0061":${tensor("U8", "[0]", "[0,0]")}}`),
      'header has the key "a" twice in an object but must have it once',
    ],
    [
      build(`{"a":{"dtype":"U8","shape":[0],"shape" :[0],"data_offsets":[0,0]}}`),
      'header has the key "shape" twice in an object but must have it once',
    ],
    [build('{"__metadata__":{"a":1}}'), "__metadata__ is not an object of strings but must be"],
    [build('{"__metadata__":["a"]}'), "__metadata__ is not an object of strings but must be"],
    [build('{"a":1}'), 'tensor "a" has the keys "none" but must have "data_offsets, dtype, shape"'],
    [build('{"a":{"dtype":"U8"}}'), 'tensor "a" has the keys "dtype" but must have "data_offsets, dtype, shape"'],
    [
      build(`{"a":${tensor("F8", "[0]", "[0,0]")}}`),
      'tensor "a" has dtype "F8" but must have one of F32, F64, F16, BF16, I8, I32, I64, U8, U32, BOOL',
    ],
    [
      build(`{"a":{"dtype":{"toString":null,"valueOf":null},"shape":[0],"data_offsets":[0,0]}}`),
      'tensor "a" has dtype no text but must have one of F32, F64, F16, BF16, I8, I32, I64, U8, U32, BOOL',
    ],
    [
      build(`{"a":{"dtype":${"[".repeat(1e5)}${"]".repeat(1e5)},"shape":[0],"data_offsets":[0,0]}}`),
      'tensor "a" has dtype no text but must have one of F32, F64, F16, BF16, I8, I32, I64, U8, U32, BOOL',
    ],
    [
      build('{"a":{"data_offsets, dtype":1,"shape":[0]}}'),
      'tensor "a" has the keys "data_offsets, dtype, shape" but must have "data_offsets, dtype, shape"',
    ],
    [
      build(`{"a":${tensor("U8", `[${Array(65).fill(1)}]`, "[0,1]")}}`, [1]),
      'tensor "a" has 65 axes but must have at most 64',
    ],
    [
      build(`{"\\ud800":${tensor("U8", "[0]", "[0,0]")}}`),
      'a tensor\'s name is "\\ud800" but must be well-formed text',
    ],
    [build('{"__metadata__":{"\\udc00":""}}'), 'a key of __metadata__ is "\\udc00" but must be well-formed text'],
    [build('{"__metadata__":{"k":"\\ud83d"}}'), 'a text of __metadata__ is "\\ud83d" but must be well-formed text'],
    [
      build(`{"a":${tensor("U8", "[-1]", "[0,0]")}}`),
      'tensor "a" has a shape that is not a list of whole numbers but must be',
    ],
    [
      build(`{"a":${tensor("U8", "[0.5]", "[0,0]")}}`),
      'tensor "a" has a shape that is not a list of whole numbers but must be',
    ],
    [build(`{"a":${tensor("U8", "[0]", "[0]")}}`), 'tensor "a" has data_offsets that are not [begin, end] but must be'],
    [
      build(`{"a":${tensor("U8", "[0]", "[1,0]")}}`),
      'tensor "a" has data_offsets that are not [begin, end] but must be',
    ],
    [
      build(`{"a":${tensor("F32", "[2]", "[0,4]")}}`, [1, 2, 3, 4]),
      'tensor "a" has 4 bytes but must have 8, as its dtype and shape say',
    ],
    [
      build(`{"a":${tensor("F32", "[1]", "[0,8]")}}`, [1, 2, 3, 4, 5, 6, 7, 8]),
      'tensor "a" has 8 bytes but must have 4, as its dtype and shape say',
    ],
    [
      build(`{"a":${tensor("F64", "[9007199254740991,9007199254740991]", "[0,9007199254740991]")}}`),
      'tensor "a" has 9007199254740991 bytes but must have 6.490371073168533e+32, as its dtype and shape say',
    ],
    [
      build(`{"a":${tensor("U8", "[9007199254740991]", "[0,9007199254740991]")}}`),
      "data has 0 bytes but must have 9007199254740991, where the last tensor ends",
    ],
    [
      build(`{"a":${tensor("U8", "[1]", "[0,1]")},"b":${tensor("U8", "[1]", "[2,3]")}}`, [1, 2, 3]),
      'tensor "b" begins at 2 but must begin at 1, where the one before ends',
    ],
    [
      build(`{"a":${tensor("U8", "[2]", "[0,2]")},"b":${tensor("U8", "[2]", "[1,3]")}}`, [1, 2, 3]),
      'tensor "b" begins at 1 but must begin at 2, where the one before ends',
    ],
    [
      build(`{"a":${tensor("U8", "[1]", "[0,1]")}}`, [1, 2]),
      "data has 2 bytes but must have 1, where the last tensor ends",
    ],
    [
      build(`{"a":${tensor("BOOL", "[2]", "[0,2]")}}`, [1, 9]),
      'tensor "a" has 9 at element 1 but must have 0 or 1, as dtype is BOOL',
    ],
  ])("refuses what is no safetensors file", async (bytes, problem) => {
    await expect(readSafetensors(bytes, { file })).rejects.toThrow(
      new DataError(`readSafetensors: m.safetensors: ${problem}`),
    );
  });

  it("refuses every truncation", async () => {
    const bytes = writeSafetensors(new Map([["w", { dtype: "f32", shape: [2], data: Float32Array.of(1, 2) }]]));
    for (let length = 0; length < bytes.length; length += 1) {
      await expect(readSafetensors(bytes.subarray(0, length))).rejects.toThrow(DataError);
    }
  });

  it("reads names of megabytes, and refuses deep nesting, without a stack overflow", async () => {
    const name = '\\"'.repeat(2 ** 21);
    expect((await readSafetensors(build(`{"${name}":${tensor("U8", "[0]", "[0,0]")}}`))).tensors.size).toBe(1);
    await expect(readSafetensors(build(`{"a":${"[".repeat(10 ** 6)}${"]".repeat(10 ** 6)}}`))).rejects.toThrow(
      DataError,
    );
  });

  it("gives valid tensors or a DataError for any edit of a valid file", async () => {
    const lists = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), ndArrays), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(lists, mutations, async (list, edits) => {
        const bytes = mutate(writeSafetensors(new Map(list), { metadata: new Map([["k", "v"]]) }), edits);
        const opening = "readSafetensors: m.safetensors";
        const read = await valueOrDataError(opening, () => readSafetensors(bytes, { file }));
        if (!read) return;
        const again = await readSafetensors(writeSafetensors(read.tensors));
        for (const [name, array] of read.tensors) expect(bitsOf(again.tensors.get(name)!)).toEqual(bitsOf(array));
      }),
      { numRuns: 2000 },
    );
  });
});
