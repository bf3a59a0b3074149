import { cast, cpu, grad, randomKey, type Tensor, tensor } from "cotangent";
import { ensLoss, ensLossPower, sampleCalibratedDerivatives } from "cotangent/methods/classification";
import { floats, numbers, seeds } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes, SIZE } from "../../support/extremes.js";
import { gpu, law } from "../../support/law.js";

const scores = floats([5]);
const signs = fc.array(fc.constantFrom(-1, 1), { minLength: 5, maxLength: 5 }).map((list) => Int32Array.from(list));
const powers = numbers({ min: -1, max: 1 });

describe("ensLoss", () => {
  law("has gradient g y and nothing through the draw", scores, signs, seeds, powers, async (f, y, seed, power) => {
    const margins = f.map((score, i) => score * y[i]);
    const g = await sampleCalibratedDerivatives(tensor(margins), randomKey(seed), { power }).data();
    const loss = (x: Tensor) => ensLoss(x, tensor(y), randomKey(seed), { power });
    await expectClose(
      loss(tensor(f)),
      g.map((slope, i) => slope * margins[i]),
      { tolerance: 1e-13 },
    );
    await expectClose(
      grad((x: Tensor) => loss(x).sum())(tensor(f)),
      g.map((slope, i) => slope * y[i]),
      { tolerance: 1e-14 },
    );
  });

  law(
    "turns its gradient when scores and labels turn, and takes labels 0 for −1",
    scores,
    signs,
    seeds,
    async (f, y, seed) => {
      const slope = (x: Float64Array, labels: Int32Array) =>
        grad((at: Tensor) => ensLoss(at, tensor(labels), randomKey(seed)).sum())(tensor(x)).data();
      const straight = await slope(f, y);
      await expectClose(
        await slope(
          f.map((x) => -x),
          y.map((label) => -label),
        ),
        straight.map((x) => -x),
        { tolerance: 0 },
      );
      await expectClose(
        await slope(
          f,
          y.map((label) => (label + 1) / 2),
        ),
        straight,
        { tolerance: 0 },
      );
    },
  );

  it("reduces, and is the same in single precision on every backend", async () => {
    const [f, y] = [tensor(Float64Array.of(1, -2)), tensor(Int32Array.of(1, 1))];
    const [a, b] = await ensLoss(f, y, randomKey(1)).data();
    await expectClose(ensLoss(f, y, randomKey(1), { reduction: "mean" }), [(a + b) / 2], { tolerance: 1e-15 });
    await expectClose(ensLoss(f, y, randomKey(1), { reduction: "sum" }), [a + b], { tolerance: 1e-15 });
    const on = (place: { readonly backend?: ReturnType<typeof cpu> }) => {
      const power = ensLossPower(randomKey(4, place), 3, { period: 2 });
      const x = tensor([0.5, -1, 2, 0.1], place);
      return ensLoss(x, tensor(Int32Array.of(1, 0, 1, 0), place), randomKey(2, place), { power });
    };
    const expected = await on({ backend: cpu() }).data();
    await expectClose(on({}), expected, { tolerance: 1e-5 }); // single precision, through a cosine and a logarithm
    if (gpu !== undefined) await expectClose(on({ backend: gpu }), expected, { tolerance: 1e-4 }); // its own err more
  });

  it("names what is wrong", () => {
    const [f, y, key] = [tensor([1, -2]), tensor(Int32Array.of(1, 0)), randomKey(0)];
    expect(() => ensLoss(f, tensor(Int32Array.of(1, 2)), key)).toThrow(
      "ensLoss: labels holds 2 at 1 but must be 0 or 1",
    );
    expect(() => ensLoss(f, tensor(Int32Array.of(0, -1)), key)).toThrow(
      "ensLoss: labels holds 0 at 0 but must be -1 or 1",
    );
    expect(() => ensLoss(f, tensor(Int32Array.of(0)), key)).toThrow("ensLoss: labels has shape [1] but must be [2]");
    expect(() => ensLoss(f.reshape([1, 2]), y, key)).toThrow("ensLoss: scores has shape [1, 2] but must have 1 axis");
    expect(() => ensLoss(tensor(new Float32Array(0)), tensor(new Int32Array(0)), key)).toThrow(
      "ensLoss: scores has shape [0] but must have an example",
    );
    expect(() => ensLoss(tensor([1, Number.POSITIVE_INFINITY]), y, key)).toThrow(
      "ensLoss: scores holds Infinity at 1 but must hold finite numbers",
    );
    expect(() => ensLoss(f, y, key, { power: -2 })).toThrow("ensLoss: power is -2 but must be in [-1, 1]");
    expect(() => ensLoss(f, y, key, { reduction: "max" as "mean" })).toThrow(
      'ensLoss: reduction is "max" but must be one of none, mean, sum',
    );
  });
});

describe("ensLossPower", () => {
  law(
    "is kept for a period, in [−1, 1], and 0 without one",
    seeds,
    fc.integer({ min: 1, max: 5 }),
    async (seed, period) => {
      const at = (epoch: number, options = {}) => ensLossPower(randomKey(seed), epoch, options).item();
      const first = await at(0, { period });
      expect(Math.abs(first)).toBeLessThanOrEqual(1);
      expect(await at(period - 1, { period })).toBe(first);
      expect(await at(period, { period })).not.toBe(first);
      expect(await at(7)).toBe(0);
    },
  );

  it("names what is wrong", () => {
    expect(() => ensLossPower(randomKey(0), -1)).toThrow("ensLossPower: epoch is -1 but must be a whole number ≥ 0");
    expect(() => ensLossPower(randomKey(0), 0, { period: 0 })).toThrow(
      "ensLossPower: period is 0 but must be a whole number ≥ 1",
    );
  });
});

// In the precision of the scores another batch of slopes is drawn: here always the one of f32.
finiteAtExtremes("ensLoss", (x, { labels, key }) => {
  const scores = cast(x.reshape([SIZE * SIZE]), "f32");
  return cast(ensLoss(scores, extreme.signs(labels), key), x.dtype) as Tensor;
});
