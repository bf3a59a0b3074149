import { DTypeError, dct, idct, ShapeError, type Tensor, tensor } from "cotangent";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law, onEveryBackend } from "../../support/law.js";
import { opLaws } from "../../support/op-laws.js";
import type { OpInput } from "../op-row.js";

const lines = fc
  .tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 17 }), fc.integer({ min: 1, max: 2 }))
  .chain((shape) => floats(shape).map((values) => ({ shape, values })));
const short = fc
  .constantFrom([1], [2], [3], [4], [5], [2, 3])
  .chain((shape) => floats(shape).map((values) => [{ shape, values }]));

/** From the definition: along axis 1 of three, or along the only or last one. */
function direct({ shape, values }: OpInput, orthonormal: boolean): Float64Array {
  const [n, inner] = shape.length === 3 ? [shape[1], shape[2]] : [shape[shape.length - 1], 1];
  return values.map((_, to) => {
    const k = Math.floor(to / inner) % n;
    const scale = orthonormal ? Math.sqrt((k === 0 ? 1 : 2) / n) : 2;
    let sum = 0;
    for (let j = 0; j < n; j++) {
      sum += values[to + (j - k) * inner] * Math.cos((Math.PI * k * (2 * j + 1)) / (2 * n));
    }
    return scale * sum;
  });
}

/** The inverse along the last axis, from its definition. */
function directInverse({ shape, values }: OpInput, orthonormal: boolean): Float64Array {
  const n = shape[shape.length - 1];
  const [first, rest] = orthonormal ? [Math.sqrt(1 / n), Math.sqrt(2 / n)] : [1 / (2 * n), 1 / n];
  return values.map((_, to) => {
    const j = to % n;
    let sum = first * values[to - j];
    for (let k = 1; k < n; k++) {
      sum += rest * values[to - j + k] * Math.cos((Math.PI * k * (2 * j + 1)) / (2 * n));
    }
    return sum;
  });
}

onEveryBackend("dct", (backend) => {
  const on = ({ shape, values }: OpInput) => tensor(values, { shape, backend });

  for (const orthonormal of [false, true]) {
    const options = { axis: 1, orthonormal };
    const along = orthonormal ? { orthonormal } : undefined; // the last axis
    const suffix = orthonormal ? ", orthonormal" : "";

    law(`dct is the sum that defines it${suffix}`, lines, async (x) => {
      await expectClose(dct(on(x), options), direct(x, orthonormal), { tolerance: 1e-12 });
    });

    law(`idct takes dct back, and dct idct${suffix}`, lines, async (x) => {
      await expectClose(idct(dct(on(x), options), options), x.values, { tolerance: 1e-12 });
      await expectClose(dct(idct(on(x), options), options), x.values, { tolerance: 1e-12 });
    });

    opLaws(
      {
        name: `dct${suffix}`,
        inputs: short,
        apply: (x) => dct(x, along),
        expected: (x) => direct(x, orthonormal),
      },
      backend,
    );
    opLaws(
      {
        name: `idct${suffix}`,
        inputs: short,
        apply: (x) => idct(x, along),
        expected: (x) => directInverse(x, orthonormal),
      },
      backend,
    );
  }

  law("keeps norms when orthonormal", lines, async (x) => {
    const energy = (values: ArrayLike<number>) => Array.from(values, (v) => v * v).reduce((a, b) => a + b, 0);
    await expectClose([energy(await dct(on(x), { axis: 1, orthonormal: true }).data())], energy(x.values));
  });

  it("is computed in f64 and rounded to f32", async () => {
    const values = Float32Array.from({ length: 50 }, (_, i) => Math.cos(i * i));
    const exact = direct({ shape: [1, 50, 1], values: Float64Array.from(values) }, true).map(Math.fround);
    await expectClose(dct(tensor(values, { backend }), { orthonormal: true }), exact, { tolerance: 2 ** -23 });
  });
});

describe("dct", () => {
  it("names the argument that is wrong", () => {
    const empty = tensor(new Float64Array(0), { shape: [2, 0] });
    const whole = tensor(Int32Array.of(1)) as unknown as Tensor;
    expect(() => dct(empty)).toThrow(new ShapeError("dct: x has shape [2, 0] but must have an element along axis 1"));
    expect(() => idct(empty)).toThrow(new ShapeError("idct: x has shape [2, 0] but must have an element along axis 1"));
    expect(() => dct(whole)).toThrow(new DTypeError("dct: x is i32 but must be f32 or f64; cast it"));
    expect(() => idct(whole)).toThrow(new DTypeError("idct: x is i32 but must be f32 or f64; cast it"));
    expect(() => dct(empty, { axis: 3 })).toThrow(new RangeError("dct: axis is 3 but must be in [-2, 2) for 2 axes"));
  });
});
