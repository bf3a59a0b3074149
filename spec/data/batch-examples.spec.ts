import { type BatchOptions, batchExamples, type CsrBatch, type SparseExample } from "cotangent/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sparseExample } from "./support/arbitraries.js";
import { collect } from "./support/streams.js";

const unpack = (batch: CsrBatch): SparseExample[] =>
  Array.from({ length: batch.offsets.length - 1 }, (_, row) => ({
    labels: [...batch.labels.slice(batch.labelOffsets[row], batch.labelOffsets[row + 1])],
    indices: Uint32Array.from(batch.columns.slice(batch.offsets[row], batch.offsets[row + 1])),
    values: batch.values.slice(batch.offsets[row], batch.offsets[row + 1]),
  }));
const one = (labels: number[], indices: number[], values: number[]): SparseExample => ({
  labels,
  indices: Uint32Array.from(indices),
  values: Float32Array.from(values),
});

describe("batchExamples", () => {
  it("packs rows one after another", async () => {
    const examples = [one([7, 2], [1, 4], [0.5, 2]), one([], [0], [1]), one([3], [], [])];
    expect(await collect(batchExamples(examples, { size: 3 }))).toEqual([
      {
        offsets: Int32Array.of(0, 2, 3, 3),
        columns: Int32Array.of(1, 4, 0),
        values: Float32Array.of(0.5, 2, 1),
        labelOffsets: Int32Array.of(0, 2, 2, 3),
        labels: Int32Array.of(7, 2, 3),
      },
    ]);
  });

  it("loses and reorders nothing, and only the last batch is short", async () => {
    const examples = fc.array(sparseExample(2 ** 31, 2 ** 31), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(examples, fc.integer({ min: 1, max: 5 }), fc.boolean(), async (list, size, dropLast) => {
        const batches = await collect(batchExamples(list, { size, dropLast }));
        const kept = dropLast ? list.length - (list.length % size) : list.length;
        expect(batches.flatMap(unpack)).toEqual(list.slice(0, kept));
        expect(batches.slice(0, -1).every(({ offsets }) => offsets.length === size + 1)).toBe(true);
      }),
    );
  });

  it.each<[SparseExample, BatchOptions, string]>([
    [one([], [], []), { size: 0 }, "size is 0 but must be a whole number ≥ 1"],
    [one([], [], []), { size: 1, labels: -1 }, "labels is -1 but must be a whole number ≥ 0"],
    [one([5], [], []), { size: 1, labels: 5 }, "labels[0] of example 0 is 5 but must be a whole number in [0, 5)"],
    [one([1, 1], [], []), { size: 1 }, "labels[1] of example 0 is 1 again but must come once an example"],
    [one([], [5], [1]), { size: 1, features: 5 }, "indices[0] of example 0 is 5 but must be in [0, 5)"],
    [one([], [2 ** 31], [1]), { size: 1 }, "indices[0] of example 0 is 2147483648 but must be in [0, 2147483648)"],
    [one([], [1], [Infinity]), { size: 1 }, "values[0] of example 0 is Infinity but must be finite"],
    [one([], [1, 2], [1]), { size: 1 }, "values of example 0 has length 1 but must have that of indices, 2"],
  ])("names what is wrong", async (example, options, problem) => {
    await expect(collect(batchExamples([example], options))).rejects.toThrow(
      new RangeError(`batchExamples: ${problem}`),
    );
  });
});
