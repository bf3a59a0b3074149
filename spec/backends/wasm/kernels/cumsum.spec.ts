import fc from "fast-check";
import { describe } from "vitest";
import { cumsum } from "../../../../src/backends/reference/ordering.js";
import { expectAgreement, law } from "./agreement.js";
import { elementsOf, numberDTypes, offsets, size } from "./elements.js";

const cases = fc
  .record({ rows: size(10), length: size(9), dtype: numberDTypes, offset: offsets })
  .chain((sizes) =>
    fc.record({ sizes: fc.constant(sizes), values: elementsOf(sizes.dtype, sizes.rows * sizes.length) }),
  );

describe("cumsum", () => {
  law("adds up rows from either end", cases, fc.boolean(), fc.boolean(), async (sample, exclusive, reverse) => {
    const { rows, length, dtype, offset } = sample.sizes;
    await expectAgreement({
      op: "cumsum",
      inputs: [{ dtype, shape: [rows, length], values: sample.values, offset }],
      shape: [rows, length],
      dtype,
      attributes: { exclusive, reverse },
      host: cumsum,
    });
  });
});
