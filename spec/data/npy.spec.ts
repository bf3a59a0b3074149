import { DataError, type NdArray, readNpy, writeNpy } from "cotangent/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bitsOf, ndArrays } from "./support/arbitraries.js";
import { mutate, mutations, valueOrDataError } from "./support/mutations.js";
import { bytesOf, cutBytes, cuts } from "./support/streams.js";

const file = "w.npy";
const npy = (text: string, data: number[] = [], version = 1) =>
  Uint8Array.of(
    ...[0x93, ...bytesOf("NUMPY"), version, 0, text.length & 255, text.length >> 8],
    ...(version === 1 ? [] : [0, 0]),
    ...[...bytesOf(text), ...data],
  );
const dict = (descr: string, order: string, shape: string) =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
const f32 = { dtype: "f32", shape: [2], data: Float32Array.of(1, 2) } as const;

describe("writeNpy", () => {
  it("writes what readNpy reads back, bit for bit, in each version, however it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(ndArrays, fc.constantFrom(1, 2, 3), cuts, async (array, version, places) => {
        const bytes = writeNpy(array, { version });
        expect(bitsOf(await readNpy(bytes))).toEqual(bitsOf(array));
        expect(bitsOf(await readNpy(cutBytes(bytes, places)))).toEqual(bitsOf(array));
      }),
    );
  });

  it("writes NumPy's own bytes", () => {
    // numpy.save of numpy.array([1, 2], dtype="f4"), NumPy 2.4
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }".padEnd(117);
    expect(writeNpy(f32)).toEqual(npy(`${header}\n`, [0, 0, 128, 63, 0, 0, 0, 64]));
  });

  it.each<[Partial<NdArray>, string]>([
    [{ shape: [3] }, "ShapeError: writeNpy: array.data has 2 elements but must have 3, as shape is [3]"],
    [{ shape: [-2] }, "RangeError: writeNpy: array.shape's size is -2 but must be a whole number ≥ 0"],
    [{ shape: Array(65).fill(1) }, "ShapeError: writeNpy: array.shape has 65 axes but must have at most 64"],
    [{ dtype: "f64" }, "TypeError: writeNpy: array.data is a Float32Array but must be a Float64Array, as dtype is f64"],
    [
      { dtype: "f16" as "f32" },
      'TypeError: writeNpy: array.dtype is "f16" but must be one of f32, f64, i8, i32, i64, u8, u32, bool',
    ],
    [{ dtype: "bool", data: Uint8Array.of(1, 2) }, "RangeError: writeNpy: array.data[1] is 2 but must be 0 or 1"],
  ])("refuses %j", (parts, message) => {
    let thrown: unknown;
    try {
      writeNpy({ ...f32, ...parts } as NdArray);
    } catch (error) {
      thrown = error;
    }
    expect(String(thrown)).toBe(message);
  });

  it("refuses a version that there is not", () => {
    expect(() => writeNpy(f32, { version: 4 as 1 })).toThrow(
      new RangeError("writeNpy: version is 4 but must be 1, 2 or 3"),
    );
  });
});

