import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashSplit } from "../../datasets/hash-split.js";

const itself = (text: string) => text;
const texts = fc.array(fc.string({ unit: "binary" }), { maxLength: 40 }); // few enough that no two hashes collide
const shares = fc.double({ min: 0, max: 1, noNaN: true });
const seeds = fc.nat();

describe("hashSplit", () => {
  it("puts every example on exactly one side", () => {
    fc.assert(
      fc.property(texts, shares, seeds, (list, share, seed) => {
        const { train, test } = hashSplit(list, itself, share, seed);
        expect([...train, ...test].toSorted()).toEqual(list.toSorted());
      }),
    );
  });

  it("does not depend on the order of the examples", () => {
    const shuffled = texts.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, shares, seeds, ([list, other], share, seed) => {
        expect(hashSplit(other, itself, share, seed)).toEqual(hashSplit(list, itself, share, seed));
      }),
    );
  });

  it("keeps equal texts on one side, and in their order", () => {
    const few = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 60 });
    fc.assert(
      fc.property(few, shares, seeds, (list, share, seed) => {
        const items = list.map((text, at) => ({ text, at }));
        const { train, test } = hashSplit(items, ({ text }) => text, share, seed);
        const trained = new Set(train.map(({ text }) => text));
        expect(test.some(({ text }) => trained.has(text))).toBe(false);
        for (const text of "abcd") {
          const places = [...test, ...train].filter((item) => item.text === text).map(({ at }) => at);
          expect(places).toEqual(places.toSorted((i, j) => i - j));
        }
      }),
    );
  });

  it("tests round(testShare·n) of distinct texts", () => {
    const distinct = Array.from({ length: 999 }, (_, i) => `text ${i}`);
    for (const share of [0, 0.1, 0.25, 0.4999, 1]) {
      expect(hashSplit(distinct, itself, share, 3).test.length).toBe(Math.round(999 * share));
    }
  });

  it("lets the test side grow to the end of a group of equal texts, and no further", () => {
    const list = ["a", "b", "a", "b", "a", "b"];
    const { test } = hashSplit(list, itself, 1 / 6, 0);
    expect(test.length).toBe(3);
  });

  it("follows FNV-1a with the final mix of MurmurHash3, written out in whole numbers", () => {
    const multiply = (a: bigint, b: bigint) => BigInt.asUintN(32, a * b);
    const hashOf = (text: string, seed: bigint) => {
      let hash = 0x811c9dc5n ^ multiply(seed, 0x9e3779b1n);
      for (const unit of text.split("")) hash = multiply(hash ^ BigInt(unit.charCodeAt(0)), 0x01000193n);
      hash = multiply(hash ^ (hash >> 16n), 0x85ebca6bn);
      hash = multiply(hash ^ (hash >> 13n), 0xc2b2ae35n);
      return Number(hash ^ (hash >> 16n));
    };
    const check = (list: readonly string[], seed: number) => {
      const byHash = list.map((text) => ({ text, hash: hashOf(text, BigInt(seed)) })).sort((a, b) => a.hash - b.hash);
      expect(hashSplit(list, itself, 0, seed).train).toEqual(byHash.map(({ text }) => text));
    };
    fc.assert(fc.property(texts, seeds, check));
    // So many that the order of some depends on the lowest bits.
    check(
      Array.from({ length: 4_000 }, (_, i) => `text ${i}`),
      5,
    );
  });

  it("chooses each side fairly: similar texts are not kept together", () => {
    const numbered = Array.from({ length: 10_000 }, (_, i) => `definition number ${i}`);
    const { test } = hashSplit(numbered, itself, 0.1, 0);
    // Of 1000 places, those below 5000: mean 500, deviation 15; outside five deviations once in a million seeds.
    const low = test.filter((text) => Number(text.slice(18)) < 5_000).length;
    expect(Math.abs(low - 500)).toBeLessThan(75);
  });
});
