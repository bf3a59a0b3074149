import { randomKey, read, type Tensor, tensor } from "cotangent";
import { randomFourierMap } from "cotangent/methods/sampling";
import { checkGradient, checkUnbiasedSequential, floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const key = randomKey(0);
const pairs = floats([2, 3], { min: -1, max: 1 });
const inF64 = { width: 3, dtype: "f64" } as const;

/** φ of two vectors. */
async function featuresOf(
  xy: Float64Array,
  seed: number,
  sharpness: number,
  frequencies: number,
): Promise<Float64Array[]> {
  const map = randomFourierMap(randomKey(seed), { ...inF64, sharpness, frequencies });
  const values = (await map.apply(tensor(xy, { shape: [2, 3] })).data()) as Float64Array;
  map.dispose();
  expect(map.features).toBe(2 * frequencies);
  return [values.slice(0, map.features), values.slice(map.features)];
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i], 0);

describe("randomFourierMap", () => {
  law(
    "puts vectors on the unit sphere, where products lie in [−1, 1]",
    pairs,
    fc.integer({ min: 1, max: 40 }),
    async (xy, frequencies) => {
      const [x, y] = await featuresOf(xy, 3, 2, frequencies);
      expect(Math.abs(dot(x, x) - 1)).toBeLessThan(1e-14);
      expect(Math.abs(dot(y, y) - 1)).toBeLessThan(1e-14);
      expect(Math.abs(dot(x, y))).toBeLessThanOrEqual(1 + 1e-15);
      expect(dot(x, y)).toBe(dot(y, x));
    },
  );

  law(
    "is a cosine and a sine along each direction, so that it sees differences only",
    pairs,
    floats([3]),
    async (xy, shift) => {
      const moved = xy.map((value, i) => value + shift[i % 3]);
      const [x, y] = await featuresOf(xy, 7, 1.5, 5);
      const [u, v] = await featuresOf(moved, 7, 1.5, 5);
      expect(Math.abs(dot(x, y) - dot(u, v))).toBeLessThan(1e-13);
      const zero = await featuresOf(new Float64Array(6), 7, 1.5, 5);
      await expectClose(
        zero[0],
        [1, 1, 1, 1, 1, 0, 0, 0, 0, 0].map((value) => value / Math.sqrt(5)),
      );
    },
  );

  it.each([
    [0.7, [0.5, -0.2, 0.1]],
    [4, [0.3, 0.4, -0.2]],
    [4, [0.6, 0.6, 0.6]],
  ])(
    "has the kernel exp(−ν‖x − y‖²/2) as its mean, and its variance (ν = %d, x − y = %j)",
    async (sharpness, difference) => {
      const frequencies = 1 << 15;
      const base = [0.2, 0.9, -0.4];
      const xy = Float64Array.from([...base, ...base.map((value, i) => value - difference[i])]);
      const [x, y] = await featuresOf(xy, 1, sharpness, frequencies);
      // one term a direction: cos(w·x)cos(w·y) + sin(w·x)sin(w·y), independent of the others
      const terms = Float64Array.from({ length: frequencies }, (_, i) => {
        return frequencies * (x[i] * y[i] + x[i + frequencies] * y[i + frequencies]);
      });
      const square = difference.reduce((sum, value) => sum + value * value, 0);
      const mean = Math.exp((-sharpness * square) / 2);
      const inRange = (value: number) => Math.min(1, Math.max(-1, value)); // rounding
      await checkUnbiasedSequential(
        (_, i) => inRange(terms[i]),
        mean,
        { low: -1, high: 1 },
        { eps: 0.015, budget: frequencies },
      );
      // Var(φ(x)·φ(y)) is the variance of one term over D: E[term²] = (1 + exp(−2ν‖x − y‖²)) / 2
      const variance = (1 - Math.exp(-sharpness * square)) ** 2 / 2;
      await checkUnbiasedSequential(
        (_, i) => inRange(terms[i]) ** 2,
        variance + mean * mean,
        { low: 0, high: 1 },
        { eps: 0.02, budget: frequencies },
      );
    },
  );

  it("is differentiable in the vectors, and takes any shape", async () => {
    const map = randomFourierMap(key, { ...inF64, sharpness: 2, frequencies: 3 });
    const weights = tensor(Float64Array.from({ length: 6 }, (_, i) => i + 1));
    const x = tensor(
      Float64Array.from({ length: 12 }, (_, i) => Math.sin(i)),
      { shape: [2, 2, 3] },
    );
    expect(map.apply(x).shape).toEqual([2, 2, 6]);
    await checkGradient((t: Tensor) => map.apply(t).mul(weights).sum(), x, { order: 2 });
    const { rows, whole } = await read({ rows: map.apply(x.reshape([4, 3])), whole: map.apply(x) });
    expect(rows).toEqual(whole);
    map.dispose();
  });

  it("has 1024 directions in f32 unless told otherwise, the same for the same key", async () => {
    const [one, same, other] = [key, key, key.at(1)].map((at) => randomFourierMap(at, { width: 2, sharpness: 1 }));
    expect([one.width, one.features]).toEqual([2, 2048]);
    const x = tensor([[0.3, 0.4]]);
    const found = await read([one, same, other].map((map) => map.apply(x)));
    expect(found[0]).toEqual(found[1]);
    expect(found[0]).not.toEqual(found[2]);
    expect(found[0]).toBeInstanceOf(Float32Array);
    for (const map of [one, same, other]) map.dispose();
  });

  it("names the argument that is wrong", () => {
    expect(() => randomFourierMap(key, { width: 0, sharpness: 1 })).toThrow(
      "randomFourierMap: width is 0 but must be a whole number ≥ 1",
    );
    expect(() => randomFourierMap(key, { width: 1, sharpness: 0 })).toThrow(
      "randomFourierMap: sharpness is 0 but must be a finite number > 0",
    );
    expect(() => randomFourierMap(key, { width: 1, sharpness: 1, frequencies: 0 })).toThrow(
      "randomFourierMap: frequencies is 0 but must be a whole number ≥ 1",
    );
    const map = randomFourierMap(key, { width: 2, sharpness: 1, frequencies: 1 });
    expect(() => map.apply(tensor([[1, 2, 3]]))).toThrow(
      "randomFourierMap.apply: vectors has shape [1, 3] but must be [1, 2]",
    );
    map.dispose();
  });
});
