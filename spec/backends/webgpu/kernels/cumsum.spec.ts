import { cumsum as cumsumOf, tensor } from "cotangent";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DType } from "../../../../src/backends/backend.js";
import { cumsum } from "../../../../src/backends/reference/ordering.js";
import { gpu } from "../../../support/law.js";
import type { Call } from "../../kernel-call.js";
import { elementsOf, offsets, size } from "../../wasm/kernels/elements.js";
import { bothOf, expectAgreement, law, shadersOf } from "./agreement.js";

/** One chunk, several, and so many that their totals are chunks as well. */
const shapes = fc.oneof(
  { weight: 2, arbitrary: fc.record({ rows: size(10), length: size(9) }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { rows: 3, length: 63 },
      { rows: 3, length: 64 },
      { rows: 3, length: 65 },
      { rows: 2, length: 300 },
      { rows: 1, length: 4097 },
    ),
  },
);

function running(
  dtype: DType,
  { rows, length }: { readonly rows: number; readonly length: number },
  values: readonly number[],
  attributes: { readonly exclusive: boolean; readonly reverse: boolean },
  offset = 0,
): Call {
  const shape = [rows, length];
  return { op: "cumsum", inputs: [{ dtype, shape, values, offset }], shape, dtype, attributes, host: cumsum };
}

const integers = fc
  .record({ shape: shapes, dtype: fc.constantFrom<DType>("i32", "u32"), offset: offsets })
  .chain((sizes) =>
    fc.record({
      sizes: fc.constant(sizes),
      values: elementsOf(sizes.dtype, sizes.shape.rows * sizes.shape.length),
    }),
  );

const floats = shapes.chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    values: fc.array(fc.float({ min: -100, max: 100, noNaN: true }), {
      minLength: shape.rows * shape.length,
      maxLength: shape.rows * shape.length,
    }),
  }),
);

const ends = fc.record({ exclusive: fc.boolean(), reverse: fc.boolean() });

/** Additions behind one running total: in its chunk, and in the chunks of totals. */
function additions(length: number): number {
  return length <= 64 ? length : 65 + additions(Math.ceil(length / 64));
}

describe.skipIf(gpu === undefined)("cumsum", () => {
  law("adds up rows of integers from either end", integers, ends, async ({ sizes, values }, attributes) => {
    await expectAgreement(running(sizes.dtype, sizes.shape, values, attributes, sizes.offset));
  });

  law("adds up rows of floats, a rounding for each addition", floats, ends, async ({ shape, values }, attributes) => {
    const [found, expected] = await bothOf(running("f32", shape, values, attributes));
    const sizes = await bothOf(running("f32", shape, values.map(Math.abs), attributes));
    found.forEach((value, i) => {
      const bound = 2 ** -24 * (additions(shape.length) + 1) * sizes[1][i] + 1e-37; // tiny numbers may be taken for 0
      expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(bound);
    });
  });

  it("does not pile up rounding along a row", async () => {
    const length = 200_000;
    const x = tensor(new Float32Array(length).fill(0.1), { backend: gpu! });
    const totals = await cumsumOf(x, 0).data();
    for (let i = 0; i < length; i += 997) {
      const exact = (i + 1) * Math.fround(0.1);
      expect(Math.abs(totals[i] - exact)).toBeLessThanOrEqual(3e-6 * exact); // one after the other: 3e-3
    }
  });

  it("carries infinities and NaN on", async () => {
    const values = new Array(200).fill(1);
    values[70] = Number.POSITIVE_INFINITY;
    values[150] = Number.NEGATIVE_INFINITY;
    await expectAgreement(running("f32", { rows: 1, length: 200 }, values, { exclusive: false, reverse: false }));
  });

  it("has more workgroups than fit in a row", async () => {
    const length = 64 * 65_535 + 100;
    const x = tensor(
      Int32Array.from({ length }, (_, i) => i),
      { backend: gpu! },
    );
    const totals = await cumsumOf(x.reshape([length, 1]), 1).data();
    expect(totals.findIndex((total, i) => total !== i)).toBe(-1);
  });
});

describe("the shaders of cumsum", () => {
  it("are the same whatever the sizes", () => {
    const sized = (rows: number, length: number) =>
      shadersOf(running("f32", { rows, length }, [], { exclusive: false, reverse: true }));
    expect(sized(1, 3)).toEqual(sized(100, 64));
    expect(sized(1, 65)).toEqual(sized(100, 4000));
  });
});
