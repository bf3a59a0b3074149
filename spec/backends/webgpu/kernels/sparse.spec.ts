import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csrMatmul, segmentIds } from "../../../../src/backends/reference/sparse-rows.js";
import { gpu } from "../../../support/law.js";
import type { Call } from "../../kernel-call.js";
import { idsOf, offsets, size } from "../../wasm/kernels/elements.js";
import { expectAgreement, law, shadersOf } from "./agreement.js";

/** Numbers whose products and sums are exact, in whatever order they are added. */
const exact = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: -50, max: 50 }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
);
const exacts = (count: number) => fc.array(exact, { minLength: count, maxLength: count });

const products = fc
  .record({
    lengths: fc.array(size(7), { minLength: 1, maxLength: 5 }),
    count: size(4),
    width: fc.oneof(size(9), fc.constantFrom(15, 16, 17, 36)),
    offset: fc.oneof(offsets, fc.constant(8)),
    isClean: fc.boolean(),
  })
  .chain((sizes) => {
    const entries = sizes.lengths.reduce((sum, length) => sum + length, 0);
    const inRange = fc.integer({ min: 0, max: Math.max(0, sizes.count - 1) });
    return fc.record({
      sizes: fc.constant(sizes),
      entries: fc.constant(entries),
      columns: sizes.isClean
        ? fc.array(inRange, { minLength: entries, maxLength: entries })
        : idsOf(sizes.count, entries),
      values: exacts(entries),
      dense: exacts(sizes.count * sizes.width),
    });
  });

function startsOf(lengths: readonly number[]): number[] {
  let total = 0;
  return [0, ...lengths.map((length) => (total += length))];
}

interface Csr {
  readonly starts: readonly number[];
  readonly columns: readonly number[];
  readonly values: readonly number[];
  readonly count: number;
  readonly width: number;
  readonly dense: readonly number[];
  readonly offset?: number;
}

function multiply({ starts, columns, values, count, width, dense, offset = 0 }: Csr): Call {
  return {
    op: "csrMatmul",
    inputs: [
      { dtype: "i32", shape: [starts.length], values: starts, offset },
      { dtype: "i32", shape: [columns.length], values: columns, offset },
      { dtype: "f32", shape: [values.length], values, offset },
      { dtype: "f32", shape: [count, width], values: dense, offset },
    ],
    shape: [starts.length - 1, width],
    dtype: "f32",
    host: csrMatmul,
  };
}

describe.skipIf(gpu === undefined)("csrMatmul", () => {
  law("adds scaled rows; a column out of range makes a row NaN", products, async ({ sizes, ...rest }) => {
    const { lengths, count, width, offset } = sizes;
    await expectAgreement(multiply({ ...rest, starts: startsOf(lengths), count, width, offset }));
  });

  it("adds rows of hundreds of entries", async () => {
    const lengths = [0, 63, 64, 65, 300];
    const entries = lengths.reduce((a, b) => a + b, 0);
    for (const width of [1, 4]) {
      await expectAgreement(
        multiply({
          starts: startsOf(lengths),
          columns: Array.from({ length: entries }, (_, i) => (i * 5) % 7),
          values: Array.from({ length: entries }, (_, i) => (i % 11) - 5),
          dense: Array.from({ length: 7 * width }, (_, i) => i - 9),
          ...{ count: 7, width },
        }),
      );
    }
  });

  it("makes rows NaN whose entries are not there, whatever is in their places", async () => {
    const dense = Array.from({ length: 300 }, (_, i) => i); // around the entries, 99 names a row that there is
    for (const end of [9, 100_000]) {
      await expectAgreement({
        op: "csrMatmul",
        inputs: [
          { dtype: "i32", shape: [10], values: [-1, 1, 3, 4, 3, 3, end, 8, -1, -5] },
          { dtype: "i32", shape: [3], values: [0, 1, 0], offset: 2 },
          { dtype: "f32", shape: [3], values: [1, 2, 3], offset: 2 },
          { dtype: "f32", shape: [100, 3], values: dense },
        ],
        shape: [9, 3],
        dtype: "f32",
        host: csrMatmul,
      });
    }
  });
});

describe.skipIf(gpu === undefined)("segmentIds", () => {
  const bounds = fc.array(fc.integer({ min: -3, max: 600 }), { maxLength: 9 });
  const counts = fc.oneof(size(20), fc.constantFrom(63, 64, 65, 700));

  law("names each entry's row, −1 for none", bounds, counts, offsets, async (bounds, count, offset) => {
    const starts = bounds.toSorted((a, b) => a - b);
    await expectAgreement({
      op: "segmentIds",
      inputs: [{ dtype: "i32", shape: [starts.length], values: starts, offset }],
      shape: [count],
      dtype: "i32",
      host: segmentIds,
    });
  });

  it("skips rows without entries", async () => {
    const starts = [0, 0, 0, 2, 2, 5, 5, 5];
    await expectAgreement({
      op: "segmentIds",
      inputs: [{ dtype: "i32", shape: [starts.length], values: starts }],
      shape: [7],
      dtype: "i32",
      host: segmentIds,
    });
  });
});

describe("the shaders of csrMatmul", () => {
  it("are the same whatever the sizes", () => {
    const sized = (rows: number, entries: number, count: number, width: number) => {
      const none = (length: number) => new Array<number>(length).fill(0);
      const [starts, columns] = [none(rows + 1), none(entries)];
      return shadersOf(multiply({ starts, columns, values: columns, count, width, dense: none(count * width) }));
    };
    expect(sized(3, 5, 9, 8)).toEqual(sized(70, 300, 2, 64));
    expect(sized(3, 5, 9, 7)).toEqual(sized(70, 300, 2, 9));
  });
});
