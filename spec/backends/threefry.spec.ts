import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { threefry2x32 } from "../../src/backends/threefry.js";
import { law } from "../support/law.js";

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe("threefry2x32", () => {
  // key words, counter words, result: the known answers that the authors publish with Random123
  it.each([
    [0, 0, 0, 0, 0x6b200159, 0x99ba4efe],
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7],
    [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c, 0x483df7a0],
  ])("gives the published answer for key %i %i, counter %i %i", (key0, key1, counter0, counter1, x, y) => {
    expect(threefry2x32(key0, key1, counter0, counter1)).toEqual([x, y]);
  });

  law("gives words in [0, 2^32)", word, word, word, word, (...input) => {
    for (const value of threefry2x32(...input)) {
      expect(value).toBe(value >>> 0);
    }
  });

  law("takes signed words for the unsigned ones of the same bits", word, word, word, word, (...input) => {
    const [a, b, c, d] = input.map((value) => value | 0);
    expect(threefry2x32(a, b, c, d)).toEqual(threefry2x32(...input));
  });

  law("flips about half of the output bits for any one input bit", word, word, word, word, (...input) => {
    const plain = threefry2x32(...input);
    let flipped = 0;
    for (let bit = 0; bit < 128; bit++) {
      const changed = [...input] as [number, number, number, number];
      changed[bit >> 5] = (changed[bit >> 5] ^ (1 << (bit & 31))) >>> 0;
      const result = threefry2x32(...changed);
      for (const i of [0, 1]) for (let x = plain[i] ^ result[i]; x !== 0; x &= x - 1) flipped++;
    }
    // 128 · 64 fair coins: 7 deviations of 45 happen by chance once in 10¹¹
    expect(Math.abs(flipped - 128 * 32)).toBeLessThan(7 * 45.3);
  });
});
