import { cpu } from "cotangent";
import fc, { type Arbitrary } from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { DType } from "../../../../src/backends/backend.js";
import { position } from "../../../../src/backends/reference/ordering.js";
import { gpu } from "../../../support/law.js";
import { type Call, programOf, runOn } from "../../kernel-call.js";
import { offsets, size } from "../../wasm/kernels/elements.js";
import { countedBackend } from "../support/counted.js";
import { dtypes, expectAgreement, law, shadersOf, termsOf } from "./agreement.js";

interface Sizes {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

function search(
  op: "argmax" | "argmin",
  dtype: DType,
  { outer, length, inner }: Sizes,
  values: readonly number[],
  offset = 0,
): Call {
  return {
    op,
    inputs: [{ dtype, shape: [outer, length, inner], values, offset }],
    shape: [outer, inner],
    dtype: "i32",
    attributes: { axis: 1, largest: op === "argmax" },
    host: position,
  };
}

async function expectFound(dtype: DType, sizes: Sizes, values: readonly number[], offset = 0): Promise<void> {
  for (const op of ["argmax", "argmin"] as const) await expectAgreement(search(op, dtype, sizes, values, offset));
}

/** A device whose workgroups search long rows together. */
const together = gpu && (await countedBackend(() => ({}), { isSoftware: false })).backend;
afterAll(() => together?.dispose());

/** One invocation finds what is to be found, and many together do. */
async function expectFoundTogether(dtype: DType, sizes: Sizes, values: readonly number[]): Promise<void> {
  for (const op of ["argmax", "argmin"] as const) {
    const call = search(op, dtype, sizes, values);
    await expectAgreement(call);
    const program = programOf(call);
    expect(await runOn(together!, program, call)).toEqual(await runOn(cpu(), program, call));
  }
}

/** Rows that one invocation searches, and rows that a workgroup does. */
const lengths = fc.oneof(fc.integer({ min: 1, max: 21 }), fc.constantFrom(63, 64, 65, 127, 128, 129, 300));

interface Sample {
  readonly sizes: Sizes & { readonly dtype: DType; readonly offset: number };
  readonly values: readonly number[];
}

const along = (inners: Arbitrary<number>) =>
  fc.record({ outer: size(4), length: lengths, inner: inners, dtype: dtypes, offset: offsets }).chain((sizes) =>
    fc.record({
      sizes: fc.constant(sizes),
      values: termsOf(sizes.dtype, sizes.outer * sizes.length * sizes.inner),
    }),
  );

const sample = ({ sizes, values }: Sample) => expectFound(sizes.dtype, sizes, values, sizes.offset);

describe.skipIf(gpu === undefined)("argmax and argmin", () => {
  law("find the first extreme of rows, NaN before all others", along(fc.constant(1)), sample);
  law("find the first extremes of columns", along(fc.oneof(size(5), fc.constantFrom(16, 19))), sample);

  it("find an extreme wherever it is, and the first of two", async () => {
    for (const length of [1, 9, 64, 65, 127, 200]) {
      // A row for each place of the extreme.
      const values = Array.from({ length: length * length }, (_, i) =>
        i % length === Math.floor(i / length) || i % length === length - 1 ? -1.5e9 : -2e9,
      );
      for (const dtype of ["f32", "i32"] as const) {
        await expectFoundTogether(dtype, { outer: length, length, inner: 1 }, values);
        await expectFoundTogether(
          dtype,
          { outer: length, length, inner: 1 },
          values.map((x) => -x),
        );
      }
    }
  });

  it("find the first NaN, before infinities, wherever it is", async () => {
    const length = 200;
    const values = Array.from({ length: length * length }, (_, i) => {
      const [row, column] = [Math.floor(i / length), i % length];
      if (column === row || column === (row + 70) % length) return Number.NaN;
      return column % 2 === 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    });
    await expectFoundTogether("f32", { outer: length, length, inner: 1 }, values);
  });

  it("take zeros of either sign for equal", async () => {
    await expectFoundTogether("f32", { outer: 2, length: 3, inner: 1 }, [-0, 0, -0, 0, -0, 0]);
  });
});

describe("the shaders of argmax", () => {
  it("are the same whatever the sizes", () => {
    const sized = (outer: number, length: number, inner: number) =>
      shadersOf(search("argmax", "f32", { outer, length, inner }, []));
    expect(sized(2, 3, 1)).toEqual(sized(70, 64, 30));
    expect(sized(2, 65, 1)).toEqual(sized(70, 4000, 1));
  });
});
