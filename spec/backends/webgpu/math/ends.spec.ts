import { describe, expect, it } from "vitest";
import { type Lanes, mathFunction } from "../../../../src/backends/webgpu/math/index.js";
import { missing, onDevice } from "./on-device.js";

const { POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: ninf, NaN: nan } = Number;
const least = 2 ** -126;
const most = (2 - 2 ** -23) * 2 ** 127;

/** Operand and result. */
const ends: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  cos: [
    [0, 1],
    [-0, 1],
    [inf, nan],
    [ninf, nan],
    [nan, nan],
    [least, 1],
  ],
  erf: [
    [0, 0],
    [-0, -0],
    [inf, 1],
    [ninf, -1],
    [7, 1],
    [-7, -1],
    [nan, nan],
    [most, 1],
  ],
  exp: [
    [0, 1],
    [-0, 1],
    [inf, inf],
    [ninf, 0],
    [88.75, inf],
    [-87.5, 0],
    [most, inf],
    [-most, 0],
    [nan, nan],
  ],
  expm1: [
    [0, 0],
    [-0, -0],
    [inf, inf],
    [ninf, -1],
    [88.75, inf],
    [-1e4, -1],
    [nan, nan],
    [-least, -least],
  ],
  lgamma: [
    [1, 0],
    [2, 0],
    [0, inf],
    [-0, inf],
    [-1, inf],
    [-7, inf],
    [-(2 ** 60), inf],
    [inf, inf],
    [ninf, inf],
    [nan, nan],
    [most, inf],
  ],
  log: [
    [1, 0],
    [0, ninf],
    [-0, ninf],
    [-1, nan],
    [-least, nan],
    [ninf, nan],
    [inf, inf],
    [nan, nan],
  ],
  log1p: [
    [0, 0],
    [-0, -0],
    [-1, ninf],
    [-1.5, nan],
    [-most, nan],
    [ninf, nan],
    [inf, inf],
    [nan, nan],
    [-least, -least],
  ],
  polygamma0: [
    [0, nan],
    [-0, nan],
    [-3, nan],
    [-17, nan],
    [-(2 ** 60), nan],
    [ninf, nan],
    [inf, inf],
    [nan, nan],
  ],
  polygamma1: [
    [0, nan],
    [-3, nan],
    [-17, nan],
    [ninf, nan],
    [inf, 0],
    [nan, nan],
  ],
  polygamma2: [
    [0, nan],
    [-3, nan],
    [-17, nan],
    [ninf, nan],
    [inf, 0],
    [nan, nan],
  ],
  sigmoid: [
    [0, 0.5],
    [-0, 0.5],
    [inf, 1],
    [ninf, 0],
    [800, 1],
    [-800, 0],
    [nan, nan],
  ],
  sin: [
    [0, 0],
    [-0, -0],
    [inf, nan],
    [ninf, nan],
    [nan, nan],
    [-least, -least],
  ],
  softplus: [
    [inf, inf],
    [ninf, 0],
    [1e4, 1e4],
    [-1e4, 0],
    [nan, nan],
  ],
  tanh: [
    [0, 0],
    [-0, -0],
    [inf, 1],
    [ninf, -1],
    [40, 1],
    [-40, -1],
    [nan, nan],
    [-least, -least],
  ],
};

/** Operands that meet each other in all pairs. */
const operands: Readonly<Record<string, readonly number[]>> = {
  pow: [
    0,
    -0,
    1,
    -1,
    0.5,
    -0.5,
    2,
    -2,
    3,
    -3,
    1.5,
    -1.5,
    2 ** 24,
    2 ** 24 - 1,
    2 ** 30,
    -(2 ** 30),
    2 ** 100,
    inf,
    ninf,
    nan,
  ],
  remainder: [0, -0, 1, -1, 3, -3, 5.5, -5.5, 2 ** 100, -(2 ** -100), least, most, inf, ninf, nan],
};

const pairs: Readonly<Record<string, (x: number, y: number) => number>> = {
  pow: (x, y) => x ** y,
  remainder: (x, y) => x % y,
};

/** What is below the ordinary numbers as the zero of its sign. */
function flushed(x: number): number {
  return Math.abs(x) < least ? x * 0 : x;
}

describe("mathFunction", () => {
  it("has nothing for what WGSL has well enough, and for unknown names", () => {
    for (const op of ["add", "div", "sqrt", "abs", "floor", "polygamma", "polygammax", "toString"]) {
      expect(mathFunction(op, 4)).toBeUndefined();
    }
  });

  it("defines what is called before what calls it, each by its name", () => {
    for (const op of [...Object.keys(ends), ...Object.keys(pairs), "polygamma20"]) {
      for (const lanes of [1, 4] as const) {
        const { name, definitions } = mathFunction(op, lanes)!;
        const names = [...definitions.keys()];
        expect(names.at(-1)).toBe(name);
        for (const [i, text] of [...definitions.values()].entries()) {
          expect(text).toMatch(new RegExp(`^(fn|struct) ${names[i]}\\b`));
          const later = names.slice(i + 1).filter((other) => new RegExp(`\\b${other}\\b`).test(text));
          expect(later).toEqual([]);
        }
      }
    }
  });

  it("has one text for a name", () => {
    const texts = new Map<string, string>();
    for (const op of [...Object.keys(ends), ...Object.keys(pairs)]) {
      for (const lanes of [1, 4] as const) {
        for (const [name, text] of mathFunction(op, lanes)!.definitions) {
          expect(texts.get(name) ?? text).toBe(text);
          texts.set(name, text);
        }
      }
    }
  });
});

describe.skipIf(missing)(`the ends of functions on a device${missing === undefined ? "" : `: ${missing}`}`, () => {
  describe.each([1, 4] as const)("in lanes of %i", (lanes: Lanes) => {
    it.each(Object.entries(ends))("%s has JavaScript's values", async (op, values) => {
      const compute = await onDevice(op, lanes);
      const y = await compute(Float32Array.from(values, ([x]) => x));
      expect([...y]).toEqual(values.map(([, expected]) => expected));
    });

    it.each(Object.entries(operands))("%s has JavaScript's values in all pairs", async (op, values) => {
      const compute = await onDevice(op, lanes, 2);
      const x = Float32Array.from(values.flatMap((a) => values.map(() => a)));
      const y = Float32Array.from(values.flatMap(() => values));
      const z = await compute(x, y);
      const expected = Array.from(x, (a, i) => flushed(Math.fround(pairs[op](a, y[i]))));
      // Powers are rounded: what is ordinary there is for the bounds to check.
      const isEnd = (e: number): boolean => op !== "pow" || !Number.isFinite(e) || e === 0 || Math.abs(e) === 1;
      const wanted = (values: readonly number[]): unknown[] =>
        values.map((value, i) => [x[i], y[i], isEnd(expected[i]) ? value : "ordinary"]);
      expect(wanted(Array.from(z, flushed))).toEqual(wanted(expected));
    });
  });
});
