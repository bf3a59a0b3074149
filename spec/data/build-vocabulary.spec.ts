import { buildTextVocabularies, buildVocabulary, type VocabularyOptions } from "cotangent/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const texts = [["b", "a", "c", "a"], ["b", "d", "a"], []];

describe("buildVocabulary", () => {
  it("gives ids by falling frequency, equals in the order of their UTF-16 units", async () => {
    const vocabulary = await buildVocabulary(texts);
    expect(vocabulary.tokens).toEqual(["a", "b", "c", "d"]);
    expect(vocabulary.counts).toEqual([3, 2, 1, 1]);
    expect(vocabulary.size).toBe(4);
    expect(vocabulary.unknownId).toBeUndefined();
  });

  it("leaves out rare tokens, and the rarest beyond maxSize", async () => {
    expect((await buildVocabulary(texts, { minCount: 2 })).tokens).toEqual(["a", "b"]);
    expect((await buildVocabulary(texts, { maxSize: 3 })).tokens).toEqual(["a", "b", "c"]);
    expect((await buildVocabulary(texts, { minCount: 2, maxSize: 1 })).tokens).toEqual(["a"]);
  });

  it("shares the last id among the unknown, with their count, inside maxSize", async () => {
    const vocabulary = await buildVocabulary(texts, { minCount: 2, unknown: "share" });
    expect([vocabulary.tokens, vocabulary.counts, vocabulary.unknownId]).toEqual([["a", "b"], [3, 2, 2], 2]);
    const small = await buildVocabulary(texts, { maxSize: 2, unknown: "share" });
    expect([small.tokens, small.counts, small.size]).toEqual([["a"], [3, 4], 2]);
  });

  it("does not depend on the order of the texts, and counts every token once", async () => {
    const tokens = fc.array(
      fc.array(fc.constantFrom("a", "b", "c", "é", "__proto__", "constructor"), { maxLength: 5 }),
    );
    await fc.assert(
      fc.asyncProperty(tokens, fc.integer({ min: 1, max: 4 }), async (list, minCount) => {
        const vocabulary = await buildVocabulary(list, { minCount, unknown: "share" });
        const flat = list.flat();
        expect(vocabulary.counts.reduce((sum, count) => sum + count, 0)).toBe(flat.length);
        vocabulary.tokens.forEach((token, id) => {
          expect(vocabulary.counts[id]).toBe(flat.filter((other) => other === token).length);
        });
        expect((await buildVocabulary([...list].reverse(), { minCount, unknown: "share" })).toJSON()).toEqual(
          vocabulary.toJSON(),
        );
      }),
    );
  });

  it.each<[VocabularyOptions, Error]>([
    [{ minCount: 0 }, new RangeError("buildVocabulary: minCount is 0 but must be a whole number ≥ 1")],
    [{ maxSize: 1.5 }, new RangeError("buildVocabulary: maxSize is 1.5 but must be a whole number ≥ 1")],
    [{ unknown: "x" as "drop" }, new TypeError('buildVocabulary: unknown is "x" but must be one of drop, share')],
  ])("names the option that is wrong: %j", async (options, error) => {
    await expect(buildVocabulary([], options)).rejects.toThrow(error);
  });
});

describe("buildTextVocabularies", () => {
  it("builds both in one pass", async () => {
    let passes = 0;
    async function* examples() {
      passes += 1;
      yield { labels: ["l", "m"], tokens: ["a", "b"] };
      yield { labels: ["m"], tokens: ["b", "b"] };
    }
    const { tokens, labels } = await buildTextVocabularies(examples(), { tokens: { minCount: 2 } });
    expect([tokens.tokens, tokens.counts]).toEqual([["b"], [3]]);
    expect([labels.tokens, labels.counts]).toEqual([
      ["m", "l"],
      [2, 1],
    ]);
    expect(passes).toBe(1);
  });

  it("names the option that is wrong", async () => {
    await expect(buildTextVocabularies([], { labels: { minCount: -1 } })).rejects.toThrow(
      new RangeError("buildTextVocabularies: minCount is -1 but must be a whole number ≥ 1"),
    );
  });
});
