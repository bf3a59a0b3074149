import { crc32 } from "node:zlib";
import { DataError, type NdArray, readNpz, writeNpz } from "cotangent/data";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { bitsOf, ndArrays } from "./support/arbitraries.js";
import { mutate, mutations, valueOrDataError } from "./support/mutations.js";
import { bytesOf, cutBytes, cuts } from "./support/streams.js";

const file = "w.npz";
const archives = fc
  .array(fc.tuple(fc.string({ unit: fc.constantFrom("a", "é", "/", "\ufeff", "."), maxLength: 3 }), ndArrays), {
    maxLength: 3,
  })
  .map((entries) => new Map(entries));
const entriesOf = (arrays: ReadonlyMap<string, NdArray>) => [...arrays].map(([name, array]) => [name, bitsOf(array)]);
const zeros = (count: number) => ({ dtype: "f64", shape: [count], data: new Float64Array(count) }) as const;
const u8 = (...data: number[]) => ({ dtype: "u8", shape: [data.length], data: Uint8Array.from(data) }) as const;

/** A valid archive with `edit` applied to it, as its directory entry and end record start at the places given. */
const edited = async (edit: (view: DataView, entry: number, end: number) => void) => {
  const bytes = await writeNpz(new Map([["w", u8(1, 2)]]), { compress: false });
  edit(new DataView(bytes.buffer), bytes.length - 22 - 51, bytes.length - 22);
  return bytes;
};

describe("writeNpz", () => {
  it("writes what readNpz reads back, bit for bit, compressed or not, however it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(archives, fc.boolean(), cuts, async (arrays, compress, places) => {
        const bytes = await writeNpz(arrays, { compress });
        expect(entriesOf(await readNpz(cutBytes(bytes, places)))).toEqual(entriesOf(arrays));
        expect(await writeNpz(arrays, { compress })).toEqual(bytes);
      }),
      { numRuns: 60 },
    );
  });

  it("compresses unless told not to", async () => {
    expect((await writeNpz(new Map([["w", zeros(10_000)]]))).length).toBeLessThan(1000);
    expect((await writeNpz(new Map([["w", zeros(10_000)]]), { compress: false })).length).toBeGreaterThan(80_000);
  });

  it("names the array that is wrong", async () => {
    await expect(writeNpz(new Map([["w", { ...zeros(2), shape: [3] }]]))).rejects.toThrow(
      'writeNpz: "w".data has 2 elements but must have 3, as shape is [3]',
    );
    await expect(writeNpz(new Map([["\ud800", zeros(2)]]))).rejects.toThrow(
      new TypeError('writeNpz: name "\\ud800" is not well-formed text but must be'),
    );
    await expect(writeNpz(new Map([["x".repeat(65_532), zeros(0)]]))).rejects.toThrow(
      new RangeError("writeNpz: a name has 65536 bytes but must have at most 65535"),
    );
  });
});

