import { grad, type Tensor, tensor } from "cotangent";
import { type FDivergenceName, fDivergence, fDivergenceWeight } from "cotangent/methods/generative";
import { checkGradient } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const formulas: Readonly<Record<FDivergenceName, (r: number) => number>> = {
  reverseKl: (r) => -Math.log(r),
  forwardKl: (r) => r * Math.log(r),
  jensenShannon: (r) => r * Math.log(r) - (r + 1) * Math.log((r + 1) / 2),
  softenedReverseKl: (r) => (r + 1) * Math.log((r + 1) / (2 * r)),
  squaredHellinger: (r) => 1 - Math.sqrt(r),
  jeffreys: (r) => (r - 1) * Math.log(r),
  neyman: (r) => 1 / r - 1,
};
const factors: Partial<Record<FDivergenceName, number>> = { squaredHellinger: 4, neyman: 0.5 };
const names = Object.keys(formulas) as FDivergenceName[];
const name = fc.constantFrom(...names);
/** From 1e-3 to 1e3. */
const ratios = fc
  .array(fc.integer({ min: -3000, max: 3000 }), { minLength: 3, maxLength: 3 })
  .map((list) => Float64Array.from(list, (x) => 10 ** (x / 1000)));
const weightOf = (r: Float64Array, of: FDivergenceName, exact = false) => fDivergenceWeight(tensor(r), of, { exact });

describe("fDivergence", () => {
  law("is as it is defined, and 0 at 1", name, ratios, async (of, r) => {
    await expectClose(fDivergence(tensor(r), of), r.map(formulas[of]), { tolerance: 1e-12 });
    await expectClose(fDivergence(tensor(Float64Array.of(1)), of), [0], { tolerance: 1e-15 });
  });

  law("is convex, with r² f'' for the exact weight", name, ratios, async (of, r) => {
    const slope = (x: Tensor) => grad((t: Tensor) => fDivergence(t, of).sum())(x);
    const second = await grad((x: Tensor) => slope(x).sum())(tensor(r)).data();
    const expected = Float64Array.from(second, (value, i) => value * r[i] ** 2);
    const got = await weightOf(r, of, true).data();
    // Where r² multiplies a difference that has cancelled, digits are lost in proportion to r.
    got.forEach((h, i) => {
      expect(Math.abs(h - expected[i])).toBeLessThanOrEqual(1e-10 * Math.max(1, h, r[i]));
      expect(second[i]).toBeGreaterThan(0);
    });
  });

  law("has a right gradient", name, fc.integer({ min: 2, max: 40 }), async (of, tenth) => {
    if (tenth !== 10)
      await checkGradient((x: Tensor) => fDivergence(x, of).sum(), tensor(Float64Array.of(tenth / 10)) as Tensor);
  });
});

describe("fDivergenceWeight", () => {
  law("is the exact weight up to a constant factor, ≥ 0", name, ratios, async (of, r) => {
    const [h, exact] = [await weightOf(r, of).data(), await weightOf(r, of, true).data()];
    h.forEach((value, i) => {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value / ((factors[of] ?? 1) * exact[i])).toBeCloseTo(1, 12);
    });
  });

  law("is what the table says", ratios, async (r) => {
    const table: [FDivergenceName, (x: number) => number][] = [
      ["reverseKl", () => 1],
      ["forwardKl", (x) => x],
      ["jensenShannon", (x) => x / (1 + x)],
      ["softenedReverseKl", (x) => 1 / (1 + x)],
      ["squaredHellinger", Math.sqrt],
      ["jeffreys", (x) => 1 + x],
      ["neyman", (x) => 1 / x],
    ];
    for (const [of, h] of table) await expectClose(weightOf(r, of), r.map(h), { tolerance: 1e-12 });
    await expectClose(weightOf(r, "jensenShannon").add(weightOf(r, "softenedReverseKl")), [1, 1, 1], {
      tolerance: 1e-15,
    });
    await expectClose(weightOf(r, "forwardKl").add(weightOf(r, "reverseKl")), weightOf(r, "jeffreys"), {
      tolerance: 1e-15,
    });
  });

  it("keeps Neyman's weight below 1e8, and Jensen and Shannon's rising below 1", async () => {
    await expectClose(weightOf(Float64Array.of(1e-12), "neyman"), [1e8], { tolerance: 1e-12 });
    const [low, middle, high] = await weightOf(Float64Array.of(1e-3, 1, 1e3), "jensenShannon").data();
    expect([0 < low, low < middle, middle < high, high < 1]).toEqual([true, true, true, true]);
  });
});

describe.each([
  ["fDivergence", fDivergence],
  ["fDivergenceWeight", fDivergenceWeight],
] as const)("%s", (caller, f) => {
  it("names what is wrong", () => {
    expect(() => f(tensor([1]), "kl" as "forwardKl")).toThrow(
      `${caller}: divergence is "kl" but must be one of reverseKl, forwardKl, jensenShannon, softenedReverseKl, squaredHellinger, jeffreys, neyman`,
    );
    expect(() => f(tensor([1, 0]), "forwardKl")).toThrow(
      `${caller}: ratio holds 0 at 1 but must hold finite numbers > 0`,
    );
    expect(() => f(tensor([NaN]), "forwardKl")).toThrow(
      `${caller}: ratio holds NaN at 0 but must hold finite numbers > 0`,
    );
    expect(() => f(tensor([Infinity]), "forwardKl")).toThrow(
      `${caller}: ratio holds Infinity at 0 but must hold finite numbers > 0`,
    );
    expect(() => f(tensor(Int32Array.of(1)) as unknown as Tensor, "forwardKl")).toThrow(
      `${caller}: ratio is i32 but must be f32 or f64; cast it`,
    );
  });
});
