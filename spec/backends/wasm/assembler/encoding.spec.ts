import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  flatten,
  float,
  name,
  signed,
  sized,
  unsigned,
  vector,
} from "../../../../src/backends/wasm/assembler/encoding.js";

/** Reads LEB128 as the specification defines it. */
function decode(bytes: readonly number[], withSign: boolean): bigint {
  let value = 0n;
  bytes.forEach((byte, i) => {
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
  });
  const negative = withSign && (bytes[bytes.length - 1] & 0x40) !== 0;
  return negative ? value - (1n << BigInt(7 * bytes.length)) : value;
}

const endsOnce = (bytes: readonly number[]): boolean => bytes.every((byte, i) => byte >= 128 === i < bytes.length - 1);

describe("LEB128", () => {
  it("gives back any unsigned integer, ending where it must", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const bytes = [...flatten(unsigned(value))];
        expect(decode(bytes, false)).toBe(BigInt(value));
        expect(endsOnce(bytes)).toBe(true);
      }),
      { seed: 1 },
    );
  });

  it("gives back any signed integer in the fewest bytes", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const bytes = [...flatten(signed(value))];
        expect(decode(bytes, true)).toBe(value);
        expect(endsOnce(bytes)).toBe(true);
        const needed = BigInt.asIntN(7 * bytes.length - 7, value);
        if (bytes.length > 1) expect(needed).not.toBe(value);
      }),
      { seed: 1 },
    );
  });

  it("has the examples of the specification", () => {
    expect([...flatten(unsigned(624485))]).toEqual([0xe5, 0x8e, 0x26]);
    expect([...flatten(signed(-123456))]).toEqual([0xc0, 0xbb, 0x78]);
    expect([...flatten(signed(64))]).toEqual([0xc0, 0x00]);
    expect([...flatten(signed(-64))]).toEqual([0x40]);
  });
});

describe("the rest of the encoding", () => {
  it("writes numbers least byte first", () => {
    expect([...flatten(float(1, 4))]).toEqual([0, 0, 0x80, 0x3f]);
    expect([...flatten(float(-2, 8))]).toEqual([0, 0, 0, 0, 0, 0, 0, 0xc0]);
  });

  it("puts lengths in bytes before names and code, and numbers of items before vectors", () => {
    expect([...flatten(name("aπ"))]).toEqual([3, 0x61, 0xcf, 0x80]);
    expect([...flatten(sized([1, [2, [3]]]))]).toEqual([3, 1, 2, 3]);
    expect([...flatten(vector([[1, 2], [3]]))]).toEqual([2, 1, 2, 3]);
    expect([...flatten(sized(new Array(200).fill(7)))].slice(0, 2)).toEqual([0xc8, 1]);
  });
});
