import { readSvmlight, type SvmlightExample, writeSvmlight } from "cotangent/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sparseExample } from "./support/arbitraries.js";
import { collect, joined } from "./support/streams.js";

const examples: fc.Arbitrary<SvmlightExample> = fc
  .tuple(
    sparseExample(2 ** 32, 10),
    fc.uniqueArray(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((label) => label + 0),
      { maxLength: 4 },
    ),
    fc.option(fc.nat({ max: 2 ** 31 })),
  )
  .map(([{ indices, values }, labels, query]) => ({ labels, indices, values, ...(query === null ? {} : { query }) }))
  .filter(({ labels, query, indices }) => labels.length + indices.length > 0 || query !== undefined);

const one = (parts: Partial<SvmlightExample>): SvmlightExample => ({
  labels: [1],
  indices: Uint32Array.of(0, 2),
  values: Float32Array.of(0.1, -2),
  ...parts,
});

describe("writeSvmlight", () => {
  it("writes what readSvmlight reads back, bit for bit, from either first index", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(examples, { maxLength: 6 }), fc.constantFrom(0, 1), async (list, firstIndex) => {
        const options = { firstIndex } as const;
        expect(await collect(readSvmlight(writeSvmlight(list, options), options))).toEqual(list);
      }),
    );
  });

  it("writes a line an example", async () => {
    expect(await joined(writeSvmlight([one({}), one({ labels: [], query: 3 }), one({ labels: [1, 2] })]))).toBe(
      "1 1:0.1 3:-2\n qid:3 1:0.1 3:-2\n1,2 1:0.1 3:-2\n",
    );
    expect(await joined(writeSvmlight([one({})], { firstIndex: 0 }))).toBe("1 0:0.1 2:-2\n");
  });

  it.each<[Partial<SvmlightExample>, string]>([
    [{ labels: [Number.NaN] }, "labels[0] of example 0 is NaN but must be finite"],
    [{ labels: [2, 2] }, "labels[1] of example 0 is 2 again but must come once an example"],
    [{ query: -1 }, "query of example 0 is -1 but must be a whole number in [0, 2^53 − 1)"],
    [{ indices: Uint32Array.of(2, 0) }, "indices[1] of example 0 is 0 but must be in [3, 4294967296)"],
    [
      { labels: [], indices: Uint32Array.of(), values: Float32Array.of() },
      "example 0 is empty but must have a label, a query or a feature",
    ],
  ])("refuses what the format cannot hold", async (parts, problem) => {
    await expect(joined(writeSvmlight([one(parts)]))).rejects.toThrow(new RangeError(`writeSvmlight: ${problem}`));
  });

  it("names the option that is wrong", async () => {
    await expect(joined(writeSvmlight([], { firstIndex: -1 as 0 }))).rejects.toThrow(
      new RangeError("writeSvmlight: firstIndex is -1 but must be 0 or 1"),
    );
  });
});
