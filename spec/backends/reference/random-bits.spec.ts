import { randomBits, randomKey } from "cotangent";
import fc from "fast-check";
import { describe, expect } from "vitest";
import { threefry2x32 } from "../../../src/backends/threefry.js";
import { law } from "../../support/law.js";

describe("threefry blocks", () => {
  law(
    "fills word 2i + j with word j of the block of counter i, also where the count is odd",
    fc.integer({ min: 0, max: 2 ** 31 }),
    fc.integer({ min: 0, max: 9 }),
    async (seed, count) => {
      const blocks = [0, 1, 2, 3, 4].flatMap((i) => threefry2x32(seed, 0, i, 0));
      expect([...(await randomBits(randomKey(seed), [count]).data())]).toEqual(blocks.slice(0, count));
    },
  );
});
