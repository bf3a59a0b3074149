import { type Key, randomBits, randomInt, randomKey, uniform } from "cotangent";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSampler } from "../../src/testing/check-sampler.js";
import { law } from "../support/law.js";

const seed = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const step = fc.oneof(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), fc.string());
const path = fc.array(step, { minLength: 1, maxLength: 4 });

const bitsOf = async (key: Key, count = 4) => [...(await randomBits(key, [count]).data())];
const bytes = new Array<number>(256).fill(1 / 256);

/** Refuses words whose bytes are not uniform and independent, from one to the next and within a word. */
function checkWords(words: readonly number[]): void {
  const draws = words.flatMap((word) => [word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24]);
  checkSampler({ draws, probabilities: bytes, rows: 4 });
}

describe("Key", () => {
  law("gives the same numbers whenever it is made the same way", seed, path, async (root, steps) => {
    expect(await bitsOf(randomKey(root).at(...steps))).toEqual(await bitsOf(randomKey(root).at(...steps)));
  });

  law("is reached step by step or in one go", seed, path, (root, steps) => {
    const walked = steps.reduce<Key>((key, next) => key.at(next), randomKey(root));
    expect(randomKey(root).at(...steps).words).toEqual(walked.words);
  });

  law("folds a number in as `at` does", seed, seed, (root, value) => {
    expect(randomKey(root).foldIn(value).words).toEqual(randomKey(root).at(value).words);
  });

  law("differs for different paths", seed, path, path, (root, left, right) => {
    const same = left.length === right.length && left.every((at, i) => at === right[i]);
    const [a, b] = [left, right].map((steps) => String(randomKey(root).at(...steps).words));
    expect(a === b).toBe(same);
  });

  it("tells apart all the ways to derive a key, and names that a 32-bit hash would confuse", () => {
    const key = randomKey(7);
    const keys = [
      key,
      ...key.split(3),
      ...[0, 1, 2, 2 ** 32, 2 ** 32 + 1, 2 ** 33, Number.MAX_SAFE_INTEGER].map((value) => key.at(value)),
      ...["", "0", "1", "a", "ab", "abc", "ba", "a\0", "\0", "costarring", "liquid", "altarage", "zinke"].map((name) =>
        key.at(name),
      ),
      key.at("", ""),
      key.at("a", "b"),
      key.at(0, 1),
      key.at(1, 0),
    ];
    expect(new Set(keys.map(({ words }) => String(words))).size).toBe(keys.length);
  });

  it("derives keys that look independent: in a row, split, named, nested", () => {
    const key = randomKey(1);
    const families = [
      Array.from({ length: 4000 }, (_, i) => key.at(i)),
      key.split(4000),
      Array.from({ length: 4000 }, (_, i) => key.at(`layer${i}`)),
      Array.from({ length: 4000 }, (_, i) => key.at(Math.floor(i / 64)).at(i % 64)),
      Array.from({ length: 4000 }, (_, i) => randomKey(i).at(0)),
    ];
    for (const keys of families) {
      const words = keys.flatMap((derived) => derived.words);
      checkWords(words);
    }
  });

  it("keeps a draw apart from the keys derived from its key", async () => {
    const key = randomKey(2);
    const drawn = new Set(await bitsOf(key, 20_000));
    const derived = [...key.split(100), ...Array.from({ length: 100 }, (_, i) => key.at(i))];
    // 200 · 2 words against 20 000: one meets another by chance once in 540 keys; these do not
    expect(derived.flatMap(({ words }) => words).filter((word) => drawn.has(word))).toEqual([]);
  });

  it("has these numbers in every version", async () => {
    expect(await bitsOf(randomKey(0))).toEqual([0x6b200159, 0x99ba4efe, 0x508efb2c, 0xc0de3f32]);
    expect(randomKey(42).at("weights").words).toEqual([0x2245dfa3, 0xac52a003]);
    expect(randomKey(42).at(3).words).toEqual([0x34f951af, 0x796c8dfc]);
    expect(randomKey(42).at("noise", 2 ** 40).words).toEqual([0x1a3ab2a6, 0x8358e223]);
    expect(randomKey(42).at("seed").words).toEqual([0xcfe0df0b, 0x87fb9370]);
    expect(randomKey(42).at("").words).toEqual([0x4b869291, 0x27bc93a3]);
    expect(randomKey(42).at(2 ** 32).words).toEqual([0x28150f67, 0x1ce8b29b]);
    expect(randomKey(42).at(2 ** 53 - 1).words).toEqual([0x979be61b, 0xb4e5d18a]);
    expect(randomKey(42).split(2)[1].words).toEqual([0xdae4e93f, 0x026b4314]);
    expect(randomKey(2 ** 53 - 1).words).toEqual([0xffffffff, 0x1fffff]);
    expect([...(await uniform(randomKey(3), [2]).data())]).toEqual([0.1843249797821045, 0.9532983899116516]);
    expect([...(await uniform(randomKey(3), [2], { dtype: "f64" }).data())]).toEqual([
      0.18432503158821478, 0.7811508396418804,
    ]);
    expect([...(await randomInt(randomKey(3), [4], 100).data())]).toEqual([18, 78, 62, 27]);
  });

  it("splits in two unless told otherwise", () => {
    const key = randomKey(4);
    const words = (keys: readonly Key[]) => keys.map((one) => one.words);
    expect(words(key.split())).toEqual(words(key.split(2)));
    expect(words(key.split(1))).toEqual(words(key.split(2).slice(0, 1)));
  });

  it("names the argument that is wrong", () => {
    const key = randomKey(0);
    for (const value of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => randomKey(value)).toThrow(
        new RangeError(`randomKey: seed is ${value} but must be a whole number ≥ 0`),
      );
      expect(() => key.at("a", value)).toThrow(
        new RangeError(`at: path[1] is ${value} but must be a whole number ≥ 0`),
      );
      expect(() => key.foldIn(value)).toThrow(
        new RangeError(`foldIn: value is ${value} but must be a whole number ≥ 0`),
      );
    }
    expect(() => key.split(0)).toThrow(new RangeError("split: count is 0 but must be a whole number ≥ 1"));
  });
});

