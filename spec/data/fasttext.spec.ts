import { DataError, type FasttextOptions, readFasttext, type TextExample, writeFasttext } from "cotangent/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collect, cuts, cutText, joined } from "./support/streams.js";

const words = fc
  .string({ unit: fc.constantFrom("a", "b", "_", "é", "😀", "\u00a0", "\u2028", ":", "#"), minLength: 1, maxLength: 6 })
  .filter((word) => !word.startsWith("__label__"));
const examples = fc.record({ labels: fc.array(words, { maxLength: 3 }), tokens: fc.array(words, { maxLength: 6 }) });

describe("readFasttext", () => {
  it("takes every token with the prefix as a label, and every line as an example", async () => {
    expect(await collect(readFasttext("__label__a x y\n\n  z\t__label__b\r\n"))).toEqual([
      { labels: ["a"], tokens: ["x", "y"] },
      { labels: [], tokens: [] },
      { labels: ["b"], tokens: ["z"] },
    ]);
  });

  it("takes another prefix", async () => {
    expect(await collect(readFasttext("#a x __label__b", { prefix: "#" }))).toEqual([
      { labels: ["a"], tokens: ["x", "__label__b"] },
    ]);
  });

  it("names the place of an empty label", async () => {
    await expect(collect(readFasttext("x\nx y __label__ z", { file: "t.txt" }))).rejects.toThrow(
      new DataError('readFasttext: t.txt:2:5: label is empty but must have a name after "__label__"'),
    );
  });

  it("names the prefix that is wrong", async () => {
    const message = (came: string) =>
      `readFasttext: prefix is ${came} but must be a word: not empty, well-formed, without blanks`;
    await expect(collect(readFasttext("", { prefix: "" }))).rejects.toThrow(new TypeError(message('""')));
    await expect(collect(readFasttext("", { prefix: "a b" }))).rejects.toThrow(new TypeError(message('"a b"')));
  });
});

describe("writeFasttext", () => {
  it("writes what readFasttext reads back, however it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(examples), cuts, async (list, places) => {
        const text = await joined(writeFasttext(list));
        expect(await collect(readFasttext(cutText(text, places)))).toEqual(list);
      }),
    );
  });

  it("puts labels first", async () => {
    expect(await joined(writeFasttext([{ labels: ["a", "b"], tokens: ["x", "y"] }]))).toBe(
      "__label__a __label__b x y\n",
    );
    expect(await joined(writeFasttext([{ labels: ["a"], tokens: [] }], { prefix: "#" }))).toBe("#a\n");
  });

  it.each<[TextExample, FasttextOptions, string]>([
    [{ labels: ["a b"], tokens: [] }, {}, 'labels[0] of example 0 is "a b" but must be a word'],
    [{ labels: [""], tokens: [] }, {}, 'labels[0] of example 0 is "" but must be a word'],
    [{ labels: [], tokens: ["a\nb"] }, {}, 'tokens[0] of example 0 is "a\\nb" but must be a word'],
    [{ labels: [], tokens: ["x", "\ud800"] }, {}, 'tokens[1] of example 0 is "\\ud800" but must be a word'],
    [{ labels: [], tokens: ["\ufeffa"] }, {}, 'tokens[0] of example 0 is "\ufeffa" but must be a word'],
    [{ labels: [], tokens: [] }, { prefix: " " }, 'prefix is " " but must be a word'],
  ])("refuses what the format cannot hold", async (example, options, problem) => {
    const rest = ": not empty, well-formed, without blanks";
    await expect(joined(writeFasttext([example], options))).rejects.toThrow(
      new TypeError(`writeFasttext: ${problem}${rest}`),
    );
  });

  it("refuses a token that would read as a label", async () => {
    await expect(joined(writeFasttext([{ labels: [], tokens: ["__label__x"] }]))).rejects.toThrow(
      new TypeError('writeFasttext: tokens[0] of example 0 is "__label__x" but must not begin as a label does'),
    );
  });
});
