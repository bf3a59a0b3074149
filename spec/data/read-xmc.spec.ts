import { DataError, readXmc, type SparseExample, type TextSource } from "cotangent/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mutate, mutations, valueOrDataError } from "./support/mutations.js";
import { bytesOf, collect, cutBytes, cuts } from "./support/streams.js";

const file = "data.txt";
const read = async (source: TextSource) => {
  const { examples, ...header } = await readXmc(source, { file });
  return { header, examples: await collect(examples) };
};
const example = (labels: number[], pairs: [number, number][]): SparseExample => ({
  labels,
  indices: Uint32Array.from(pairs, ([index]) => index),
  values: Float32Array.from(pairs, ([, value]) => value),
});

const text = "5 10 50\n7,49 0:1.5 9:-2e-3\n 3:1\n1\n\n2,1\t8:.5  2:+3. \n";
const parsed = [
  example(
    [7, 49],
    [
      [0, 1.5],
      [9, -2e-3],
    ],
  ),
  example([], [[3, 1]]),
  example([1], []),
  example([], []),
  example(
    [2, 1],
    [
      [2, 3],
      [8, 0.5],
    ],
  ),
];

describe("readXmc", () => {
  it("reads labels and features, either of which may be missing, and sorts the features", async () => {
    expect(await read(text)).toEqual({ header: { rows: 5, features: 10, labels: 50 }, examples: parsed });
  });

  it("does not depend on how the file is cut or how its lines end", async () => {
    await fc.assert(
      fc.asyncProperty(cuts, fc.constantFrom("\n", "\r\n"), fc.boolean(), async (places, end, last) => {
        const ended = last ? text : text.slice(0, -1);
        expect((await read(cutBytes(bytesOf(ended.replaceAll("\n", end)), places))).examples).toEqual(parsed);
      }),
    );
  });

  it("skips blank lines after the last row", async () => {
    expect((await read("1 1 1\n0 0:1\n\n \n")).examples).toEqual([example([0], [[0, 1]])]);
  });

  it("streams: the first example comes before the second has been given", async () => {
    let given = 0;
    async function* source(): AsyncGenerator<string> {
      for (const line of text.split("\n")) {
        given += 1;
        yield `${line}\n`;
      }
    }
    const { examples } = await readXmc(source());
    expect(given).toBe(1);
    expect((await examples.next()).value).toEqual(parsed[0]);
    expect(given).toBe(2);
  });

  it("closes the source when the reader stops, even before the first example", async () => {
    let closed = 0;
    async function* source(): AsyncGenerator<string> {
      try {
        yield* ["2 1 1\n", "0\n", "0\n"];
      } finally {
        closed += 1;
      }
    }
    await (await readXmc(source())).examples.return(undefined);
    for await (const _ of (await readXmc(source())).examples) break;
    expect(closed).toBe(2);
  });

  it("allocates nothing for what a header claims", async () => {
    const { rows, examples } = await readXmc("1125899906842624 4294967296 2147483648\n");
    expect(rows).toBe(2 ** 50);
    await expect(collect(examples)).rejects.toThrow(
      new DataError("readXmc: input:2:1: file ends after 0 rows but its header says 1125899906842624"),
    );
  });

  it.each([
    ["", "1:1: file is empty but must begin with its numbers of rows, features and labels"],
    ["\n", '1:1: header is "" but must be three whole numbers: rows, features, labels'],
    ["1 2\n", '1:1: header is "1 2" but must be three whole numbers: rows, features, labels'],
    ["1 2 3 4\n", '1:1: header is "1 2 3 4" but must be three whole numbers: rows, features, labels'],
    ["1 2 x\n", '1:5: number of labels is "x" but must be a whole number'],
    ["-1 2 3\n", '1:1: number of rows is "-1" but must be a whole number'],
    ["1152921504606846976 2 3\n", "1:1: number of rows is 1152921504606846976 but must be in [0, 9007199254740992)"],
    ["1 4294967297 3\n", "1:3: number of features is 4294967297 but must be in [0, 4294967297)"],
    ["1 2 2147483649\n", "1:5: number of labels is 2147483649 but must be in [0, 2147483649)"],
    ["2 10 50\n1 0:1\n3,70 1:1\n", "3:3: label is 70 but must be in [0, 50)"],
    ["1 10 50\n1,,2 0:1\n", '2:3: label is "" but must be a whole number'],
    ["1 10 50\n1, 0:1\n", '2:3: label is "" but must be a whole number'],
    ["1 10 50\n1.0 0:1\n", '2:1: label is "1.0" but must be a whole number'],
    ["1 10 50\n3:1 4:1\n", '2:1: label is "3:1" but must be a whole number'],
    ["1 10 50\n1,2,1 0:1\n", "2:5: label is 1 again but must come once a line"],
    ["1 10 50\n1 10:1\n", "2:3: feature index is 10 but must be in [0, 10)"],
    ["1 10 50\n1 -1:1\n", '2:3: feature index is "-1" but must be a whole number'],
    ["1 10 50\n1 :1\n", '2:3: feature index is "" but must be a whole number'],
    ["1 10 50\n1 7\n", '2:3: feature is "7" but must be index:value'],
    ["1 10 50\n1 7 8:1\n", '2:3: feature is "7" but must be index:value'],
    ["1 10 50\n1 7:\n", '2:5: feature value is "" but must be a finite number'],
    ["1 10 50\n1 7:nan\n", '2:5: feature value is "nan" but must be a finite number'],
    ["1 10 50\n1 7:Infinity\n", '2:5: feature value is "Infinity" but must be a finite number'],
    ["1 10 50\n1 7:1e999\n", '2:5: feature value is "1e999" but must be a finite number'],
    ["1 10 50\n1 7:0x10\n", '2:5: feature value is "0x10" but must be a finite number'],
    ["1 10 50\n1 7:1:2\n", '2:5: feature value is "1:2" but must be a finite number'],
    ["1 10 50\n1 7:1e39\n", '2:5: feature value is "1e39" but must fit a 32-bit float'],
    ["1 10 50\n1 3:1 2:1 3:2\n", "2:11: feature index is 3 again but must come once a line"],
    [`1 10 50\n${"9".repeat(60)}\n`, `2:1: label is "${"9".repeat(40)}…" but must be in [0, 50)`],
    ["3 10 50\n1 0:1\n2 0:1\n", "4:1: file ends after 2 rows but its header says 3"],
    ["1 10 50\n1 0:1\n2 0:1\n", "3:1: row is number 2 but must not be: the header says 1 rows"],
  ])("refuses %j", async (wrong, problem) => {
    await expect(read(wrong)).rejects.toThrow(new DataError(`readXmc: data.txt:${problem}`));
  });

  it("gives a valid value or a DataError for any edit of a valid file", async () => {
    await fc.assert(
      fc.asyncProperty(mutations, async (edits) => {
        const value = await valueOrDataError("readXmc: data.txt", () => read(mutate(bytesOf(text), edits)));
        for (const { labels, indices, values } of value?.examples ?? []) {
          expect(labels.every((label) => Number.isInteger(label) && label < value!.header.labels)).toBe(true);
          expect(
            indices.every((index, at) => index < value!.header.features && (at === 0 || index > indices[at - 1]!)),
          ).toBe(true);
          expect(values.every(Number.isFinite)).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
