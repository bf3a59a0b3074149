import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { detectFormat } from "../../cli/src/formats.js";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cotangent-formats-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("detectFormat", () => {
  it.each([
    ["xmc", "3 10 5\n0,1 2:0.5\n"],
    ["xmc", "\ufeff  3\t10 5 \r\n0 2:0.5\r\n"],
    ["fasttext", "__label__a some words\n"],
    ["fasttext", "\nwords come first __label__a\n"],
    ["fasttext", "a line without one\n__label__a 1:2\n"],
    ["svmlight", "1 3:0.5 7:1\n"],
    ["svmlight", "# a comment\n-1.5 qid:3 3:0.5\n"],
    ["svmlight", "1,4 3:0.5\n"],
    ["svmlight", " 3:0.5 7:1\n"],
    [undefined, "some words\n"],
    [undefined, "3 10\n"],
    [undefined, "# only a comment\n"],
  ])("says %s of %j", async (format, text) => {
    const path = join(folder, "file");
    writeFileSync(path, text);
    expect(await detectFormat("spec", path)).toBe(format);
  });
});