describe("readNpz", () => {
  it("reads what numpy.savez writes, whose local headers leave the sizes out", async () => {
    // numpy.savez(w=numpy.array([1.5, -2], dtype="f4"), n=numpy.int64(7)), NumPy 2.4
    const saved =
      "UEsDBC0AAAAAAAAAIQDWQ0sF//////////8FABQAdy5ucHkBABAAiAAAAAAAAACIAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxmNCcsICdm" +
      "b3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgyLCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg" +
      "ICAgICAgICAgICAgICAKAADAPwAAAMBQSwMELQAAAAAAAAAhACO48Gz//////////wUAFABuLm5weQEAEACIAAAAAAAAAIgAAAAAAAAAk05VTVBZ" +
      "AQB2AHsnZGVzY3InOiAnPGk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0gICAgICAgICAgICAgICAgICAgICAgICAg" +
      "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoHAAAAAAAAAFBLAQItAy0AAAAAAAAAIQDWQ0sFiAAAAIgAAAAFAAAAAAAAAAAA" +
      "AACAAQAAAAB3Lm5weVBLAQItAy0AAAAAAAAAIQAjuPBsiAAAAIgAAAAFAAAAAAAAAAAAAACAAb8AAABuLm5weVBLBQYAAAAAAgACAGYAAAB+AQAA" +
      "AAA=";
    expect(await readNpz(Buffer.from(saved, "base64"))).toEqual(
      new Map<string, NdArray>([
        ["w", { dtype: "f32", shape: [2], data: Float32Array.of(1.5, -2) }],
        ["n", { dtype: "i64", shape: [], data: BigInt64Array.of(7n) }],
      ]),
    );
  });

  it("reads what numpy.savez_compressed writes", async () => {
    // numpy.savez_compressed(w=numpy.zeros((2, 3))), NumPy 2.4
    const saved =
      "UEsDBC0AAAAIAAAAIQB8f5hF//////////8FABQAdy5ucHkBABAAsAAAAAAAAABJAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqGuo6Ce" +
      "ll9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgYSAQBQSwECLQMtAAAACAAAACEAfH+YRUkAAACwAAAABQAAAAAAAAAAAAAA" +
      "gAEAAAAAdy5ucHlQSwUGAAAAAAEAAQAzAAAAgAAAAAAA";
    expect((await readNpz(Buffer.from(saved, "base64"))).get("w")).toEqual({ ...zeros(6), shape: [2, 3] });
  });

  it("skips a comment at the archive's end", async () => {
    const bytes = await edited((view, _, end) => view.setUint16(end + 20, 3, true));
    expect((await readNpz([bytes, bytesOf("abc")])).get("w")).toEqual(u8(1, 2));
  });

  it("stops unpacking where a member's size ends: a bomb does not go off", async () => {
    const bytes = await writeNpz(new Map([["w", zeros(1000)]]));
    let unpacked = 0;
    vi.stubGlobal(
      "DecompressionStream",
      class {
        readonly writable = new WritableStream();
        readonly readable = new ReadableStream({
          pull(controller) {
            unpacked += 1000;
            if (unpacked > 1e6) controller.close();
            else controller.enqueue(new Uint8Array(1000));
          },
        });
      },
    );
    try {
      await expect(readNpz(bytes)).rejects.toThrow(
        new DataError('readNpz: input: member "w.npy" is corrupt: it does not unpack to 8128 bytes'),
      );
    } finally {
      vi.unstubAllGlobals();
    }
    expect(unpacked).toBeLessThan(12_000);
  });

  it.each<[(view: DataView, entry: number, end: number) => void, string]>([
    [(view, _, end) => view.setUint8(end, 0), "file does not end as a ZIP archive does but must"],
    [(view, _, end) => view.setUint16(end + 20, 1, true), "file does not end as a ZIP archive does but must"],
    [
      (view, _, end) => view.setUint16(end + 10, 0xffff, true),
      "archive is ZIP64 but must not be: members and archive are limited to 4 GiB",
    ],
    [
      (view, _, end) => view.setUint32(end + 16, 0xffffffff, true),
      "archive is ZIP64 but must not be: members and archive are limited to 4 GiB",
    ],
    [(view, _, end) => view.setUint16(end + 4, 1, true), "archive is split over several files but must be one"],
    [(view, _, end) => view.setUint16(end + 8, 2, true), "archive is split over several files but must be one"],
    [(view, _, end) => view.setUint32(end + 16, 9, true), "directory has bytes 9 to 60 but must end at byte 216"],
    [
      (view, _, end) => {
        view.setUint16(end + 8, 2, true);
        view.setUint16(end + 10, 2, true);
      },
      "directory ends after 1 members but must have 2",
    ],
    [
      (view, _, end) => {
        view.setUint16(end + 8, 0, true);
        view.setUint16(end + 10, 0, true);
      },
      "directory goes on after its 0 members but must not",
    ],
    [(view, entry) => view.setUint16(entry + 28, 6, true), "directory ends inside member 0 but must not"],
    [(view, entry) => view.setUint8(entry + 46, 0xff), "name of member 0 is not UTF-8 but must be"],
    [
      (view, entry) => view.setUint32(entry + 24, 0xffffffff, true),
      'member "w.npy" is ZIP64 but must not be: members are limited to 4 GiB',
    ],
    [(view, entry) => view.setUint16(entry + 8, 1, true), 'member "w.npy" is encrypted but must not be'],
    [
      (view, entry) => view.setUint16(entry + 10, 12, true),
      'member "w.npy" has compression method 12 but must have 0 (stored) or 8 (deflated)',
    ],
    [(view, entry) => view.setUint32(entry + 42, 1, true), 'member "w.npy" has no local header at byte 1 but must'],
    [
      (view, entry) => view.setUint32(entry + 42, 0xfffffff0, true),
      'member "w.npy" has no local header at byte 4294967280 but must',
    ],
    [
      (view, entry) => view.setUint32(entry + 20, 900, true),
      'member "w.npy" ends at byte 935 but must end before the directory at 165',
    ],
    [
      (view, entry) => view.setUint32(entry + 24, 9, true),
      'member "w.npy" is stored in 130 bytes but must be in its size, 9',
    ],
    [
      (view, entry) => view.setUint32(entry + 16, 5, true),
      'member "w.npy" is corrupt: its CRC-32 is 1600455266 but must be 5',
    ],
    [
      (view, entry) => view.setUint16(entry + 10, 8, true),
      'member "w.npy" is corrupt: it does not unpack to 130 bytes',
    ],
    [(view, entry) => view.setUint8(entry + 50, 0x78), 'member "w.npx" is not named .npy but must be'],
  ])("refuses a damaged archive: $1", async (edit, problem) => {
    await expect(readNpz(await edited(edit), { file })).rejects.toThrow(new DataError(`readNpz: w.npz: ${problem}`));
  });

  it("refuses members that overlap or share a name, and files that are no archive", async () => {
    const bytes = await writeNpz(
      new Map([
        ["a", u8(1)],
        ["b", u8(1)],
      ]),
      { compress: false },
    );
    const view = new DataView(bytes.buffer);
    view.setUint32(bytes.length - 22 - 51 + 42, 0, true);
    await expect(readNpz(bytes)).rejects.toThrow(new DataError("readNpz: input: members overlap but must not"));
    bytes[bytes.length - 22 - 5] = 0x61;
    await expect(readNpz(bytes)).rejects.toThrow(
      new DataError('readNpz: input: member "a.npy" comes twice but must come once'),
    );
    await expect(readNpz([])).rejects.toThrow(
      new DataError("readNpz: input: file does not end as a ZIP archive does but must"),
    );
  });

  it("unpacks up to a limit, and counts only what is compressed", async () => {
    const packed = await writeNpz(new Map([["w", zeros(1000)]]));
    const stored = await writeNpz(new Map([["w", zeros(1000)]]), { compress: false });
    expect((await readNpz(packed, { maxUnpackedSize: 8128 })).get("w")).toEqual(zeros(1000));
    expect((await readNpz(stored, { maxUnpackedSize: 0 })).get("w")).toEqual(zeros(1000));
    await expect(readNpz(packed, { file, maxUnpackedSize: 8127 })).rejects.toThrow(
      new DataError(
        "readNpz: w.npz: compressed members unpack to 8128 bytes but must to at most 8127; raise maxUnpackedSize if that is right",
      ),
    );
    await expect(readNpz(packed, { maxUnpackedSize: -1 })).rejects.toThrow(
      new RangeError("readNpz: maxUnpackedSize is -1 but must be a whole number ≥ 0"),
    );
  });

  it("shows a long or invisible name in one short line", async () => {
    const bytes = await edited((view, entry) => view.setUint8(entry + 50, 0x7f));
    await expect(readNpz(bytes)).rejects.toThrow(
      new DataError('readNpz: input: member "w.np\\u007f" is not named .npy but must be'),
    );
    const long = await writeNpz(new Map([["x".repeat(999), u8(1)]]), { compress: false });
    long[long.length - 22 - 1] = 0x78;
    await expect(readNpz(long)).rejects.toThrow(
      new DataError(`readNpz: input: member "${"x".repeat(40)}…" is not named .npy but must be`),
    );
  });

  it("names the member that is no npy file", async () => {
    const bytes = await edited((view, entry) => {
      view.setUint8(35, 0); // the first byte of the member
      view.setUint32(entry + 16, crc32(new Uint8Array(view.buffer, 35, 130)), true);
    });
    await expect(readNpz(bytes)).rejects.toThrow(
      new DataError('readNpz: input: member "w.npy": file does not begin with \\x93NUMPY but must'),
    );
  });

  it("gives valid arrays or a DataError for any edit of a valid file", async () => {
    await fc.assert(
      fc.asyncProperty(archives, fc.boolean(), mutations, async (arrays, compress, edits) => {
        const bytes = mutate(await writeNpz(arrays, { compress }), edits);
        const read = await valueOrDataError("readNpz: w.npz", () => readNpz(bytes, { file }));
        if (read) expect(entriesOf(await readNpz(await writeNpz(read)))).toEqual(entriesOf(read));
      }),
      { numRuns: 600 },
    );
  });
});
