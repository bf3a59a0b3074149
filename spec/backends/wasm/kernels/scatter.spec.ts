import fc from "fast-check";
import { describe } from "vitest";
import { expectAgreement, law } from "./agreement.js";
import { dtypes, elementsOf, idsOf, numberDTypes, offsets, size } from "./elements.js";

/** Widths of rows that are shared out by destination, and by columns. */
const widths = fc.oneof(size(9), fc.constantFrom(15, 16, 17, 31, 32, 33, 50, 64, 65));

const shapes = fc.record({
  rows: fc.integer({ min: 1, max: 9 }),
  width: widths,
  count: size(12),
  offset: offsets,
  idOffset: offsets,
  donated: fc.boolean(),
});

const added = fc.record({ sizes: shapes, dtype: numberDTypes }).chain(({ sizes, dtype }) =>
  fc.record({
    sizes: fc.constant(sizes),
    dtype: fc.constant(dtype),
    base: fc.oneof(elementsOf(dtype, sizes.rows * sizes.width), fc.constantFrom(0, 3)),
    ids: idsOf(sizes.rows, sizes.count),
    rows: elementsOf(dtype, sizes.count * sizes.width),
  }),
);

const replaced = fc.record({ sizes: shapes, dtype: dtypes }).chain(({ sizes, dtype }) =>
  fc.record({
    sizes: fc.constant(sizes),
    dtype: fc.constant(dtype),
    base: elementsOf(dtype, sizes.rows * sizes.width),
    ids: idsOf(sizes.rows, sizes.count),
    rows: elementsOf(dtype, sizes.count * sizes.width),
  }),
);

describe("scatterAdd", () => {
  const name = "adds rows in their order, to a copy or in place or to a constant";
  law(name, added, async ({ sizes, dtype, base, ids, rows }) => {
    await expectAgreement({
      op: "scatterAdd",
      inputs: [
        { dtype, shape: [sizes.rows, sizes.width], values: base, offset: sizes.donated ? 0 : sizes.offset },
        { dtype: "i32", shape: [sizes.count], values: ids, offset: sizes.idOffset },
        { dtype, shape: [sizes.count, sizes.width], values: rows, offset: sizes.offset },
      ],
      shape: [sizes.rows, sizes.width],
      dtype,
      attributes: { distinct: false },
      donated: sizes.donated && typeof base !== "number",
    });
  });

  law("adds rows whose ids differ", added, async ({ sizes, dtype, base, ids, rows }) => {
    const distinct = ids.map((id, i) => (ids.indexOf(id) === i ? id : -1));
    await expectAgreement({
      op: "scatterAdd",
      inputs: [
        { dtype, shape: [sizes.rows, sizes.width], values: base },
        { dtype: "i32", shape: [sizes.count], values: distinct, offset: sizes.idOffset },
        { dtype, shape: [sizes.count, sizes.width], values: rows, offset: sizes.offset },
      ],
      shape: [sizes.rows, sizes.width],
      dtype,
      attributes: { distinct: true },
    });
  });
});

describe("replaceRows", () => {
  law("replaces rows, in a copy or in place; the last of equal ids wins", replaced, async (sample) => {
    const { sizes, dtype, base, ids, rows } = sample;
    await expectAgreement({
      op: "replaceRows",
      inputs: [
        { dtype, shape: [sizes.rows, sizes.width], values: base, offset: sizes.donated ? 0 : sizes.offset },
        { dtype: "i32", shape: [sizes.count], values: ids, offset: sizes.idOffset },
        { dtype, shape: [sizes.count, sizes.width], values: rows, offset: sizes.offset },
      ],
      shape: [sizes.rows, sizes.width],
      dtype,
      donated: sizes.donated,
    });
  });
});