describe("randomBits", () => {
  it("is uniform and independent, byte by byte", async () => {
    checkWords(await bitsOf(randomKey(5), 20_000));
  });

  law("has the shape asked for, filled in row-major order", seed, async (root) => {
    const table = randomBits(randomKey(root), [2, 3]);
    expect(table.shape).toEqual([2, 3]);
    expect([...(await table.data())]).toEqual(await bitsOf(randomKey(root), 6));
    expect(await bitsOf(randomKey(root), 0)).toEqual([]);
  });

  it("is computed from the key's two words", async () => {
    const [words, ...others] = randomBits(randomKey(2 ** 32 + 3), [4]).origin.inputs;
    expect(words).toMatchObject({ shape: [2], dtype: "u32" });
    expect([...(await words.data())]).toEqual([3, 1]);
    expect(others).toEqual([]);
  });

  it("names the argument that is wrong", () => {
    expect(randomBits(randomKey(0), [2 ** 20, 2 ** 13]).shape).toEqual([2 ** 20, 2 ** 13]);
    expect(() => randomBits(randomKey(0), [2 ** 33 + 1])).toThrow(
      new RangeError("randomBits: shape is [8589934593] but must hold at most 2^33 elements; use more keys"),
    );
    expect(() => randomBits(randomKey(0), [2 ** 20, 2 ** 14])).toThrow(
      new RangeError("randomBits: shape is [1048576, 16384] but must hold at most 2^33 elements; use more keys"),
    );
    expect(() => randomBits(randomKey(0), [2, -1])).toThrow(
      "randomBits: shape is [2, -1] but its sizes must be whole numbers ≥ 0",
    );
  });
});
