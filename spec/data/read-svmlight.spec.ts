import { DataError, readSvmlight, type SvmlightOptions } from "cotangent/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mutate, mutations, valueOrDataError } from "./support/mutations.js";
import { bytesOf, collect, cutBytes, cuts } from "./support/streams.js";

const file = "x.svm";
const read = (text: string, options: SvmlightOptions = {}) => collect(readSvmlight(text, { file, ...options }));
const pairs = (indices: number[], values: number[]) => ({
  indices: Uint32Array.from(indices),
  values: Float32Array.from(values),
});

const text = "# made by hand\n+1 1:0.5 3:-2 # first\n\n-1 qid:7 2:1\n2,5.5 4:1 2:3\n 1:1\n3\n4 qid:0\n";
const parsed = [
  { labels: [1], ...pairs([0, 2], [0.5, -2]) },
  { labels: [-1], query: 7, ...pairs([1], [1]) },
  { labels: [2, 5.5], ...pairs([1, 3], [3, 1]) },
  { labels: [], ...pairs([0], [1]) },
  { labels: [3], ...pairs([], []) },
  { labels: [4], query: 0, ...pairs([], []) },
];

describe("readSvmlight", () => {
  it("reads labels, queries and features, and skips comments and blank lines", async () => {
    expect(await read(text)).toEqual(parsed);
    expect(await read("")).toEqual([]);
    expect(await read("-0 1:-0")).toEqual([{ labels: [0], ...pairs([0], [-0]) }]);
  });

  it("counts from 0 if the file does", async () => {
    expect(await read("1 0:1 2:1", { firstIndex: 0 })).toEqual([{ labels: [1], ...pairs([0, 2], [1, 1]) }]);
  });

  it("does not depend on how the file is cut", async () => {
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        expect(await collect(readSvmlight(cutBytes(bytesOf(text), places)))).toEqual(parsed);
      }),
    );
  });

  it.each<[string, SvmlightOptions, string]>([
    ["x 1:1", {}, '1:1: label is "x" but must be a finite number'],
    ["1:1 2:1", {}, '1:1: label is "1:1" but must be a finite number'],
    ["1,1 1:1", {}, "1:3: label is 1 again but must come once a line"],
    ["0,-0 1:1", {}, "1:3: label is 0 again but must come once a line"],
    ["\n1 0:1", {}, "2:3: feature index is 0 but must be in [1, 4294967297)"],
    ["1 6:1", { features: 5 }, "1:3: feature index is 6 but must be in [1, 6)"],
    ["1 5:1", { features: 5, firstIndex: 0 }, "1:3: feature index is 5 but must be in [0, 5)"],
    ["1 3:1 2:1 3:1", {}, "1:11: feature index is 3 again but must come once a line"],
    ["1 x\x9b2J", {}, '1:3: feature is "x\\u009b2J" but must be index:value'],
    [`1 ${"x".repeat(99)}`, {}, `1:3: feature is "${"x".repeat(40)}…" but must be index:value`],
    ["1 qid:x 2:1", {}, '1:7: qid is "x" but must be a whole number'],
    ["1 2:1 qid:1", {}, '1:7: feature index is "qid" but must be a whole number'],
    ["1 2:inf", {}, '1:5: feature value is "inf" but must be a finite number'],
    ["1 2:#3", {}, '1:5: feature value is "" but must be a finite number'],
  ])("refuses %j", async (wrong, options, problem) => {
    await expect(read(wrong, options)).rejects.toThrow(new DataError(`readSvmlight: x.svm:${problem}`));
  });

  it("finds a label that comes again among many soon", async () => {
    const labels = Array.from({ length: 300_000 }, (_, at) => at);
    const before = process.cpuUsage();
    await expect(read(`${labels},299999 1:1`)).rejects.toThrow(
      new DataError("readSvmlight: x.svm:1:1988891: label is 299999 again but must come once a line"),
    );
    // Of the processor, in seconds; 4.5e10 comparisons, each label with all before it, take more.
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(4);
  });

  it("gives a value or a DataError for any edit of a valid file", async () => {
    await fc.assert(
      fc.asyncProperty(mutations, async (edits) => {
        const bytes = mutate(bytesOf(text), edits);
        await valueOrDataError("readSvmlight: x.svm", () => collect(readSvmlight(bytes, { file })));
      }),
      { numRuns: 2000 },
    );
  });

  it("names the option that is wrong", async () => {
    await expect(read("", { firstIndex: 2 as 1 })).rejects.toThrow(
      new RangeError("readSvmlight: firstIndex is 2 but must be 0 or 1"),
    );
    await expect(read("", { features: 0 })).rejects.toThrow(
      new RangeError("readSvmlight: features is 0 but must be a whole number ≥ 1"),
    );
  });
});
