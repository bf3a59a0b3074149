import { buildVocabulary, DataError, Vocabulary, vocabularyFromJson } from "cotangent/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const json = { format: "cotangent vocabulary 1", tokens: ["a", "b"], counts: [3, 2], unknown: null };

describe("Vocabulary", () => {
  it("encodes known tokens, and drops or shares the unknown", () => {
    const dropping = new Vocabulary(["a", "b"], [3, 2], null);
    expect(dropping.encode(["b", "x", "a", "b", "constructor"])).toEqual([1, 0, 1]);
    expect([dropping.idOf("a"), dropping.idOf("x")]).toEqual([0, undefined]);
    const sharing = new Vocabulary(["a", "b"], [3, 2], 5);
    expect(sharing.encode(["b", "x", "a"])).toEqual([1, 2, 0]);
    expect([sharing.idOf("x"), sharing.size, sharing.counts]).toEqual([2, 3, [3, 2, 5]]);
  });
});

describe("vocabularyFromJson", () => {
  it("gives back what was kept as JSON", async () => {
    const texts = fc.array(fc.array(fc.string({ maxLength: 3 }), { maxLength: 5 }));
    await fc.assert(
      fc.asyncProperty(texts, fc.constantFrom("drop", "share"), async (list, unknown) => {
        const vocabulary = await buildVocabulary(list, { unknown, minCount: 2 });
        const again = vocabularyFromJson(JSON.parse(JSON.stringify(vocabulary)));
        expect(again.toJSON()).toEqual(vocabulary.toJSON());
        expect(again.counts).toEqual(vocabulary.counts);
        expect(again.encode(list.flat())).toEqual(vocabulary.encode(list.flat()));
      }),
    );
  });

  it.each([
    [null, "json is not an object but must be what toJSON returned"],
    [{ ...json, format: "x" }, 'format is "x" but must be "cotangent vocabulary 1"'],
    [{ ...json, format: 1 }, 'format is no text but must be "cotangent vocabulary 1"'],
    [{ ...json, format: { toString: null, valueOf: null } }, 'format is no text but must be "cotangent vocabulary 1"'],
    [
      { ...json, format: "a\x7f\x9b\u2028\u202e\u{e0001}b" },
      'format is "a\\u007f\\u009b\\u2028\\u202e\\u{e0001}b" but must be "cotangent vocabulary 1"',
    ],
    [{ ...json, tokens: "ab" }, "tokens is not a list of strings but must be"],
    [{ ...json, tokens: ["a", 1] }, "tokens is not a list of strings but must be"],
    [{ ...json, tokens: ["a", "a"] }, "tokens holds a token twice but must hold each once"],
    [{ ...json, counts: [1, -1] }, "counts is not a list of whole numbers ≥ 0 but must be"],
    [{ ...json, counts: [1] }, "counts has length 1 but must have that of tokens, 2"],
    [{ ...json, unknown: 0.5 }, "unknown is not a whole number ≥ 0 or null but must be"],
    [{ ...json, unknown: undefined }, "unknown is not a whole number ≥ 0 or null but must be"],
  ])("refuses %j", (wrong, problem) => {
    expect(() => vocabularyFromJson(wrong)).toThrow(new DataError(`vocabularyFromJson: ${problem}`));
  });
});
