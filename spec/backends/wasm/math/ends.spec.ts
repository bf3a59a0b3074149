import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ModuleBuilder } from "../../../../src/backends/wasm/assembler/index.js";
import { mathFunction, mathInline } from "../../../../src/backends/wasm/math/index.js";
import { apply, type Precision, vectorized } from "./vectors.js";

const precisions: readonly Precision[] = ["f32", "f64"];
const { POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: ninf, NaN: nan } = Number;

/** Operand and result, both of which are exact in either precision. */
const ends: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  cos: [
    [0, 1],
    [-0, 1],
    [inf, nan],
    [ninf, nan],
    [nan, nan],
  ],
  erf: [
    [0, 0],
    [-0, -0],
    [inf, 1],
    [ninf, -1],
    [7, 1],
    [-7, -1],
    [nan, nan],
  ],
  exp: [
    [0, 1],
    [-0, 1],
    [inf, inf],
    [ninf, 0],
    [1e4, inf],
    [-1e4, 0],
    [nan, nan],
  ],
  expm1: [
    [0, 0],
    [-0, -0],
    [inf, inf],
    [ninf, -1],
    [1e4, inf],
    [-1e4, -1],
    [nan, nan],
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
  ],
  log: [
    [1, 0],
    [0, ninf],
    [-0, ninf],
    [-1, nan],
    [ninf, nan],
    [inf, inf],
    [nan, nan],
  ],
  log1p: [
    [0, 0],
    [-0, -0],
    [-1, ninf],
    [-1.5, nan],
    [ninf, nan],
    [inf, inf],
    [nan, nan],
  ],
  polygamma0: [
    [0, nan],
    [-0, nan],
    [-3, nan],
    [ninf, nan],
    [inf, inf],
    [nan, nan],
  ],
  polygamma1: [
    [0, nan],
    [-3, nan],
    [ninf, nan],
    [inf, 0],
    [nan, nan],
  ],
  polygamma2: [
    [0, nan],
    [-3, nan],
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
  sign: [
    [0, 0],
    [-0, -0],
    [2 ** -140, 1],
    [-(2 ** -140), -1],
    [inf, 1],
    [ninf, -1],
    [nan, nan],
  ],
  sin: [
    [0, 0],
    [-0, -0],
    [inf, nan],
    [ninf, nan],
    [nan, nan],
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
  ],
};

describe.each(precisions)("the ends of the %s functions", (precision) => {
  it.each(Object.entries(ends))("%s has JavaScript's values", (name, pairs) => {
    const y = apply(
      name,
      precision,
      pairs.map(([x]) => x),
    );
    expect(y).toEqual(pairs.map(([, expected]) => expected));
  });

  const tiny = precision === "f32" ? 2 ** -149 : 5e-324;
  it.each(["erf", "expm1", "log1p", "sin", "tanh"])("%s keeps the least number and its sign", (name) => {
    // 2/√π times the least number rounds to it.
    expect(apply(name, precision, [tiny, -tiny])).toEqual([tiny, -tiny]);
  });

  it("reaches the subnormal results of exp, sigmoid and softplus, and the greatest of exp", () => {
    const low = precision === "f32" ? -103.2 : -744.4;
    for (const name of ["exp", "sigmoid", "softplus"]) expect(apply(name, precision, [low])).toEqual([tiny]);
    const x = precision === "f32" ? 88.72283 : 709.782712893384;
    const [y] = apply("exp", precision, [x]);
    expect(y).toBeLessThan(Infinity);
    expect(y).toBeGreaterThan(precision === "f32" ? 3.402e38 : 1.797e308);
  });

  const operands = [
    0,
    -0,
    1,
    -1,
    2,
    -2,
    3,
    -3,
    0.5,
    -0.5,
    1.5,
    inf,
    ninf,
    nan,
    tiny,
    -tiny,
    1e30,
    -1e30,
    2 ** 24,
    8388607.5,
  ];
  const pairs = operands.flatMap((x) => operands.map((y) => [Math.fround(x) || x, y] as const));
  const round = precision === "f32" ? Math.fround : (x: number): number => x;

  it("pow has JavaScript's values at every pair of ends", () => {
    const results = apply(
      "pow",
      precision,
      pairs.map(([x]) => x),
      pairs.map(([, y]) => y),
    );
    for (const [i, [x, y]] of pairs.entries()) {
      const expected = round(round(x) ** round(y));
      if (Number.isFinite(expected) && expected !== 0) {
        expect(Math.abs(results[i] / expected - 1), `${x} ** ${y}`).toBeLessThan(
          precision === "f32" ? 2 ** -24 : 1e-13,
        );
      } else expect(results[i], `${x} ** ${y}`).toBe(expected);
    }
  });

  it("remainder is exact at every pair of ends", () => {
    const results = apply(
      "remainder",
      precision,
      pairs.map(([x]) => x),
      pairs.map(([, y]) => y),
    );
    expect(results).toEqual(pairs.map(([x, y]) => round(round(x) % round(y))));
  });

  it("remainder is exact for any bits", () => {
    const { inputs, output, run } = vectorized("remainder", precision);
    const [x, y] = inputs;
    const number = precision === "f32" ? fc.float() : fc.double();
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 16 }), (cases) => {
        for (const [i, [a, b]] of cases.entries()) [x[i], y[i]] = [a, b];
        run(cases.length);
        for (const [i, [a, b]] of cases.entries()) expect(output[i], `${a} % ${b}`).toBe(a % b);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});

describe("mathFunction", () => {
  it("gives the same library each time, which a module takes once", () => {
    for (const precision of precisions) {
      const library = mathFunction("tanh", precision)!;
      expect(mathFunction("tanh", precision)).toBe(library);
      const module = new ModuleBuilder({ initial: 1, maximum: 1, shared: false });
      expect(module.use(library)).toBe(module.use(library));
    }
  });

  it("has nothing for other names", () => {
    expect(mathFunction("add", "f32")).toBeUndefined();
    expect(mathInline("add", "f32")).toBeUndefined();
  });
});
