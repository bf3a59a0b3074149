import { describe, expect, it } from "vitest";
import { DTypeError } from "../../src/autodiff/check.js";
import {
  allocate,
  checkDType,
  checkFloat,
  checkSameDType,
  type DType,
  dtypeOf,
  isFloat,
} from "../../src/autodiff/dtype.js";

const all: readonly DType[] = ["f32", "f64", "i32", "u32", "bool"];

describe("a dtype", () => {
  it.each(all)("is that of the array that holds it: %s", (dtype) => {
    const array = allocate(dtype, 3);
    expect(array).toHaveLength(3);
    expect(dtypeOf(array)).toBe(dtype);
    expect(isFloat(dtype)).toBe(dtype.startsWith("f"));
  });

  it("is that of no plain array", () => {
    expect(dtypeOf([1])).toBeUndefined();
    expect(dtypeOf(new Int8Array(1))).toBeUndefined();
  });

  it.each(all)("is checked against those that will do: %s", (dtype) => {
    const x = { dtype };
    checkDType("f", { x }, "u32", dtype);
    for (const other of all.filter((one) => one !== dtype)) {
      expect(() => checkDType("f", { x }, other)).toThrow(
        new DTypeError(`f: x is ${dtype} but must be ${other}; cast it`),
      );
      expect(() => checkSameDType("f", { x, y: { dtype: other } })).toThrow(
        new DTypeError(`f: y is ${other} but must match x, ${dtype}; cast one of them`),
      );
    }
    checkSameDType("f", { x, y: { dtype } });
    if (isFloat(dtype)) checkFloat("f", { x });
    else {
      expect(() => checkFloat("f", { ok: { dtype: "f32" }, x })).toThrow(
        new DTypeError(`f: x is ${dtype} but must be f32 or f64; cast it`),
      );
    }
    expect(() => checkDType("f", { x: { dtype: "bool" } }, "f32", "f64")).toThrow("must be f32 or f64; cast it");
  });
});
