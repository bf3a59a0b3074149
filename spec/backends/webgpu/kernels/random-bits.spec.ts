import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { threefry } from "../../../../src/backends/reference/random-bits.js";
import { gpu } from "../../../support/law.js";
import type { Call } from "../../kernel-call.js";
import { elementsOf, offsets, size } from "../../wasm/kernels/elements.js";
import { expectAgreement, law, shadersOf } from "./agreement.js";

function words(key: readonly number[], length: number, offset = 0): Call {
  return {
    op: "threefry",
    inputs: [{ dtype: "u32", shape: [2], values: key, offset }],
    shape: [length],
    dtype: "u32",
    host: threefry,
  };
}

describe.skipIf(gpu === undefined)("threefry", () => {
  const lengths = fc.oneof(size(40), fc.constantFrom(127, 128, 129, 1000));

  law("gives the reference's words", elementsOf("u32", 2), lengths, offsets, async (key, length, offset) => {
    await expectAgreement(words(key, length, offset));
  });
});

describe("the shader of threefry", () => {
  it("is the same whatever the sizes", () => {
    expect(shadersOf(words([1, 2], 3))).toEqual(shadersOf(words([1, 2], 3000)));
  });
});
