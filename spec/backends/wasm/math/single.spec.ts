import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lgamma, polygamma } from "../../../../src/backends/reference/special.js";
import { reference, ulpsOffSingle } from "./reference.js";
import { capacity, vectorized } from "./vectors.js";

/** Ulps that no result of single precision may be off by. */
const bounds: Readonly<Record<string, number>> = {
  cos: 0.51,
  erf: 1.3,
  exp: 0.95,
  expm1: 1.4,
  lgamma: 0.51,
  log: 0.9,
  log1p: 0.9,
  sigmoid: 2,
  sign: 0.5,
  sin: 0.51,
  softplus: 2,
  tanh: 1.5,
};

describe.each(Object.entries(bounds))("%s in single precision", (name, bound) => {
  const { inputs, output, run } = vectorized(name, "f32");
  const [x] = inputs;
  const bits = new Uint32Array(x.buffer, x.byteOffset, capacity);

  const worst = (count: number): { ulps: number; at: number } => {
    run(count);
    let [ulps, at] = [0, 0];
    for (let i = 0; i < count; i++) {
      // The reference loses more near the zeros of lgamma than it is checked for here.
      if (name === "lgamma" && Math.abs(lgamma(x[i])) < 0.01) continue;
      const off = ulpsOffSingle(output[i], reference[name](x[i]));
      if (!(off <= ulps)) [ulps, at] = [off, x[i]];
    }
    return { ulps, at };
  };

  it(`is within ${bound} ulps all through the singles`, () => {
    const stride = name === "lgamma" || name === "erf" ? 99_991 : 9973;
    for (let base = 0; base < 2 ** 32; base += stride * capacity) {
      const count = Math.min(capacity, Math.ceil((2 ** 32 - base) / stride));
      for (let i = 0; i < count; i++) bits[i] = base + i * stride;
      const { ulps, at } = worst(count);
      expect(ulps, `at ${at}`).toBeLessThanOrEqual(bound);
    }
  });

  it(`is within ${bound} ulps for any bits`, () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2 ** 32 - 1), { minLength: 4, maxLength: 64 }), (patterns) => {
        bits.set(patterns);
        expect(worst(patterns.length).ulps).toBeLessThanOrEqual(bound);
      }),
      { seed: 1 },
    );
  });

  it(`is within ${bound} ulps where numbers are of everyday size`, () => {
    for (let i = 0; i < capacity; i++) x[i] = ((i + 0.37) / capacity) * 48 - 24;
    const { ulps, at } = worst(capacity);
    expect(ulps, `at ${at}`).toBeLessThanOrEqual(bound);
  });

  it("is the same, written into a loop", () => {
    const inline = vectorized(name, "f32", true);
    for (let i = 0; i < 4096; i++) bits[i] = i * 1_048_573;
    inline.inputs[0].set(x.subarray(0, 4096));
    run(4096);
    inline.run(4096);
    expect(inline.output.subarray(0, 4096)).toEqual(output.subarray(0, 4096));
  });
});

describe("polygamma", () => {
  for (const [precision, tolerance] of [
    ["f32", 2 ** -24],
    ["f64", 2e-12],
  ] as const) {
    it.each([0, 1, 2, 3, 7, 20])(`agrees with the reference at order %i in ${precision}`, (order) => {
      const { inputs, output, run } = vectorized(`polygamma${order}`, precision);
      const [x] = inputs;
      for (let i = 0; i < 4096; i++) x[i] = i % 2 === 0 ? (i - 1999.63) / 200 : 2 ** (i / 200 - 10);
      run(4096);
      for (let i = 0; i < 4096; i++) {
        const expected = polygamma(order, x[i]);
        if (Math.abs(expected) > 3e38) continue; // beyond singles
        // Between its poles it may cross 0, where the terms that cancel set the error.
        const size = Math.max(Math.abs(expected), x[i] < 2 && order % 2 === 0 ? Math.PI ** (order + 1) : 0);
        expect(Math.abs(output[i] - expected), `at ${x[i]}`).toBeLessThanOrEqual(tolerance * size + 2 ** -150);
      }
    });
  }
});
