import { concat, pad } from "cotangent";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DType } from "../../../../src/backends/backend.js";
import { gpu } from "../../../support/law.js";
import type { Call } from "../../kernel-call.js";
import { elementsOf, offsets, size } from "../../wasm/kernels/elements.js";
import { dtypes, expectAgreement, law, shadersOf } from "./agreement.js";
import { expectSame, scattered } from "./on-both.js";

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

const joins = fc
  .record({
    outer: fc.array(size(3), { maxLength: 2 }),
    lengths: fc.array(size(5), { minLength: 2, maxLength: 4 }),
    inner: fc.array(fc.oneof(size(3), fc.constantFrom(4, 8)), { maxLength: 1 }),
    dtype: dtypes,
    offset: fc.oneof(offsets, fc.constant(0)),
  })
  .chain((sizes) =>
    fc.record({
      sizes: fc.constant(sizes),
      values: fc.tuple(
        ...sizes.lengths.map((length) => elementsOf(sizes.dtype, product([...sizes.outer, length, ...sizes.inner]))),
      ),
    }),
  );

const axis = fc.record({
  ...{ length: size(4), before: size(2), after: size(2) },
  interior: fc.oneof(fc.constant(0), size(2)),
});

const fillers = [0, 1, -1, 2.5, Number.NaN, Number.NEGATIVE_INFINITY];
const paddings = fc
  .record({
    axes: fc.array(axis, { maxLength: 4 }),
    dtype: dtypes,
    offset: offsets,
  })
  .chain((sizes) =>
    fc.record({
      sizes: fc.constant(sizes),
      filler: fc.constantFrom(...(sizes.dtype === "bool" ? [0, 1] : fillers)),
      values: elementsOf(sizes.dtype, product(sizes.axes.map(({ length }) => length))),
    }),
  );

function join(outer: number, lengths: readonly number[], dtype: DType = "f32"): Call {
  return {
    op: "concat",
    inputs: lengths.map((length, i) => ({
      dtype,
      shape: [outer, length],
      values: Array.from({ length: outer * length }, (_, j) => 1000 * i + j),
    })),
    shape: [outer, lengths.reduce((a, b) => a + b, 0)],
    dtype,
    attributes: { axis: 1 },
  };
}

function padded(shape: readonly number[], interior: readonly number[]): Call {
  return {
    op: "pad",
    inputs: [{ dtype: "f32", shape, values: [] }],
    shape: shape.map((length, i) => length + 1 + (length - 1) * interior[i]),
    dtype: "f32",
    attributes: { before: shape.map(() => 1), interior, value: 0 },
  };
}

describe.skipIf(gpu === undefined)("concat", () => {
  law("joins tensors of any dtype along an axis", joins, async ({ sizes, values }) => {
    const { outer, lengths, inner, dtype, offset } = sizes;
    await expectAgreement({
      op: "concat",
      inputs: lengths.map((length, i) => ({
        dtype,
        shape: [...outer, length, ...inner],
        values: values[i],
        offset: i === 0 ? offset : 0,
      })),
      shape: [...outer, lengths.reduce((a, b) => a + b, 0), ...inner],
      dtype,
      attributes: { axis: outer.length },
    });
  });

  it("joins one element at a time and four", async () => {
    for (const lengths of [
      [4, 8],
      [4, 8, 3],
      [3, 5],
      [3, 4, 1],
    ])
      await expectAgreement(join(70, lengths, "i32"));
  });

  it("joins what is made on the way, and a tensor with itself", async () => {
    await expectSame((make) => {
      const x = make(scattered(40), { shape: [5, 8] });
      return concat([x.add(1), x, x.mul(2), x], 1).mul(2);
    });
  });
});

describe.skipIf(gpu === undefined)("pad", () => {
  law("puts fillers around and between elements", paddings, async ({ sizes, filler, values }) => {
    const { dtype, offset, axes } = sizes;
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

  it("pads what is made on the way, large and small", async () => {
    for (const length of [1, 3, 700]) {
      await expectSame((make) => {
        const x = make(scattered(2 * length), { shape: [2, length] });
        return pad(x.add(1), [1, 2], [0, length], { value: Number.NaN }).neg();
      });
    }
  });
});

describe("the shaders of placement", () => {
  it("are the same whatever the sizes", () => {
    expect(shadersOf(join(3, [4, 8]))).toEqual(shadersOf(join(9, [16, 4])));
    expect(shadersOf(join(3, [3, 5]))).toEqual(shadersOf(join(9, [1, 2])));
    expect(shadersOf(padded([3, 5], [0, 1]))).toEqual(shadersOf(padded([9, 2], [0, 4])));
  });
});
