import { encodeRows, replicationCode } from "cotangent/methods/distributed";
import { describe, expect, it } from "vitest";
import { widthOf } from "../../../src/methods/distributed/erasure-code.js";

describe("encodeRows", () => {
  const code = {
    ...replicationCode({ dimension: 2 }),
    generator: [
      [1, 0],
      [0, 1],
      [2, -3],
    ].map((row) => Float64Array.from(row)),
  };

  it("is the product with the generator", () => {
    const rows = encodeRows(code, [
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(rows.map((row) => [...row])).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [-10, -11, -12],
    ]);
  });

  it("names the argument that is wrong", () => {
    expect(() => encodeRows(code, [[1]])).toThrow(
      "encodeRows: message has 1 rows but must have 2, the code's dimension",
    );
    expect(() => encodeRows(code, [[1], [2, 3]])).toThrow(
      "encodeRows: message[1] has 2 numbers but must have 1, as message[0]",
    );
    expect(() => encodeRows(code, [[1], [Number.NaN]])).toThrow(
      "encodeRows: message[1] holds NaN at 0 but must hold finite numbers",
    );
    expect(() => encodeRows(code, [[], []])).toThrow("encodeRows: message[0] has 0 numbers but must have at least 1");
  });
});

describe("widthOf", () => {
  it("is the length of the rows that came, 0 if none did", () => {
    expect(
      widthOf(
        new Map([
          [3, [1, 2]],
          [0, [4, 5]],
        ]),
      ),
    ).toBe(2);
    expect(widthOf(new Map())).toBe(0);
  });
});
