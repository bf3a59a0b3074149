import type { DType } from "cotangent";
import { describe, expect, it } from "vitest";
import { erf, lgamma, polygamma } from "../../src/backends/reference/special.js";
import { elementOf } from "../../src/testing/random-program-elements.js";

type Example = readonly [op: string, inputs: readonly number[], expected: number];

/** What an operation makes of inputs of a dtype, the result being of that dtype or another. */
function element(op: string, from: DType, inputs: readonly number[], to = from): number {
  const [x, y = 0, z = 0] = inputs;
  return elementOf({ op, dtype: to } as never, [from])(x, y, z);
}

const floats: readonly Example[] = [
  ["add", [2, 0.5], 2.5],
  ["sub", [2, 0.5], 1.5],
  ["mul", [3, 0.5], 1.5],
  ["div", [3, 2], 1.5],
  ["div", [1, 0], Infinity],
  ["remainder", [-7, 4], -3],
  ["pow", [3, 2], 9],
  ["pow", [2, -1], 0.5],
  ["maximum", [2, -3], 2],
  ["maximum", [2, 3], 3],
  ["minimum", [2, -3], -3],
  ["minimum", [2, 3], 2],
  ["neg", [2], -2],
  ["abs", [-2], 2],
  ["sign", [-2], -1],
  ["floor", [-1.5], -2],
  ["ceil", [-1.5], -1],
  ["truncate", [-1.7], -1],
  ["truncate", [1.7], 1],
  ["round", [0.5], 0],
  ["round", [1.5], 2],
  ["round", [2.5], 2],
  ["round", [-0.5], 0],
  ["round", [-1.5], -2],
  ["round", [1.25], 1],
  ["round", [1.75], 2],
  ["round", [-1.25], -1],
  ["exp", [1], Math.E],
  ["expm1", [1e-9], 1e-9 + 0.5e-18],
  ["log", [2], Math.LN2],
  ["log1p", [1], Math.LN2],
  ["sqrt", [2], Math.SQRT2],
  ["sin", [1], Math.sin(1)],
  ["cos", [1], Math.cos(1)],
  ["tanh", [1], Math.tanh(1)],
  ["sigmoid", [Math.log(3)], 0.75],
  ["softplus", [0], Math.LN2],
  ["softplus", [Math.log(3)], Math.log(4)],
  ["softplus", [-Math.log(3)], Math.log(4 / 3)],
  ["softplus", [1000], 1000],
  ["softplus", [-1000], 0],
  ["erf", [0.5], erf(0.5)],
  ["lgamma", [4], Math.log(6)],
  ["lgamma", [0.5], lgamma(0.5)],
  ["polygamma0", [2], 1 - 0.5772156649015329],
  ["polygamma2", [1.5], polygamma(2, 1.5)],
];

const integers: readonly Example[] = [
  ["add", [7, -9], -2],
  ["sub", [7, -9], 16],
  ["mul", [2 ** 30, 6], -(2 ** 31)],
  ["div", [-7, 2], -3],
  ["div", [7, 2], 3],
  ["div", [7, 0], 0],
  ["remainder", [-7, 4], -3],
  ["remainder", [7, 0], 0],
  ["maximum", [-1, 3], 3],
  ["minimum", [-1, 3], -1],
  ["neg", [3], -3],
  ["and", [12, 10], 8],
  ["or", [12, 10], 14],
  ["xor", [12, 10], 6],
  ["not", [5], -6],
  ["shiftLeft", [3, 4], 48],
  ["shiftRight", [-7, 1], -4],
  ["shiftRight", [13, 2], 3],
];

const comparisons: readonly Example[] = [
  ["equal", [2, 2], 1],
  ["equal", [2, 3], 0],
  ["notEqual", [2, 2], 0],
  ["notEqual", [2, 3], 1],
  ["less", [2, 3], 1],
  ["less", [2, 2], 0],
  ["less", [3, 2], 0],
  ["lessEqual", [2, 2], 1],
  ["lessEqual", [3, 2], 0],
  ["where", [1, 7, 8], 7],
  ["where", [0, 7, 8], 8],
];

describe("elementOf", () => {
  it.each(floats)("defines %s of the floats %j as %d", (op, inputs, expected) => {
    for (const dtype of ["f64", "f32"] as const) expect(element(op, dtype, inputs)).toBeCloseTo(expected, 14);
  });

  it.each(integers)("defines %s of the whole numbers %j as %d", (op, inputs, expected) => {
    expect(element(op, "i32", inputs)).toBe(expected);
  });

  it.each(comparisons)("defines %s of %j as %d, whatever the dtype", (op, inputs, expected) => {
    expect(element(op, "f64", inputs, "bool")).toBe(expected);
    expect(element(op, "u32", inputs, "bool")).toBe(expected);
  });

  it("defines what truth values are", () => {
    expect([0, 1].map((x) => element("not", "bool", [x]))).toEqual([1, 0]);
    expect(element("and", "bool", [1, 0])).toBe(0);
  });

  it("casts floats to whole numbers towards 0 and to the nearest that there is, NaN to 0", () => {
    const cast =
      (to: DType, from: DType = "f64") =>
      (x: number) =>
        element("cast", from, [x], to);
    const list = [NaN, Infinity, -Infinity, 1e10, -1e10, 2.9, -2.9, 2 ** 31];
    expect(list.map(cast("i32"))).toEqual([0, 2 ** 31 - 1, -(2 ** 31), 2 ** 31 - 1, -(2 ** 31), 2, -2, 2 ** 31 - 1]);
    expect(list.map(cast("u32"))).toEqual([0, 2 ** 32 - 1, 0, 2 ** 32 - 1, 0, 2, 0, 2 ** 31]);
    expect([0, -0, 0.25, -3, NaN].map(cast("bool"))).toEqual([0, 0, 1, 1, 1]);
    expect([0, 7].map(cast("bool", "i32"))).toEqual([0, 1]);
    expect([1.25, 1e300].map(cast("f32"))).toEqual([1.25, 1e300]); // storing rounds
    expect([-5, 3e9].map(cast("u32", "i32"))).toEqual([-5, 3e9]); // storing wraps
    expect([-5, 3e9].map(cast("f64", "i32"))).toEqual([-5, 3e9]);
  });

  it("says which operation it does not know", () => {
    expect(() => elementOf({ op: "matmul", dtype: "f64" } as never, ["f64"])).toThrow(
      new Error("interpreter: no definition of matmul"),
    );
    expect(() => elementOf({ op: "xor", dtype: "f64" } as never, ["f64"])).toThrow("no definition of xor");
  });
});
