import fc, { type Arbitrary } from "fast-check";
import { describe, it } from "vitest";
import type { DType } from "../../../../src/backends/backend.js";
import { position } from "../../../../src/backends/reference/ordering.js";
import { expectAgreement, law } from "./agreement.js";
import { dtypes, elementsOf, offsets, size } from "./elements.js";

interface Sample {
  readonly sizes: {
    readonly outer: number;
    readonly length: number;
    readonly inner: number;
    readonly dtype: DType;
    readonly offset: number;
  };
  readonly values: readonly number[];
}

/** An axis of a shape, with what is inside of it. */
const along = (inners: Arbitrary<number>) =>
  fc
    .record({ outer: size(4), length: fc.integer({ min: 1, max: 21 }), inner: inners, dtype: dtypes, offset: offsets })
    .chain((sizes) => {
      const { outer, length, inner, dtype } = sizes;
      return fc.record({ sizes: fc.constant(sizes), values: elementsOf(dtype, outer * length * inner) });
    });

describe("argmax and argmin", () => {
  const find = async ({ sizes, values }: Sample) => {
    const { outer, length, inner, dtype, offset } = sizes;
    for (const op of ["argmax", "argmin"]) {
      await expectAgreement({
        op,
        inputs: [{ dtype, shape: [outer, length, inner], values, offset }],
        shape: [outer, inner],
        dtype: "i32",
        attributes: { axis: 1, largest: op === "argmax" },
        host: position,
      });
    }
  };

  law("find the first extreme of rows, NaN before all others", along(fc.constant(1)), find);
  law("find the first extremes of columns", along(fc.oneof(size(7), fc.constantFrom(16, 19, 36))), find);

  it("find the extreme of one element, of a row of each length, and of negative numbers", async () => {
    for (const dtype of ["f32", "f64", "i32"] as const) {
      for (let length = 1; length <= 9; length++) {
        for (let best = 0; best < length; best++) {
          const values = Array.from({ length }, (_, i) => (i === best ? -1.5e9 : -2e9));
          await find({ sizes: { outer: 1, length, inner: 1, dtype, offset: 0 }, values });
        }
      }
    }
  });
});
