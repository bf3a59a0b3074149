import {
  type ComplexPair,
  DTypeError,
  fft,
  ifft,
  irfft,
  rfft,
  ShapeError,
  stack,
  type Tensor,
  tensor,
} from "cotangent";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law, onEveryBackend } from "../../support/law.js";
import { opLaws } from "../../support/op-laws.js";
import type { OpInput } from "../op-row.js";

/** Shapes [outer, n, inner], transformed along axis 1; n runs through primes, powers of two and products. */
const lines = fc
  .tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 17 }), fc.integer({ min: 1, max: 2 }))
  .chain((shape) => fc.tuple(floats(shape), floats(shape)).map((parts) => parts.map((values) => ({ shape, values }))));

const short = fc
  .constantFrom([3], [2, 2], [4], [5])
  .chain((shape) => fc.tuple(floats(shape), floats(shape)).map((parts) => parts.map((values) => ({ shape, values }))));

/** The transform from its definition, its real part followed by its imaginary part. */
function direct([re, im]: readonly OpInput[], sign: number, scale: number): Float64Array {
  const [outer, n, inner] = re.shape;
  const out = new Float64Array(2 * re.values.length);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      for (let k = 0; k < n; k++) {
        const to = (o * n + k) * inner + i;
        for (let j = 0; j < n; j++) {
          const from = (o * n + j) * inner + i;
          const angle = (sign * 2 * Math.PI * ((j * k) % n)) / n;
          out[to] += scale * (re.values[from] * Math.cos(angle) - im.values[from] * Math.sin(angle));
          out[re.values.length + to] += scale * (re.values[from] * Math.sin(angle) + im.values[from] * Math.cos(angle));
        }
      }
    }
  }
  return out;
}

/** The shape with its last axis second of three, or its first. */
const asLines = (shape: readonly number[], axis: "last" | "first") => {
  const [first] = shape;
  const last = shape[shape.length - 1];
  const size = shape.reduce((product, length) => product * length, 1);
  return axis === "last" ? [size / last, last, 1] : [1, first, size / first];
};

/** As `direct`, of any shape along its last or first axis. */
function directAlong(axis: "last" | "first", parts: readonly OpInput[], sign: number, isMean: boolean): Float64Array {
  const shape = asLines(parts[0].shape, axis);
  return direct(
    parts.map(({ values }) => ({ shape, values })),
    sign,
    isMean ? 1 / shape[1] : 1,
  );
}

const both = ({ re, im }: ComplexPair) => stack([re, im]);

