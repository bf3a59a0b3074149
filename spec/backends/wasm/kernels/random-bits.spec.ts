import fc from "fast-check";
import { describe } from "vitest";
import { threefry } from "../../../../src/backends/reference/random-bits.js";
import { expectAgreement, law } from "./agreement.js";
import { elementsOf, offsets, size } from "./elements.js";

describe("threefry", () => {
  const lengths = fc.oneof(size(40), fc.constantFrom(160, 161, 175));

  law("gives the reference's words", elementsOf("u32", 2), lengths, offsets, async (key, length, offset) => {
    await expectAgreement({
      op: "threefry",
      inputs: [{ dtype: "u32", shape: [2], values: key, offset }],
      shape: [length],
      dtype: "u32",
      host: threefry,
    });
  });
});
