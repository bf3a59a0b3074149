import { randomKey } from "cotangent";
import { encodeRows, mdsCode } from "cotangent/methods/distributed";
import { floats, seeds } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { positionsOf, rowsOf, subsetsOf } from "./support/codes.js";

describe("mdsCode", () => {
  law("is exact from any K positions, and tells what it cannot recover", seeds, floats([8]), async (seed, numbers) => {
    const code = await mdsCode({ length: 8, dimension: 4 }, randomKey(seed));
    const message = rowsOf(numbers, 2);
    const codeword = encodeRows(code, message);
    expect(codeword.slice(0, 4)).toEqual(message);
    for (const left of subsetsOf(positionsOf(8))) {
      const received = new Map(left.map((position) => [position, codeword[position]]));
      const { values } = code.decode(received);
      const erased = positionsOf(8).filter((position) => !left.includes(position));
      expect([...code.recoverable(erased)]).toEqual(values.map((row) => (row === undefined ? 0 : 1)));
      const known = left.length >= 4 ? positionsOf(4) : left.filter((position) => position < 4);
      expect([...values.keys()].filter((i) => values[i] !== undefined)).toEqual(known);
      // 4 equations with random Gaussian coefficients may lose six digits
      for (const i of known) await expectClose(values[i] ?? [], message[i], { tolerance: 1e-8 });
    }
  });

  it("draws every entry on its own, with variance 1/K", async () => {
    const { generator } = await mdsCode({ length: 504, dimension: 4 }, randomKey(1));
    const drawn = generator.slice(4).flatMap((row) => [...row]);
    expect(new Set(drawn).size).toBe(2000);
    const variance = drawn.reduce((sum, x) => sum + x * x, 0) / 2000;
    expect(Math.abs(4 * variance - 1)).toBeLessThan(0.16); // five standard deviations
  });

  it("solves to rounding, whatever the equations' condition, as it takes the largest pivot", async () => {
    for (let seed = 0; seed < 8; seed++) {
      const code = await mdsCode({ length: 40, dimension: 20 }, randomKey(seed));
      const message = positionsOf(20).map((i) => [Math.sin(seed + 3 * i)]);
      const parity = new Map(encodeRows(code, message).flatMap((row, p) => (p < 20 ? [] : [[p, row]])));
      const found = code.decode(parity).values.map((row) => row ?? []);
      const largest = Math.max(...found.map(([x]) => Math.abs(x)));
      const again = encodeRows(code, found);
      // with any other pivot, one of eight systems misses by more than 9e-15
      for (const [p, [x]] of parity) expect(Math.abs(again[p][0] - x)).toBeLessThan(5e-15 * largest);
    }
  });

  it("counts what forming and solving the equations take", async () => {
    const code = await mdsCode({ length: 6, dimension: 3 }, randomKey(1));
    const codeword = encodeRows(code, [[1], [2], [3]]);
    const from = (...positions: number[]) => code.decode(new Map(positions.map((p) => [p, codeword[p]]))).operations;
    expect(from(0, 1, 2)).toBe(0);
    expect(from(0, 1, 3)).toBe(2 + 1); // two known rows out, one division
    expect(from(0, 3, 4)).toBe(2 + 3 + 3); // one row out of each, one elimination, back substitution
    expect(from(0, 3)).toBe(0);
  });

  it("is the message alone where length is dimension", async () => {
    const code = await mdsCode({ length: 2, dimension: 2 }, randomKey(1));
    expect(code.generator.map((row) => [...row])).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  it("names the argument that is wrong", async () => {
    await expect(mdsCode({ length: 0, dimension: 1 }, randomKey(1))).rejects.toThrow(
      "mdsCode: length is 0 but must be a whole number ≥ 1",
    );
    await expect(mdsCode({ length: 2, dimension: 3 }, randomKey(1))).rejects.toThrow(
      "mdsCode: length is 2 but must be at least dimension, 3",
    );
    const code = await mdsCode({ length: 2, dimension: 1 }, randomKey(1));
    expect(() => code.recoverable([1, 1])).toThrow(
      "recoverable: erased holds 1 but must hold different positions in [0, 2)",
    );
    expect(() => code.decode(new Map([[2, [1]]]))).toThrow(
      "decode: received holds 2 but must hold different positions in [0, 2)",
    );
  });
});
