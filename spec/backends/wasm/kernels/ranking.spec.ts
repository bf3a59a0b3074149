import { argsort as argsortOf, tensor, topK as topKOf } from "cotangent";
import { wasm } from "cotangent/backends/wasm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { argsort, topK } from "../../../../src/backends/reference/ordering.js";
import { expectAgreement, law } from "./agreement.js";
import { dtypes, elementsOf, offsets, size } from "./elements.js";

/** Rows that are sorted by insertion, and longer ones that are sorted by digits. */
const lengths = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom(95, 96, 97, 130, 300) },
);

const cases = fc
  .record({ rows: size(4), length: lengths, dtype: dtypes, offset: offsets })
  .chain((sizes) =>
    fc.record({ sizes: fc.constant(sizes), values: elementsOf(sizes.dtype, sizes.rows * sizes.length) }),
  );

describe("argsort", () => {
  law("sorts rows of any dtype either way, equals in their order", cases, fc.boolean(), async (sample, descending) => {
    const { rows, length, dtype, offset } = sample.sizes;
    await expectAgreement({
      op: "argsort",
      inputs: [{ dtype, shape: [rows, length], values: sample.values, offset }],
      shape: [rows, length],
      dtype: "i32",
      attributes: { descending },
      host: argsort,
    });
  });
});

describe("topK", () => {
  const shares = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0.05, 0.1, 1));

  law("finds the largest of rows of any dtype, the earlier of equals first", cases, shares, async (sample, share) => {
    const { rows, length, dtype, offset } = sample.sizes;
    const k = Math.ceil(share * length);
    await expectAgreement({
      op: "topK",
      inputs: [{ dtype, shape: [rows, length], values: sample.values, offset }],
      shape: [rows, k],
      dtype: "i32",
      attributes: { k },
      host: topK,
    });
  });
});

describe("NaN", () => {
  it("has one place whatever its sign", async () => {
    const backend = wasm();
    for (const dtype of ["f32", "f64"] as const) {
      const x = tensor([0, 1, 0, -1], { backend, dtype });
      const negative = x.div(tensor([0, 1, 0, 1], { backend, dtype })); // 0 / 0 is negative on some processors
      const both = [negative, negative.neg()];
      for (const values of both) {
        const first = Number(values === both[1]); // −1 and 1 change places with the sign
        expect([...(await argsortOf(values).data())]).toEqual(first ? [1, 3, 0, 2] : [3, 1, 0, 2]);
        expect([...(await topKOf(values, 3).indices.data())]).toEqual(first ? [0, 2, 3] : [0, 2, 1]);
      }
    }
  });
});
