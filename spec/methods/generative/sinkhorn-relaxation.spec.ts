import { grad, jvp, softmax, type Tensor, tensor } from "cotangent";
import { matchingMarginals, sinkhornRelaxation } from "cotangent/methods/generative";
import { checkGradient, distinctFloats, floats, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { best, matchings, sum } from "./support/structures.js";

const square = (n: number, values: ArrayLike<number>) => tensor(Float64Array.from(values), { shape: [n, n] });
const tolerance = 1e-13;

function worstSum(n: number, x: Float64Array, axis: "rows" | "columns"): number {
  const sums = Array.from({ length: n }, (_, i) =>
    sum(x.filter((_v, at) => (axis === "rows" ? Math.floor(at / n) : at % n) === i)),
  );
  return Math.max(...sums.map((s) => Math.abs(s - 1)));
}

describe("sinkhornRelaxation", () => {
  law("is exp(z + f + g) with rows and columns that sum to 1", floats([16], { min: -1, max: 1 }), async (z) => {
    for (const options of [{ iterations: 30 }, { tolerance }]) {
      const x = (await sinkhornRelaxation(square(4, z), options).data()) as Float64Array;
      expect(worstSum(4, x, "rows")).toBeLessThan(1e-6);
      expect(worstSum(4, x, "columns")).toBeLessThan(1e-12);
      const residual = x.map((v, at) => Math.log(v) - z[at]);
      const f = (i: number) => residual[4 * i] - residual[0];
      const sums = residual.map((_, at) => f(Math.floor(at / 4)) + residual[at % 4]);
      await expectClose(residual, sums, { tolerance: 1e-11 });
    }
  });

  const narrow = floats([9], { min: -0.5, max: 0.5 }); // each round more than halves the distance from the limit

  law("is where the rounds lead, value and gradient", narrow, floats([9]), async (z, weights) => {
    const [many, limit] = [{ iterations: 30 }, { tolerance }];
    await expectClose(sinkhornRelaxation(square(3, z), limit), sinkhornRelaxation(square(3, z), many));
    const slope = (options: typeof many | typeof limit) =>
      grad((x: Tensor) => sinkhornRelaxation(x, options).mul(square(3, weights)).sum())(square(3, z));
    await expectClose(slope(limit), slope(many));
  });

  law("has a tangent whose rows and columns sum to 0", floats([16]), floats([16]), async (z, dz) => {
    const { tangent } = jvp((x: Tensor) => sinkhornRelaxation(x, { tolerance }), square(4, z), square(4, dz));
    const dx = (await tangent.data()) as Float64Array;
    for (let i = 0; i < 4; i++) {
      expect(Math.abs(sum(dx.slice(4 * i, 4 * i + 4)))).toBeLessThan(1e-12);
      expect(Math.abs(sum(dx.filter((_, at) => at % 4 === i)))).toBeLessThan(1e-12);
    }
  });

  law(
    "has a gradient whose rows and columns sum to 0, however loose the tolerance",
    floats([16]),
    floats([16]),
    async (z, weights) => {
      for (const loose of [tolerance, 0.01, 0.5]) {
        const f = (x: Tensor) => sinkhornRelaxation(x, { tolerance: loose }).mul(square(4, weights)).sum();
        const slope = (await grad(f)(square(4, z)).data()) as Float64Array;
        for (let i = 0; i < 4; i++) {
          expect(Math.abs(sum(slope.slice(4 * i, 4 * i + 4)))).toBeLessThan(1e-11);
          expect(Math.abs(sum(slope.filter((_, at) => at % 4 === i)))).toBeLessThan(1e-11);
        }
      }
    },
  );

  it("has a right gradient to second order in the limit", async () => {
    const weights = square(3, [1, -2, 0.5, 3, 0, 1, -1, 2, 4]);
    const f = (x: Tensor) => sinkhornRelaxation(x, { tolerance }).mul(weights).sum();
    await checkGradient(f, square(3, [0.4, -0.3, 1, 0, 0.8, -0.5, 0.2, 1.1, -0.9]), { order: 2 });
  });

  it("has a gradient of 0 where it is a permutation to rounding", async () => {
    for (const n of [2, 3, 4]) {
      const z = Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1000 : 0));
      const weights = z.map((_, at) => Math.sin(at + 1));
      const f = (x: Tensor) => sinkhornRelaxation(x, { tolerance }).mul(square(n, weights)).sum();
      await expectClose(grad(f)(square(n, z)), new Float64Array(n * n), { tolerance: 1e-12 });
    }
  });

  law("does not change when a row or a column grows", floats([9]), floats([6], { min: -30, max: 30 }), async (z, c) => {
    const shifted = z.map((v, at) => v + c[Math.floor(at / 3)] + c[3 + (at % 3)]);
    const options = { tolerance };
    await expectClose(sinkhornRelaxation(square(3, shifted), options), sinkhornRelaxation(square(3, z), options), {
      tolerance: 1e-11,
    });
  });

  law("is σ(Δ/2) for two rows, where the mean of the permutations is σ(Δ)", floats([4]), async (z) => {
    const delta = z[0] + z[3] - z[1] - z[2];
    const [kept, moved] = [1 / (1 + Math.exp(-delta / 2)), 1 / (1 + Math.exp(delta / 2))];
    await expectClose(sinkhornRelaxation(square(2, z), { tolerance }), [kept, moved, moved, kept], {
      tolerance: 1e-12,
    });
    const mean = 1 / (1 + Math.exp(-delta));
    await expectClose(matchingMarginals(square(2, z)), [mean, 1 - mean, 1 - mean, mean], { tolerance: 1e-13 });
  });

  law(
    "converges at any range, ties and all",
    fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 25, maxLength: 25 }),
    numbers({ min: 0, max: 6 }),
    async (z, log) => {
      const wide = z.map((v) => v * 10 ** log);
      const x = (await sinkhornRelaxation(square(5, wide), { tolerance: 1e-9 }).data()) as Float64Array;
      expect(worstSum(5, x, "columns")).toBeLessThanOrEqual(1e-9);
      expect(worstSum(5, x, "rows")).toBeLessThan(1e-13);
    },
  );

  law("tends to the best permutation of four", distinctFloats([16], 0.3), async (z) => {
    const { object, gap } = best(matchings(4), z);
    if (gap < 0.01) return;
    const scaled = z.map((v) => (v * 80) / gap);
    await expectClose(sinkhornRelaxation(square(4, scaled), { tolerance }), object, { tolerance: 1e-3 });
  });

  it("normalizes rows, then columns, each round", async () => {
    const z = square(2, [1, 2, 0, -1]);
    const once = softmax(z, -1);
    const columns = once.div(once.sum(-2, { keepDims: true }));
    await expectClose(sinkhornRelaxation(z, { iterations: 1 }), columns, { tolerance: 1e-15 });
    await expectClose(sinkhornRelaxation(z), sinkhornRelaxation(z, { iterations: 50 }), { tolerance: 0 });
    await expectClose(sinkhornRelaxation(square(1, [7]), { tolerance }), [1], { tolerance: 0 });
  });

  it("says what is wrong, and has NaN for what it cannot see in time", async () => {
    const z = square(2, [0, 0, 0, 0]);
    expect(() => sinkhornRelaxation(z, { iterations: 0 })).toThrow(
      "sinkhornRelaxation: iterations is 0 but must be a whole number ≥ 1",
    );
    expect(() => sinkhornRelaxation(z, { tolerance: 0 })).toThrow(
      "sinkhornRelaxation: tolerance is 0 but must be a finite number > 0",
    );
    expect(() => sinkhornRelaxation(z, { iterations: 5, tolerance: 1 })).toThrow(
      "sinkhornRelaxation: iterations is 5 but must be left out where tolerance is given; that goes to the limit",
    );
    expect(() => sinkhornRelaxation(tensor(new Float64Array(6), { shape: [3, 2] }))).toThrow(
      "sinkhornRelaxation: z has shape [3, 2] but its two last axes must have one size",
    );
    const late = tensor(Float64Array.of(1, 1), { shape: [2, 1, 1] }).div(tensor([[[0]], [[1]]], { dtype: "f64" }));
    await expectClose(sinkhornRelaxation(late, { tolerance }), [Number.NaN, 1], { tolerance: 0 });
  });
});
