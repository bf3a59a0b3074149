import fc from "fast-check";
import { describe } from "vitest";
import { expectAgreement, law } from "./agreement.js";
import { dtypes, elementsOf, offsets, size } from "./elements.js";

const joins = fc
  .record({
    outer: fc.array(size(3), { maxLength: 2 }),
    lengths: fc.array(size(5), { minLength: 2, maxLength: 4 }),
    inner: fc.array(fc.oneof(size(3), fc.constant(90)), { maxLength: 1 }),
    dtype: dtypes,
    offset: offsets,
  })
  .chain((sizes) => {
    const { outer, lengths, inner, dtype } = sizes;
    const shapes = lengths.map((length) => [...outer, length, ...inner]);
    const values = shapes.map((shape) =>
      elementsOf(
        dtype,
        shape.reduce((a, b) => a * b, 1),
      ),
    );
    return fc.record({ sizes: fc.constant(sizes), shapes: fc.constant(shapes), values: fc.tuple(...values) });
  });

const paddings = fc
  .record({
    axes: fc.array(
      fc.record({
        length: size(4),
        before: size(2),
        after: size(2),
        interior: fc.oneof(fc.constant(0), size(2)),
        isPadded: fc.boolean(),
      }),
      { maxLength: 4 },
    ),
    dtype: dtypes,
    offset: offsets,
    filler: fc.constantFrom(0, 1, -1, 2.5, Number.NaN, Number.NEGATIVE_INFINITY),
  })
  .chain((sizes) =>
    fc.record({
      sizes: fc.constant(sizes),
      values: elementsOf(
        sizes.dtype,
        sizes.axes.reduce((a, { length }) => a * length, 1),
      ),
    }),
  );

describe("concat", () => {
  law("joins tensors of any dtype along an axis", joins, async ({ sizes, shapes, values }) => {
    const { outer, lengths, inner, dtype, offset } = sizes;
    const length = lengths.reduce((a, b) => a + b, 0);
    await expectAgreement({
      op: "concat",
      inputs: shapes.map((shape, i) => ({ dtype, shape, values: values[i], offset })),
      shape: [...outer, length, ...inner],
      dtype,
      attributes: { axis: outer.length },
    });
  });

  law("joins long ones in chunks", size(3), size(9000), async (outer, length) => {
    const lengths = [length, 5, 9000 - length];
    await expectAgreement({
      op: "concat",
      inputs: lengths.map((count, i) => ({
        dtype: "f32",
        shape: [outer, count],
        values: Array.from({ length: outer * count }, (_, j) => i + j),
      })),
      shape: [outer, 9005],
      dtype: "f32",
      attributes: { axis: 1 },
    });
  });
});

describe("pad", () => {
  law("puts fillers around and between elements", paddings, async ({ sizes, values }) => {
    const { dtype, offset, filler } = sizes;
    const axes = sizes.axes.map((axis) => (axis.isPadded ? axis : { ...axis, before: 0, after: 0, interior: 0 }));
    await expectAgreement({
      op: "pad",
      inputs: [{ dtype, shape: axes.map(({ length }) => length), values, offset }],
      shape: axes.map(
        ({ length, before, after, interior }) => before + length + Math.max(0, length - 1) * interior + after,
      ),
      dtype,
      attributes: {
        before: axes.map(({ before }) => before),
        interior: axes.map(({ interior }) => interior),
        value: filler,
      },
    });
  });

  law("fills long rows", size(3), size(700), size(700), dtypes, async (rows, before, after, dtype) => {
    await expectAgreement({
      op: "pad",
      inputs: [{ dtype, shape: [rows, 3], values: Array.from({ length: rows * 3 }, () => 1) }],
      shape: [rows + 1, before + 3 + after],
      dtype,
      attributes: { before: [1, before], interior: [0, 0], value: 1 },
    });
  });
});
