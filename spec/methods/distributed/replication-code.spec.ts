import { encodeRows, replicationCode } from "cotangent/methods/distributed";
import { describe, expect, it } from "vitest";
import { positionsOf, subsetsOf } from "./support/codes.js";

describe("replicationCode", () => {
  it("recovers a row while one of its copies is there, for every pattern", () => {
    for (const copies of [1, 2, 3]) {
      const code = replicationCode({ dimension: 3, copies });
      expect([code.length, code.dimension]).toEqual([3 * copies, 3]);
      const message = [[1], [2], [3]];
      const codeword = encodeRows(code, message);
      for (const erased of subsetsOf(positionsOf(code.length))) {
        const left = (row: number) => positionsOf(code.length).some((p) => p % 3 === row && !erased.includes(p));
        const received = new Map(codeword.flatMap((row, p) => (erased.includes(p) ? [] : [[p, row] as const])));
        const { values, operations } = code.decode(received);
        expect(values.map((row) => row?.[0])).toEqual([0, 1, 2].map((row) => (left(row) ? row + 1 : undefined)));
        expect([...code.recoverable(erased)]).toEqual([0, 1, 2].map((row) => (left(row) ? 1 : 0)));
        expect(operations).toBe(0);
      }
    }
  });

  it("names the argument that is wrong", () => {
    expect(() => replicationCode({ dimension: 0 })).toThrow(
      "replicationCode: dimension is 0 but must be a whole number ≥ 1",
    );
    expect(() => replicationCode({ dimension: 1, copies: 0 })).toThrow(
      "replicationCode: copies is 0 but must be a whole number ≥ 1",
    );
    const code = replicationCode({ dimension: 2 });
    expect(() => code.recoverable([4])).toThrow(
      "recoverable: erased holds 4 but must hold different positions in [0, 4)",
    );
    expect(() => code.decode(new Map([[4, [1]]]))).toThrow(
      "decode: received holds 4 but must hold different positions in [0, 4)",
    );
  });
});
