import fc from "fast-check";
import { describe, it } from "vitest";
import { expectAgreement, law } from "./agreement.js";
import { dtypes, elementsOf, idsOf, offsets, size } from "./elements.js";

/** Widths around what is copied in one go, in a loop, and by one instruction. */
const widths = fc.oneof(size(9), fc.constantFrom(16, 17, 31, 63, 64, 65, 127, 259, 300));

const cases = fc
  .record({ rows: size(4), width: widths, count: size(9), dtype: dtypes, offset: offsets, idOffset: offsets })
  .chain((sizes) =>
    fc.record({
      sizes: fc.constant(sizes),
      values: elementsOf(sizes.dtype, sizes.rows * sizes.width),
      ids: idsOf(sizes.rows, sizes.count),
    }),
  );

describe("gather", () => {
  law("takes rows of any dtype and width, NaN or 0 for ids out of range", cases, async ({ sizes, values, ids }) => {
    const { rows, width, count, dtype, offset, idOffset } = sizes;
    await expectAgreement({
      op: "gather",
      inputs: [
        { dtype, shape: [rows, width], values, offset },
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
});