describe("readNpy", () => {
  it("reads big-endian numbers in Fortran order, as NumPy writes them", async () => {
    // numpy.save of numpy.asfortranarray(numpy.arange(6, dtype=">i4").reshape(2, 3)), NumPy 2.4
    const saved =
      "k05VTVBZAQB2AHsnZGVzY3InOiAnPmk0JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAg" +
      "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAwAAAAEAAAAEAAAAAgAAAAU=";
    expect(await readNpy(Buffer.from(saved, "base64"))).toEqual({
      dtype: "i32",
      shape: [2, 3],
      data: Int32Array.of(0, 1, 2, 3, 4, 5),
    });
  });

  it("turns Fortran order into C order for any shape", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }), async (shape) => {
        const count = shape.reduce((product, size) => product * size, 1);
        // Element [i, j, …] is at i + shape₀·(j + shape₁·…) in Fortran order: let each byte be its C offset.
        const data = Array.from({ length: count }, (_, at) => {
          let [rest, offset] = [at, 0];
          shape.forEach((size, axis) => {
            offset += (rest % size) * shape.slice(axis + 1).reduce((product, inner) => product * inner, 1);
            rest = Math.floor(rest / size);
          });
          return offset;
        });
        const sizes = `(${shape.map((size) => `${size},`).join("")})`;
        const array = await readNpy(npy(dict("'|u1'", "True", sizes), data));
        expect([...array.data]).toEqual(Array.from({ length: count }, (_, at) => at));
      }),
    );
  });

  it("shares no memory with the source, nor minds where in a buffer it lies", async () => {
    const bytes = writeNpy(f32);
    const shifted = Buffer.concat([Buffer.alloc(3), bytes]).subarray(3);
    const { data } = await readNpy(shifted);
    shifted.fill(0);
    expect(data).toEqual(Float32Array.of(1, 2));
  });

  it("reads what old NumPy versions wrote", async () => {
    expect((await readNpy(npy(`{"shape":(2L,),"descr":"<u1","fortran_order":False}`, [7, 8]))).data).toEqual(
      Uint8Array.of(7, 8),
    );
    expect((await readNpy(npy(dict("'|b1'", "False", "()"), [1], 3))).data).toEqual(Uint8Array.of(1));
  });

  it("reads arrays of no elements, whatever their other sizes are", async () => {
    const { shape, data } = await readNpy(npy(dict("'<f8'", "False", `(${"9007199254740991,".repeat(30)}0,)`)));
    expect([shape.length, data]).toEqual([31, Float64Array.of()]);
  });

  it.each([
    [bytesOf("PK"), "file does not begin with \\x93NUMPY but must"],
    [npy("", [], 4), "version is 4.0 but must be 1.0, 2.0 or 3.0"],
    [npy("").subarray(0, 6), "file has 6 bytes but its header needs at least 10"],
    [npy("", [], 2).subarray(0, 11), "file has 11 bytes but its header needs at least 12"],
    [npy(dict("'<f4'", "False", "()")).subarray(0, 20), "file has 20 bytes but its header ends at 66"],
    [npy("{}"), "header has the keys none but must have descr, fortran_order and shape"],
    [npy("{'descr': '<f4', }"), 'header has the keys "descr" but must have descr, fortran_order and shape'],
    [
      npy(`{${["a", "b", "c", "d", "e", "f"].map((key) => `'${key}': ''`)}}`),
      'header has the keys "a", "b", "c", "d" and 2 more but must have descr, fortran_order and shape',
    ],
    [npy(" ".repeat(32_769)), "header has 32769 bytes but must have at most 32768"],
    [npy("{'descr': '', 'descr': ''}"), 'header has "descr" twice but must have each key once'],
    [npy("{'descr': "), "header is \"{'descr':\" but must be a Python dictionary of strings, bools and tuples"],
    [npy("{'a': 1}"), "header is \"{'a': 1}\" but must be a Python dictionary of strings, bools and tuples"],
    [npy("{'a': (3)}"), "header is \"{'a': (3)}\" but must be a Python dictionary of strings, bools and tuples"],
    [npy("{'a': ()} x"), "header is \"{'a': ()} x\" but must be a Python dictionary of strings, bools and tuples"],
    [
      npy(dict("'<f2'", "False", "()")),
      'descr is "<f2" but must be one of f4, f8, i1, i4, i8, u1, u4, b1 after < or > (or | for one byte)',
    ],
    [
      npy(dict("'|f4'", "False", "()")),
      'descr is "|f4" but must be one of f4, f8, i1, i4, i8, u1, u4, b1 after < or > (or | for one byte)',
    ],
    [npy(dict("()", "False", "()")), "descr is not a string but must be: structured types are not supported"],
    [npy(dict("'<f4'", "'no'", "()")), "fortran_order is not True or False but must be"],
    [npy(dict("'<f4'", "False", "True")), "shape is not a tuple of whole numbers but must be"],
    [npy(dict("'<f4'", "False", `(${"1,".repeat(65)})`)), "shape has 65 axes but must have at most 64"],
    [npy(dict("'<f4'", "False", "(2,)"), [1, 2, 3]), "file has 71 bytes but must have 76, as its header says"],
    [npy(dict("'<f4'", "False", "(0,)"), [1]), "file has 69 bytes but must have 68, as its header says"],
    [
      npy(dict("'<f8'", "False", "(9007199254740991, 9007199254740991)")),
      "file has 100 bytes but must have 6.490371073168533e+32, as its header says",
    ],
    [npy(dict("'|b1'", "False", "(2,)"), [1, 2]), "element 1 is 2 but must be 0 or 1, as the type is bool"],
  ])("refuses what is no npy file", async (bytes, problem) => {
    await expect(readNpy(bytes, { file })).rejects.toThrow(new DataError(`readNpy: w.npy: ${problem}`));
  });

  it("gives a valid array or a DataError for any edit of a valid file", async () => {
    await fc.assert(
      fc.asyncProperty(ndArrays, mutations, async (array, edits) => {
        const read = await valueOrDataError("readNpy: w.npy", () => readNpy(mutate(writeNpy(array), edits), { file }));
        if (read) expect(bitsOf(await readNpy(writeNpy(read)))).toEqual(bitsOf(read));
      }),
      { numRuns: 2000 },
    );
  });

  it("names what is wrong with the source", async () => {
    await expect(readNpy(["x" as unknown as Uint8Array])).rejects.toThrow(
      new TypeError("readNpy: a chunk is of type string but must be a Uint8Array"),
    );
  });
});
