import { narrowI64 } from "cotangent/data";
import { describe, expect, it } from "vitest";

describe("narrowI64", () => {
  it("keeps numbers that fit 32 bits", () => {
    const data = BigInt64Array.of(0n, -1n, 2n ** 31n - 1n, -(2n ** 31n));
    expect(narrowI64({ dtype: "i64", shape: [2, 2], data })).toEqual({
      dtype: "i32",
      shape: [2, 2],
      data: Int32Array.of(0, -1, 2 ** 31 - 1, -(2 ** 31)),
    });
  });

  it("names the number that does not", () => {
    for (const value of [2n ** 31n, -(2n ** 31n) - 1n, 2n ** 62n]) {
      expect(() => narrowI64({ dtype: "i64", shape: [2], data: BigInt64Array.of(1n, value) })).toThrow(
        new RangeError(`narrowI64: data[1] is ${value} but must be in [-2^31, 2^31)`),
      );
    }
  });
});
