import fc from "fast-check";
import { describe, it } from "vitest";
import { csrMatmul, segmentIds } from "../../../../src/backends/reference/sparse-rows.js";
import { expectAgreement, law } from "./agreement.js";
import { elementsOf, floatDTypes, idsOf, offsets, size } from "./elements.js";

const products = fc
  .record({
    lengths: fc.array(size(7), { minLength: 1, maxLength: 5 }),
    count: size(4),
    width: fc.oneof(size(9), fc.constantFrom(15, 16, 17, 35)),
    dtype: floatDTypes,
    offset: offsets,
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
      values: elementsOf(sizes.dtype, entries),
      dense: elementsOf(sizes.dtype, sizes.count * sizes.width),
    });
  });

function startsOf(lengths: readonly number[]): number[] {
  let total = 0;
  return [0, ...lengths.map((length) => (total += length))];
}

describe("csrMatmul", () => {
  law("adds scaled rows; a column out of range makes a row NaN", products, async (sample) => {
    const { sizes, entries, columns, values, dense } = sample;
    const { lengths, count, width, dtype, offset } = sizes;
    await expectAgreement({
      op: "csrMatmul",
      inputs: [
        { dtype: "i32", shape: [lengths.length + 1], values: startsOf(lengths), offset },
        { dtype: "i32", shape: [entries], values: columns, offset },
        { dtype, shape: [entries], values, offset },
        { dtype, shape: [count, width], values: dense, offset },
      ],
      shape: [lengths.length, width],
      dtype,
      host: csrMatmul,
    });
  });

  it("makes rows NaN whose entries are not there, whatever is in their places", async () => {
    await expectAgreement({
      op: "csrMatmul",
      inputs: [
        { dtype: "i32", shape: [10], values: [-1, 1, 3, 4, 3, 3, 9, 8, -1, -5] },
        { dtype: "i32", shape: [3], values: [0, 1, 0], offset: 2 },
        { dtype: "f32", shape: [3], values: [1, 2, 3], offset: 2 },
        // Around the entries, 99 names a column that there is.
        { dtype: "f32", shape: [100, 3], values: Array.from({ length: 300 }, (_, i) => i) },
      ],
      shape: [9, 3],
      dtype: "f32",
      host: csrMatmul,
    });
  });
});

describe("segmentIds", () => {
  const bounds = fc.array(fc.integer({ min: -3, max: 5000 }), { maxLength: 6 });
  const counts = fc.oneof(size(20), fc.constantFrom(2047, 2048, 2049, 4500));

  law(
    "names each entry's row, −1 for none, also where offsets do not ascend",
    bounds,
    counts,
    async (values, count) => {
      for (const starts of [values, values.toSorted((a, b) => a - b)]) {
        await expectAgreement({
          op: "segmentIds",
          inputs: [{ dtype: "i32", shape: [starts.length], values: starts }],
          shape: [count],
          dtype: "i32",
          host: segmentIds,
        });
      }
    },
  );
});
