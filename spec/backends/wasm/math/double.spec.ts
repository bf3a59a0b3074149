import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exact, exactPower, ulpsOff } from "./exact.js";
import { apply, vectorized } from "./vectors.js";

const everyday = fc.double({ min: -20, max: 20, noNaN: true });
const anySize = fc.double({ noNaN: true, noDefaultInfinity: true });

/** Ulps that no result may be off by, and where the result is neither 0, infinite nor NaN. */
const functions: readonly (readonly [string, number, number, number])[] = [
  ["cos", 1, -1e300, 1e300],
  ["erf", 1.3, -6, 6],
  ["exp", 1, -745, 709.7],
  ["expm1", 1, -700, 709.7],
  ["lgamma", 6, 0, 1e305],
  ["log", 0.9, 0, Number.MAX_VALUE],
  ["log1p", 0.9, -1, Number.MAX_VALUE],
  ["sigmoid", 1.9, -745, 700],
  ["sin", 1, -1e300, 1e300],
  ["softplus", 1.9, -745, 700],
  ["tanh", 1.5, -350, 350],
];

describe.each(functions)("%s in double precision", (name, bound, least, most) => {
  const { inputs, output, run } = vectorized(name, "f64");
  const [x] = inputs;

  it(`is within ${bound} ulps of the exact result`, () => {
    const inside = fc.oneof(everyday, anySize, fc.double({ min: -800, max: 800, noNaN: true }));
    const zero = (v: number): boolean => v === 0 || (name === "lgamma" && (v === 1 || v === 2));
    fc.assert(
      fc.property(
        fc.array(
          inside.filter((v) => v > least && v < most && !zero(v)),
          { minLength: 1, maxLength: 8 },
        ),
        (values) => {
          x.set(values);
          run(values.length);
          for (const [i, value] of values.entries()) {
            expect(ulpsOff(output[i], exact[name](value), "f64"), `at ${value}`).toBeLessThanOrEqual(bound);
          }
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  it(`is within ${bound} ulps on a grid`, () => {
    const count = 1500;
    const [from, to] = [Math.max(least, -9), Math.min(most, 9)];
    for (let i = 0; i < count; i++) x[i] = from + ((i + 0.41) / count) * (to - from);
    run(count);
    for (let i = 0; i < count; i++) {
      expect(ulpsOff(output[i], exact[name](x[i]), "f64"), `at ${x[i]}`).toBeLessThanOrEqual(bound);
    }
  });
});

describe("sin and cos", () => {
  it.each(["sin", "cos"])("%s takes off the turns of the doubles that are nearest to multiples of π/2", (name) => {
    // The first is the hardest double of all; it is 2⁻⁶² from such a multiple.
    const hard = [6381956970095103 * 2 ** 797, 5.319372648326541e255, 1e22, 2 ** 1023, 2 ** 20 + 2 ** -32, 2 ** 20];
    const near = Array.from({ length: 64 }, (_, i) => Math.floor(1.37 ** (i + 1)) * (Math.PI / 2));
    const x = [...hard, ...near];
    const y = apply(name, "f64", x);
    for (const [i, value] of x.entries()) {
      expect(ulpsOff(y[i], exact[name](value), "f64"), `at ${value}`).toBeLessThanOrEqual(1);
    }
  });
});

describe("lgamma below 0", () => {
  it("is as exact as its terms", () => {
    const x = Array.from({ length: 500 }, (_, i) => -0.013 - i * 0.0771);
    const y = apply("lgamma", "f64", x);
    for (const [i, value] of x.entries()) {
      const { whole, scale } = exact.lgamma(value);
      const expected = Number(whole >> BigInt(scale - 60)) / 2 ** 60;
      const term = Math.max(1, Math.abs(value) * Math.log(2 + Math.abs(value)));
      expect(Math.abs(y[i] - expected), `at ${value}`).toBeLessThanOrEqual(4 * 2 ** -52 * term);
    }
  });
});

describe("pow in double precision", () => {
  it("is within 1 ulp of the exact power", () => {
    const { inputs, output, run } = vectorized("pow", "f64");
    const [x, y] = inputs;
    const base = fc.oneof(
      fc.double({ min: 5e-324, noNaN: true, noDefaultInfinity: true }),
      fc.double({ min: Math.SQRT1_2, max: Math.SQRT2, noNaN: true }),
    );
    const reach = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        base.filter((b) => b !== 1),
        reach.filter((r) => Math.abs(r) > 1e-9),
        (b, r) => {
          x[0] = b;
          y[0] = (r * 700) / Math.abs(Math.log(b));
          run(1);
          expect(ulpsOff(output[0], exactPower(x[0], y[0]), "f64")).toBeLessThanOrEqual(1);
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });
});
