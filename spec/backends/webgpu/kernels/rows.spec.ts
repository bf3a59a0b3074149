import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gpu } from "../../../support/law.js";
import type { Call } from "../../kernel-call.js";
import { elementsOf, idsOf, offsets, size } from "../../wasm/kernels/elements.js";
import { dispatchesOf, dtypes, expectAgreement, law, shadersOf } from "./agreement.js";

/** Columns that are read one at a time, or four. */
const widths = fc.oneof(size(9), fc.constantFrom(16, 17, 64));
const sizes = fc.record({
  ...{ rows: size(5), width: widths, count: size(9), dtype: dtypes },
  ...{ offset: fc.oneof(offsets, fc.constant(8)), idOffset: offsets, donated: fc.boolean() },
});

const samples = sizes.chain((chosen) =>
  fc.record({
    sizes: fc.constant(chosen),
    table: elementsOf(chosen.dtype, chosen.rows * chosen.width),
    ids: idsOf(chosen.rows, chosen.count),
    rows: elementsOf(chosen.dtype, chosen.count * chosen.width),
    filler: fc.boolean(),
  }),
);

function gather(rows: number, width: number, ids: readonly number[]): Call {
  return {
    op: "gather",
    inputs: [
      { dtype: "f32", shape: [rows, width], values: Array.from({ length: rows * width }, (_, i) => i) },
      { dtype: "i32", shape: [ids.length], values: ids },
    ],
    shape: [ids.length, width],
    dtype: "f32",
  };
}

function replace(rows: number, width: number, count: number, donated: boolean): Call {
  return {
    op: "replaceRows",
    inputs: [
      { dtype: "f32", shape: [rows, width], values: new Array(rows * width).fill(1) },
      { dtype: "i32", shape: [count], values: Array.from({ length: count }, (_, i) => (3 * i) % rows) },
      { dtype: "f32", shape: [count, width], values: Array.from({ length: count * width }, (_, i) => i) },
    ],
    shape: [rows, width],
    dtype: "f32",
    donated,
  };
}

describe.skipIf(gpu === undefined)("gather", () => {
  law("takes rows of any dtype and width, NaN or 0 for ids out of range", samples, async ({ sizes, table, ids }) => {
    const { rows, width, count, dtype, offset, idOffset } = sizes;
    await expectAgreement({
      op: "gather",
      inputs: [
        { dtype, shape: [rows, width], values: table, offset },
        { dtype: "i32", shape: [count], values: ids, offset: idOffset },
      ],
      shape: [count, width],
      dtype,
    });
  });

  it("takes elements of a vector", async () => {
    await expectAgreement({
      op: "gather",
      inputs: [
        { dtype: "f32", shape: [3], values: [1, 2, 3] },
        { dtype: "i32", shape: [2, 2], values: [2, -1, 0, 3] },
      ],
      shape: [2, 2],
      dtype: "f32",
    });
  });

  it("takes NaN or 0 throughout from a table without rows", async () => {
    for (const width of [3, 4]) await expectAgreement(gather(0, width, [0, -1, 1]));
  });
});

describe.skipIf(gpu === undefined)("replaceRows", () => {
  const name = "replaces rows of a copy, or in place, and leaves out ids out of range";
  law(name, samples, async ({ sizes, table, ids, rows, filler }) => {
    const { width, count, dtype, offset, idOffset, donated } = sizes;
    await expectAgreement({
      op: "replaceRows",
      inputs: [
        { dtype, shape: [sizes.rows, width], values: filler ? 1 : table, offset: donated ? 0 : offset },
        {
          dtype: "i32",
          shape: [count],
          values: ids.map((id, i) => (ids.indexOf(id) === i ? id : -1)),
          offset: idOffset,
        },
        { dtype, shape: [count, width], values: rows, offset: offset === 8 ? 8 : 0 },
      ],
      shape: [sizes.rows, width],
      dtype,
      donated: donated && !filler,
    });
  });

  it("copies large tables in full, and the rows in place of theirs", async () => {
    for (const width of [5, 8]) await expectAgreement(replace(1001, width, 300, false));
  });
});

describe("the shaders of rows", () => {
  it("are the same whatever the sizes", () => {
    expect(shadersOf(gather(5, 8, [1]))).toEqual(shadersOf(gather(700, 64, [0, 1, 2])));
    expect(shadersOf(gather(5, 7, [1]))).toEqual(shadersOf(gather(700, 9, [0, 1, 2])));
    expect(shadersOf(replace(5, 8, 2, false))).toEqual(shadersOf(replace(77, 16, 5, false)));
  });

  it("touch only the rows that are replaced, where memory is taken over", () => {
    const work = (rows: number) =>
      dispatchesOf(replace(rows, 8, 100, true)).reduce((sum, { workgroups }) => sum + workgroups, 0);
    expect(work(1000)).toBe(work(100_000));
  });
});
