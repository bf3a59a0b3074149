import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstOccurrence } from "../../../../src/backends/reference/sparse-rows.js";
import { gpu } from "../../../support/law.js";
import type { Call } from "../../kernel-call.js";
import { offsets } from "../../wasm/kernels/elements.js";
import { expectAgreement, law, shadersOf } from "./agreement.js";

/** Ids that look for their like among all, and more, which meet in a table. */
const ids = fc.oneof(
  fc.array(fc.integer({ min: -4, max: 4 }), { maxLength: 40 }),
  fc.array(fc.integer(), { maxLength: 40 }),
  fc.array(fc.integer({ min: -300, max: 300 }), { minLength: 250, maxLength: 1200, size: "max" }),
  // Multiples of a power of two are what a table that looked at low bits would stumble over.
  fc.array(
    fc.integer({ min: -1000, max: 1000 }).map((i) => i << 20),
    { minLength: 257, maxLength: 1500, size: "max" },
  ),
);

function occurrence(values: readonly number[], offset = 0): Call {
  return {
    op: "firstOccurrence",
    inputs: [{ dtype: "i32", shape: [values.length], values, offset }],
    shape: [values.length],
    dtype: "i32",
    host: firstOccurrence,
  };
}

describe.skipIf(gpu === undefined)("firstOccurrence", () => {
  law("finds where each id came first", ids, offsets, async (values, offset) => {
    await expectAgreement(occurrence(values, offset));
  });

  it("finds it whether all ids are one or none is another", async () => {
    for (const count of [0, 1, 255, 256, 257, 20_000]) {
      await expectAgreement(occurrence(new Array(count).fill(7)));
      await expectAgreement(occurrence(Array.from({ length: count }, (_, i) => i)));
      await expectAgreement(occurrence(Array.from({ length: count }, (_, i) => Math.abs(count - 2 * i))));
    }
  });
});

describe("the shaders of firstOccurrence", () => {
  it("are the same whatever the sizes", () => {
    const sized = (count: number) => shadersOf(occurrence(new Array(count).fill(0)));
    expect(sized(5)).toEqual(sized(256));
    expect(sized(257)).toEqual(sized(9000));
  });
});
