import { hashedNgrams } from "cotangent/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const tokens = fc.array(fc.string({ unit: "binary", maxLength: 3 }), { maxLength: 8 });

/** The definition in exact arithmetic. */
const exact = (words: string[], buckets: number) => {
  const mask = 0xffffffffn;
  const one = (word: string) =>
    [...Array(word.length).keys()]
      .flatMap((at) => [word.charCodeAt(at) & 255, word.charCodeAt(at) >> 8])
      .reduce((hash, byte) => ((hash ^ BigInt(byte)) * 0x01000193n) & mask, 0x811c9dc5n);
  const all = words.map(one).reduce((hash, next) => {
    const mixed = ((((hash * 0x9e3779b1n) & mask) ^ next) * 0x85ebca6bn) & mask;
    return mixed ^ (mixed >> 16n);
  });
  return Number(all % BigInt(buckets));
};

describe("hashedNgrams", () => {
  it("is the stated hash of every n-gram, by where it starts, then by length", () => {
    fc.assert(
      fc.property(
        tokens,
        fc.integer({ min: 2, max: 4 }),
        fc.integer({ min: 1, max: 2 ** 31 }),
        (list, length, buckets) => {
          const expected: number[] = [];
          for (let start = 0; start < list.length; start += 1) {
            for (let n = 2; n <= length && start + n <= list.length; n += 1) {
              expected.push(exact(list.slice(start, start + n), buckets));
            }
          }
          expect(hashedNgrams(list, { length, buckets })).toEqual(expected);
        },
      ),
    );
  });

  it("tells the order of two words apart", () => {
    const [ab, ba] = hashedNgrams(["a", "b", "a"], { buckets: 2 ** 31 });
    expect(ab).not.toBe(ba);
  });

  it("names the option that is wrong", () => {
    expect(() => hashedNgrams([], { length: 1, buckets: 5 })).toThrow(
      new RangeError("hashedNgrams: length is 1 but must be a whole number ≥ 2"),
    );
    expect(() => hashedNgrams([], { buckets: 0 })).toThrow(
      new RangeError("hashedNgrams: buckets is 0 but must be a whole number in [1, 2^31]"),
    );
  });
});
