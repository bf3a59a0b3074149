import { DataError, readFasttext, type TextOptions, type TextSource } from "cotangent/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, collect, cutBytes, cuts, cutText } from "./support/streams.js";

const linesOf = async (source: TextSource, options: TextOptions = {}) =>
  (await collect(readFasttext(source, options))).map(({ tokens }) => tokens.join(" "));

const texts = fc.string({ unit: fc.constantFrom("a", "é", "€", "😀", "\n", "\r\n", "\ufffd", " "), maxLength: 60 });

const split = (text: string) => {
  const list = text.split(/\r?\n/).map((line) => line.trim().split(/ +/).join(" "));
  if (text === "" || text.endsWith("\n")) list.pop();
  return list;
};

describe("lines", () => {
  it("do not depend on how the bytes are cut, also inside a character or CRLF, nor on a buffer filled again", async () => {
    await fc.assert(
      fc.asyncProperty(texts, cuts, async (text, places) => {
        expect(await linesOf(cutBytes(bytesOf(text), places))).toEqual(split(text));
      }),
    );
  });

  it("do not depend on how the text is cut, also inside a surrogate pair", async () => {
    await fc.assert(
      fc.asyncProperty(texts, cuts, async (text, places) => {
        expect(await linesOf(cutText(text, places))).toEqual(split(text));
        expect(await linesOf(text)).toEqual(split(text));
      }),
    );
  });

  it("may mix text and bytes", async () => {
    expect(await linesOf(["a é", bytesOf("😀\nb"), "c\n"])).toEqual(["a é😀", "bc"]);
    expect(await linesOf(["a\ud83d", bytesOf("b")])).toEqual(["a\ufffdb"]);
  });

  it("are the same in one huge chunk, cut where characters are not", async () => {
    const text = `${"€😀".repeat(50_000)}\n`;
    const whole = ["€😀".repeat(50_000)];
    expect(await linesOf(text)).toEqual(whole);
    expect(await linesOf(`a${text}`)).toEqual([`a${whole[0]}`]);
    expect(await linesOf(bytesOf(text))).toEqual(whole);
  });

  it("skip a byte order mark at the start of the file only", async () => {
    expect(await linesOf(bytesOf("\ufeffa\n\ufeffb"))).toEqual(["a", "\ufeffb"]);
    expect(await linesOf("\ufeffa")).toEqual(["a"]);
  });

  it("name the character that is not UTF-8, after the lines before it", async () => {
    const bytes = Uint8Array.of(0x61, 0x0a, 0xc3, 0xa9, 0x20, 0xef, 0x41, 0x0a);
    const stream = readFasttext(bytes, { file: "x.txt" });
    expect((await stream.next()).value).toEqual({ labels: [], tokens: ["a"] });
    await expect(stream.next()).rejects.toThrow(new DataError("readFasttext: x.txt:2:3: text is not UTF-8"));
    await expect(linesOf(Uint8Array.of(0x61, 0xff))).rejects.toThrow(
      new DataError("readFasttext: input:1:2: text is not UTF-8"),
    );
  });

  it("are bounded in length, wherever they are cut", async () => {
    const message = "readFasttext: x:2:5: line is longer than 4 characters; raise maxLineLength if that is right";
    const options = { file: "x", maxLineLength: 4 };
    expect(await linesOf("abcd\r\nefgh", options)).toEqual(["abcd", "efgh"]);
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        const longest = bytesOf("\ufeff€€€€\r\n😀😀\r\n€€€€");
        expect(await linesOf(cutBytes(longest, places), options)).toEqual(["€€€€", "😀😀", "€€€€"]);
      }),
    );
    for (const long of ["ab\nefghi\n", "ab\nefghi", `ab\n${"€".repeat(100)}`, `ab\n${"😀".repeat(100)}`]) {
      await fc.assert(
        fc.asyncProperty(cuts, async (places) => {
          await expect(linesOf(cutBytes(bytesOf(long), places), options)).rejects.toThrow(new DataError(message));
        }),
        { numRuns: 20 },
      );
    }
  });

  it("stop a source without line ends before it fills the memory", async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<string> {
      for (;;) {
        given += 1000;
        yield "x".repeat(1000);
      }
    }
    await expect(linesOf(endless(), { maxLineLength: 10_000 })).rejects.toThrow(DataError);
    expect(given).toBeLessThan(40_000);
  });

  it("names what is wrong with the source or the options", async () => {
    await expect(linesOf([7 as unknown as string])).rejects.toThrow(
      new TypeError("readFasttext: a chunk is of type number but must be a Uint8Array or a string"),
    );
    await expect(linesOf("", { maxLineLength: 0 })).rejects.toThrow(
      new RangeError("readFasttext: maxLineLength is 0 but must be a whole number ≥ 1"),
    );
  });
});
