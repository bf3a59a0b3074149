import { cpu, randomKey } from "cotangent";
import { floats, ids, seeds } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { drawUniforms, smallest } from "../../../src/methods/distributed/draw-uniforms.js";
import { law } from "../../support/law.js";
import { positionsOf } from "./support/codes.js";

describe("drawUniforms", () => {
  law("is in double precision where the backend has it", seeds, async (seed) => {
    const numbers = await drawUniforms(randomKey(seed), 8);
    expect(numbers.length).toBe(8);
    for (const number of numbers) expect(number >= 0 && number < 1).toBe(true);
    expect(numbers.some((number) => Math.fround(number) !== number)).toBe(true);
  });

  it("is in single precision where it has not", async () => {
    const backend = Object.assign(Object.create(cpu()), { dtypes: new Set(["f32", "i32", "u32", "bool"]) });
    const numbers = await drawUniforms(randomKey(1, { backend }), 8);
    expect([...numbers]).toEqual([...numbers].map(Math.fround));
    expect(new Set(numbers).size).toBe(8);
  });
});

describe("smallest", () => {
  law("names as many as asked for, ascending, and none is larger than one left out", floats([8]), (numbers) => {
    for (const count of positionsOf(9)) {
      const found = smallest(numbers, count);
      expect(found).toEqual([...new Set(found)].sort((a, b) => a - b));
      expect(found.length).toBe(count);
      const rest = positionsOf(8).filter((i) => !found.includes(i));
      for (const i of found) for (const j of rest) expect(numbers[i]).toBeLessThanOrEqual(numbers[j]);
    }
  });

  law("takes the first of equal ones", ids(8, 3), (numbers) => {
    const found = smallest(numbers, 4);
    const largest = Math.max(...found.map((i) => numbers[i]));
    const equal = positionsOf(8).filter((i) => numbers[i] === largest);
    const taken = found.filter((i) => numbers[i] === largest);
    expect(taken).toEqual(equal.slice(0, taken.length));
  });
});
