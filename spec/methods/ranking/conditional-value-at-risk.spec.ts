import { type Backend, cpu, grad, type Tensor, tensor, zeros } from "cotangent";
import { conditionalValueAtRisk, topKMean } from "cotangent/methods/ranking";
import { checkGradient, distinctFloats, floats, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { gpu, law } from "../../support/law.js";
import { descending, meanOf, subsetsOf, sumOf } from "./support/subsets.js";

const levels = numbers({ min: 0.02, max: 1 });
const six = floats([6]);
const of = async (losses: Float64Array, level: number) => conditionalValueAtRisk(tensor(losses), { level }).item();

describe("conditionalValueAtRisk", () => {
  law("is the least t + Σ max(0, L − t) / (q·n)", six, levels, async (losses, level) => {
    // the function of t is piecewise linear with its kinks at the losses, so that one of them is its minimum
    const least = Math.min(
      ...Array.from(losses, (t) => t + sumOf(losses.map((loss) => Math.max(0, loss - t))) / (level * losses.length)),
    );
    await expectClose(conditionalValueAtRisk(tensor(losses), { level }), [least], { tolerance: 1e-12 });
  });

  law("has gradient w / (q·n), the last of the worst in part", distinctFloats([6]), levels, async (losses, level) => {
    const order = descending(losses);
    const weights = losses.map((loss) => Math.min(1, Math.max(0, level * 6 - order.indexOf(loss))) / (level * 6));
    const slope = grad((l: Tensor) => conditionalValueAtRisk(l, { level }))(tensor(losses));
    await expectClose(slope, weights, { tolerance: 1e-13 });
    await expectClose(
      conditionalValueAtRisk(tensor(losses), { level }),
      [sumOf(losses.map((l, i) => l * weights[i]))],
      {
        tolerance: 1e-13,
      },
    );
  });

  law("agrees with finite differences to second order", distinctFloats([6]), levels, async (losses, level) => {
    const curved = (l: Tensor) => conditionalValueAtRisk(l.mul(l).mul(l), { level });
    await checkGradient(curved, tensor(losses), { order: 2 });
  });

  law("bounds the mean loss of every group of at least that share", floats([7]), levels, async (losses, share) => {
    const least = Math.ceil(share * 7);
    const worstGroup = Math.max(
      ...Array.from({ length: 8 - least }, (_, more) => subsetsOf(7, least + more))
        .flat()
        .map((group) => meanOf(group.map((i) => losses[i]))),
    );
    expect(await topKMean(tensor(losses), least).item()).toBeGreaterThanOrEqual(worstGroup - 1e-13);
    expect(await of(losses, share)).toBeGreaterThanOrEqual(worstGroup - 1e-13);
  });

  law("falls with the level, down to the mean", six, levels, levels, async (losses, a, b) => {
    const [low, high] = [Math.min(a, b), Math.max(a, b)];
    expect(await of(losses, low)).toBeGreaterThanOrEqual((await of(losses, high)) - 1e-13);
    expect(await of(losses, 1)).toBeCloseTo(meanOf(losses), 13);
    expect(await of(losses, 0.01)).toBeCloseTo(Math.max(...losses), 13);
  });

  law("is convex", six, six, numbers({ min: 0, max: 1 }), levels, async (a, b, t, level) => {
    const between = a.map((value, i) => t * value + (1 - t) * b[i]);
    const chord = t * (await of(a, level)) + (1 - t) * (await of(b, level));
    expect(await of(between, level)).toBeLessThanOrEqual(chord + 1e-13);
  });

  law(
    "moves and scales with the losses",
    six,
    levels,
    numbers(),
    numbers({ min: 0, max: 3 }),
    async (losses, level, by, times) => {
      const plain = await of(losses, level);
      expect(
        await of(
          losses.map((loss) => loss + by),
          level,
        ),
      ).toBeCloseTo(plain + by, 12);
      expect(
        await of(
          losses.map((loss) => loss * times),
          level,
        ),
      ).toBeCloseTo(plain * times, 12);
    },
  );

  law(
    "is topKMean where the share is a whole number of losses, to the bit of which count",
    fc.integer({ min: 1, max: 40 }).chain((n) => fc.tuple(distinctFloats([n]), fc.integer({ min: 1, max: n }))),
    async ([losses, k]) => {
      const slope = await grad((l: Tensor) => conditionalValueAtRisk(l, { level: k / losses.length }))(
        tensor(losses),
      ).data();
      expect(slope.filter((weight) => weight !== 0).length).toBe(k);
      await expectClose(slope, grad((l: Tensor) => topKMean(l, k))(tensor(losses)), { tolerance: 1e-15 });
    },
  );

  it("takes 0.07 of 100 losses to be seven of them", async () => {
    const losses = tensor(Float64Array.from({ length: 100 }, (_, i) => i));
    const slope = await grad((l: Tensor) => conditionalValueAtRisk(l, { level: 0.07 }))(losses).data();
    expect(slope.filter((weight) => weight !== 0).length).toBe(7);
  });

  it("takes 0.29 of 100 losses to be 29 of them in full, and hardly more than 0.2 of five to be one", async () => {
    const slopeOf = (count: number, level: number) =>
      grad((l: Tensor) => conditionalValueAtRisk(l, { level }))(
        tensor(Float64Array.from({ length: count }, (_, i) => i)),
      );
    expect(0.29 * 100).toBeLessThan(29);
    const expected = Float64Array.from({ length: 100 }, (_, i) => (i < 71 ? 0 : 1 / 29));
    await expectClose(slopeOf(100, 0.29), expected, { tolerance: 0 });
    const level = 0.20000000000000007;
    expect(level * 5).toBeGreaterThan(1);
    await expectClose(slopeOf(5, level), [0, 0, 0, 0, 1], { tolerance: 0 });
  });

  it("is the same in single precision on every backend", async () => {
    const on = (backend?: Backend) =>
      conditionalValueAtRisk(tensor([0.3, -1, 2.5, 1.7, 0.1], backend === undefined ? {} : { backend }), {
        level: 0.5,
      }).data();
    const expected = await on(cpu());
    for (const backend of gpu === undefined ? [undefined] : [undefined, gpu]) {
      await expectClose(await on(backend), expected, { tolerance: 1e-6 }); // single precision
    }
  });

  it("names what is wrong", () => {
    const losses = tensor(Float64Array.of(1, 2, 3));
    for (const level of [0, -0.5, 1.5, Number.NaN]) {
      expect(() => conditionalValueAtRisk(losses, { level })).toThrow(
        `conditionalValueAtRisk: level is ${level} but must be in (0, 1]`,
      );
    }
    expect(() => conditionalValueAtRisk(zeros([0]), { level: 0.5 })).toThrow(
      "conditionalValueAtRisk: losses has shape [0] but must have a loss",
    );
    expect(() => conditionalValueAtRisk(zeros([2, 2]), { level: 0.5 })).toThrow(
      "conditionalValueAtRisk: losses has shape [2, 2] but must have 1 axis",
    );
    expect(() => conditionalValueAtRisk(tensor(Float64Array.of(Number.NaN)), { level: 0.5 })).toThrow(
      "conditionalValueAtRisk: losses is NaN at 0 but must be a number",
    );
    expect(() => conditionalValueAtRisk(tensor(Int32Array.of(1)) as unknown as Tensor, { level: 1 })).toThrow(
      "conditionalValueAtRisk: losses is i32 but must be f32 or f64",
    );
  });
});