onEveryBackend("fft", (backend) => {
  const on = ({ shape, values }: OpInput) => tensor(values, { shape, backend });
  const pair = ([re, im]: readonly OpInput[]): ComplexPair => ({ re: on(re), im: on(im) });

  law("fft is the sum that defines it, at any length and along any axis", lines, async (parts) => {
    await expectClose(both(fft(pair(parts), 1)), direct(parts, -1, 1), { tolerance: 1e-12 });
    await expectClose(both(fft(pair(parts), -2)), direct(parts, -1, 1), { tolerance: 1e-12 });
  });

  law("ifft is the sum that defines it", lines, async (parts) => {
    await expectClose(both(ifft(pair(parts), 1)), direct(parts, 1, 1 / parts[0].shape[1]), { tolerance: 1e-12 });
  });

  law("ifft takes fft back", lines, async (parts) => {
    await expectClose(
      both(ifft(fft(pair(parts), 1), 1)),
      parts.flatMap(({ values }) => [...values]),
      { tolerance: 1e-13 },
    );
  });

  law("fft keeps energy but for the length (Parseval)", lines, async (parts) => {
    const energy = (x: ArrayLike<number>) => Array.from(x, (value) => value * value).reduce((a, b) => a + b, 0);
    const before = energy(parts.flatMap(({ values }) => [...values]));
    await expectClose([energy(await both(fft(pair(parts), 1)).data())], parts[0].shape[1] * before);
  });

  law("rfft is the first half of fft, and irfft takes it back", lines, async ([{ shape, values }]) => {
    const [outer, n, inner] = shape;
    const half = (n >> 1) + 1;
    const whole = direct(
      [
        { shape, values },
        { shape, values: values.map(() => 0) },
      ],
      -1,
      1,
    );
    const kept = [...whole].filter((_, i) => Math.floor(i / inner) % n < half);
    const spectrum = rfft(on({ shape, values }), 1);
    expect(spectrum.re.shape).toEqual([outer, half, inner]);
    await expectClose(both(spectrum), kept, { tolerance: 1e-12 });
    await expectClose(irfft(spectrum, n, 1), values, { tolerance: 1e-13 });
  });

  it("irfft takes imaginary parts that cannot be for 0", async () => {
    const spectrum = { re: tensor(Float64Array.of(1, 2), { backend }), im: tensor(Float64Array.of(5, 7), { backend }) };
    await expectClose(irfft(spectrum, 2), [1.5, -0.5]);
  });

  for (const length of [1, 2, 64, 97, 360, 1000, 1024]) {
    it(`is accurate to 1e-13 of the largest entry at length ${length}`, async () => {
      const shape = [1, length, 1];
      const wave = (phase: number) => Float64Array.from({ length }, (_, i) => Math.sin(i * i + phase));
      const parts = [wave(0), wave(1)].map((values) => ({ shape, values }));
      const expected = direct(parts, -1, 1);
      const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
      const actual = await both(fft(pair(parts), 1)).data();
      await expectClose(
        Array.from(actual, (x) => x / largest),
        Array.from(expected, (x) => x / largest),
        { tolerance: 1e-13 },
      );
    });
  }

  opLaws(
    {
      name: "fft",
      inputs: short,
      apply: (re, im) => both(fft({ re, im })),
      expected: (...parts) => directAlong("last", parts, -1, false),
    },
    backend,
  );
  opLaws(
    {
      name: "ifft",
      inputs: short,
      apply: (re, im) => both(ifft({ re, im })),
      expected: (...parts) => directAlong("last", parts, 1, true),
    },
    backend,
  );
  opLaws(
    {
      name: "ifft, first axis",
      inputs: short,
      apply: (re, im) => both(ifft({ re, im }, 0)),
      expected: (...parts) => directAlong("first", parts, 1, true),
    },
    backend,
  );
  opLaws(
    {
      name: "rfft",
      inputs: short.map(([x]) => [x]),
      apply: (x) => both(rfft(x)),
      expected: (x) => {
        const n = x.shape[x.shape.length - 1];
        const whole = directAlong("last", [x, { ...x, values: x.values.map(() => 0) }], -1, false);
        return whole.filter((_, i) => i % n <= n >> 1);
      },
    },
    backend,
  );
  opLaws(
    {
      name: "irfft",
      inputs: short,
      apply: (re, im) => irfft({ re, im }, 2 * re.shape[re.shape.length - 1] - 1),
    },
    backend,
  );

  it("is computed in f64 and rounded to f32", async () => {
    const values = Float32Array.from({ length: 100 }, (_, i) => Math.cos(i * i));
    const exact = direct(
      [values, values].map((x) => ({ shape: [1, 100, 1], values: Float64Array.from(x) })),
      -1,
      1,
    );
    const x = tensor(values, { backend });
    const { re, im } = fft({ re: x, im: x });
    expect(re.dtype).toBe("f32");
    const rounded = (from: number) => exact.subarray(from, from + 100).map(Math.fround);
    await expectClose(re, rounded(0), { tolerance: 2 ** -23 });
    await expectClose(im, rounded(100), { tolerance: 2 ** -23 });
  });
});

describe("fft", () => {
  const x: Tensor = tensor(new Float64Array(6), { shape: [2, 3] });
  const empty = tensor(new Float64Array(0), { shape: [2, 0] });
  it("names the argument that is wrong", () => {
    expect(() => fft({ re: x, im: x.transpose() })).toThrow(
      new ShapeError("fft: im has shape [3, 2] but must match re, [2, 3]"),
    );
    expect(() => ifft({ re: x, im: tensor([0, 0]) })).toThrow(
      new DTypeError("ifft: im is f32 but must match re, f64; cast one of them"),
    );
    expect(() => rfft(empty)).toThrow(new ShapeError("rfft: x has shape [2, 0] but must have an element along axis 1"));
    expect(() => fft({ re: x, im: x }, 2)).toThrow(new RangeError("fft: axis is 2 but must be in [-2, 2) for 2 axes"));
    expect(() => irfft({ re: x, im: x }, 6)).toThrow(
      new ShapeError("irfft: length is 6 but must be 4 or 5 for 3 entries along axis 1"),
    );
    expect(() => irfft({ re: x, im: x }, 4.5)).toThrow(
      new ShapeError("irfft: length is 4.5 but must be 4 or 5 for 3 entries along axis 1"),
    );
    expect(() => irfft({ re: x, im: x.transpose() }, 4)).toThrow(
      new ShapeError("irfft: im has shape [3, 2] but must match re, [2, 3]"),
    );
    expect(() => rfft(tensor(Int32Array.of(1)) as unknown as Tensor)).toThrow(
      new DTypeError("rfft: re is i32 but must be f32 or f64; cast it"),
    );
  });
});
