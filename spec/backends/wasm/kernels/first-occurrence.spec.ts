import fc from "fast-check";
import { describe } from "vitest";
import { firstOccurrence } from "../../../../src/backends/reference/sparse-rows.js";
import { expectAgreement, law } from "./agreement.js";
import { offsets } from "./elements.js";

const ids = fc.oneof(
  fc.array(fc.integer({ min: -4, max: 4 }), { maxLength: 40 }),
  fc.array(fc.integer(), { maxLength: 40 }),
  // Multiples of a power of two are what a table that looked at low bits would stumble over.
  fc.array(
    fc.integer({ min: -20, max: 20 }).map((i) => i << 20),
    { maxLength: 300 },
  ),
);

describe("firstOccurrence", () => {
  law("finds where each id came first", ids, offsets, async (values, offset) => {
    await expectAgreement({
      op: "firstOccurrence",
      inputs: [{ dtype: "i32", shape: [values.length], values, offset }],
      shape: [values.length],
      dtype: "i32",
      host: firstOccurrence,
    });
  });
});
