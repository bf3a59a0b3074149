import { type NdArray, readSafetensors, writeSafetensors } from "cotangent/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bitsOf, ndArrays } from "./support/arbitraries.js";
import { cutBytes, cuts } from "./support/streams.js";

const names = fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom("__proto__", "7", '"', "\\", "é"));
const entriesOf = (arrays: ReadonlyMap<string, NdArray>) =>
  [...arrays].map(([name, array]) => [name, bitsOf(array)]).sort(([a], [b]) => (a! < b! ? -1 : 1));

describe("writeSafetensors", () => {
  it("writes what readSafetensors reads back, bit for bit, aligned, in whatever order the tensors come", async () => {
    const lists = fc.array(fc.tuple(names, ndArrays), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(lists, fc.array(fc.tuple(names, fc.string())), cuts, async (list, texts, places) => {
        const [tensors, metadata] = [new Map(list), new Map(texts)];
        const bytes = writeSafetensors(tensors, { metadata });
        const read = await readSafetensors(cutBytes(bytes, places));
        expect(entriesOf(read.tensors)).toEqual(entriesOf(tensors));
        expect([...read.metadata].sort()).toEqual([...metadata].sort());
        const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
        expect(headerLength % 8).toBe(0);
        const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength)));
        for (const [name, { data }] of tensors) expect(header[name].data_offsets[0] % data.BYTES_PER_ELEMENT).toBe(0);
        expect(writeSafetensors(new Map([...tensors].reverse()), { metadata })).toEqual(bytes);
      }),
    );
  });

  it("writes the format's layout", () => {
    const header =
      '{"__metadata__":{"k":"v"},"w":{"dtype":"I32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"BOOL","shape":[],"data_offsets":[4,5]}}';
    const tensors = new Map<string, NdArray>([
      ["b", { dtype: "bool", shape: [], data: Uint8Array.of(1) }],
      ["w", { dtype: "i32", shape: [1], data: Int32Array.of(-2) }],
    ]);
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    const head = Uint8Array.of(padded.length, 0, 0, 0, 0, 0, 0, 0);
    const expected = [...head, ...new TextEncoder().encode(padded), 0xfe, 0xff, 0xff, 0xff, 1];
    expect([...writeSafetensors(tensors, { metadata: new Map([["k", "v"]]) })]).toEqual(expected);
  });

  it("names what is wrong", () => {
    const array = { dtype: "f32", shape: [2], data: Float32Array.of(1, 2) } as const;
    const write =
      (name: string, wrong: NdArray, texts: [string, string][] = []) =>
      () =>
        writeSafetensors(new Map([[name, wrong]]), { metadata: new Map(texts) });
    expect(write("w", { ...array, shape: [] })).toThrow(
      'writeSafetensors: "w".data has 2 elements but must have 1, as shape is []',
    );
    expect(write("__metadata__", array)).toThrow(
      new TypeError('writeSafetensors: a tensor is named "__metadata__" but must not be'),
    );
    for (const call of [write("\ud800", array), write("w", array, [["a", "\ud800"]])]) {
      expect(call).toThrow(new TypeError('writeSafetensors: "\\ud800" is not well-formed text but must be'));
    }
  });
});
