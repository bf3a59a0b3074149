import { readXmc, type SparseExample, writeXmc } from "cotangent/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sparseExample } from "./support/arbitraries.js";
import { collect, joined } from "./support/streams.js";

const header = { rows: 1, features: 10, labels: 50 };
const one = (labels: number[], indices: number[], values: number[]): SparseExample => ({
  labels,
  indices: Uint32Array.from(indices),
  values: Float32Array.from(values),
});

describe("writeXmc", () => {
  it("writes what readXmc reads back, bit for bit", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sparseExample(2 ** 32, 2 ** 31), { maxLength: 6 }), async (examples) => {
        const claimed = { rows: examples.length, features: 2 ** 32, labels: 2 ** 31 };
        const { examples: again, ...read } = await readXmc(writeXmc(examples, claimed));
        expect(read).toEqual(claimed);
        expect(await collect(again)).toEqual(examples);
      }),
    );
  });

  it("writes the fewest digits that do so", async () => {
    const values = [0.1, -2.5, 1e-7, 3.4028234663852886e38, 16777216, 1 / 3, -0];
    const text = await joined(writeXmc([one([3, 1], [0, 1, 2, 3, 4, 5, 6], values)], header));
    expect(text).toBe("1 10 50\n3,1 0:0.1 1:-2.5 2:1e-7 3:3.4028234663852886e+38 4:16777216 5:0.33333334 6:-0\n");
    expect(await joined(writeXmc([one([], [], [])], header))).toBe("1 10 50\n \n");
  });

  it.each([
    [one([50], [], []), "labels[0] of example 0 is 50 but must be a whole number in [0, 50)"],
    [one([1.5], [], []), "labels[0] of example 0 is 1.5 but must be a whole number in [0, 50)"],
    [one([1, 1], [], []), "labels[1] of example 0 is 1 again but must come once an example"],
    [one([1], [10], [1]), "indices[0] of example 0 is 10 but must be in [0, 10)"],
    [one([1], [3, 3], [1, 1]), "indices[1] of example 0 is 3 but must be in [4, 10)"],
    [one([1], [3], [Number.NaN]), "values[0] of example 0 is NaN but must be finite"],
    [one([1], [3], []), "values of example 0 has length 0 but must have that of indices, 1"],
  ])("refuses an example that the header does not allow", async (example, problem) => {
    await expect(joined(writeXmc([example], header))).rejects.toThrow(new RangeError(`writeXmc: ${problem}`));
  });

  it.each([
    [{ ...header, rows: 2 }, "examples are 1 but must be as many as rows, 2"],
    [{ ...header, rows: 0 }, "examples are more than 0 but must be as many as rows"],
    [{ ...header, rows: 0.5 }, "rows is 0.5 but must be a whole number ≥ 0"],
    [{ ...header, features: 2 ** 33 }, "features is 8589934592 but must be at most 2^32"],
    [{ ...header, labels: 2 ** 32 }, "labels is 4294967296 but must be at most 2^31"],
  ])("refuses the header %j", async (wrong, problem) => {
    await expect(joined(writeXmc([one([1], [], [])], wrong))).rejects.toThrow(new RangeError(`writeXmc: ${problem}`));
  });
});
