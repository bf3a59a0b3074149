import fc, { type Arbitrary } from "fast-check";
import type { DType } from "../../../../src/backends/backend.js";

const small = fc.integer({ min: -3, max: 3 });
const odd = fc.constantFrom(Number.NaN, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);

const elements: Readonly<Record<DType, Arbitrary<number>>> = {
  f32: fc.oneof(small, fc.float({ noNaN: true, min: -100, max: 100 }), fc.float(), odd),
  f64: fc.oneof(small, fc.double({ noNaN: true, min: -100, max: 100 }), fc.double(), odd),
  i32: fc.oneof(small, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  u32: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  bool: fc.integer({ min: 0, max: 1 }),
};

/** So many elements, many of them equal, and of floats the odd ones too. */
export function elementsOf(dtype: DType, count: number): Arbitrary<number[]> {
  return fc.array(elements[dtype], { minLength: count, maxLength: count });
}

export const dtypes: Arbitrary<DType> = fc.constantFrom("f32", "f64", "i32", "u32", "bool");
export const numberDTypes: Arbitrary<DType> = fc.constantFrom("f32", "f64", "i32", "u32");
export const floatDTypes: Arbitrary<DType> = fc.constantFrom("f32", "f64");

/** Where an input begins in its leaf: mostly not at its start. */
export const offsets: Arbitrary<number> = fc.integer({ min: 0, max: 5 });

/** Ids of `rows` rows, some of them out of range. */
export function idsOf(rows: number, count: number): Arbitrary<number[]> {
  const id = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: Math.max(0, rows - 1) }) },
    { weight: 1, arbitrary: fc.constantFrom(-1, rows, rows + 1, -(2 ** 31), 2 ** 31 - 1) },
  );
  return fc.array(id, { minLength: count, maxLength: count });
}

export function size(max: number): Arbitrary<number> {
  return fc.integer({ min: 0, max });
}
