import { approximateSparsity, sinkhornNewtonSparse, sparsifyPlan } from "cotangent/methods/transport";
import { floats, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { matrixOf, uniformProblem } from "./support/transport-problems.js";

const plans = floats([12], { min: 0, max: 1 }).map((values) => matrixOf(3, 4, values));
const densities = numbers({ min: 0.01, max: 1 });

describe("sparsifyPlan", () => {
  law("keeps the largest entries where they were", plans, densities, (plan, density) => {
    const { offsets, columnIds, values, rows, columns } = sparsifyPlan(plan, density);
    expect([rows, columns, offsets[0], offsets[3]]).toEqual([3, 4, 0, values.length]);
    const sorted = [...plan.values].sort((a, b) => b - a);
    const least = sorted[Math.ceil(density * 12) - 1];
    const expected = [...plan.values].flatMap((v, at) => (v >= least ? [[Math.floor(at / 4), at % 4, v]] : []));
    const found = [...values].map((v, k) => [[0, 1, 2].findLastIndex((i) => offsets[i] <= k), columnIds[k], v]);
    expect(found).toEqual(expected);
  });

  it("keeps all that tie with the least", () => {
    const found = sparsifyPlan(matrixOf(2, 2, [1, 0.5, 0.5, 0.5]), 0.5);
    expect([...found.values]).toEqual([1, 0.5, 0.5, 0.5]);
    expect([...sparsifyPlan(matrixOf(2, 2, [1, 0.5, 0.4, 0.5]), 0.5).values]).toEqual([1, 0.5, 0.5]);
  });

  it("keeps 2n of n² for a density of 2/n, rounding or not", () => {
    for (let n = 3; n < 120; n++) {
      const plan = matrixOf(
        n,
        n,
        Float64Array.from({ length: n * n }, (_, i) => i),
      );
      expect(sparsifyPlan(plan, 2 / n).values.length).toBe(2 * n);
    }
  });
});

describe("approximateSparsity", () => {
  law("is what sparsifyPlan leaves out where nothing ties", plans, densities, async (plan, density) => {
    fc.pre(new Set(plan.values).size === 12);
    const all = plan.values.reduce((a, b) => a + b, 0);
    const kept = sparsifyPlan(plan, density).values.reduce((a, b) => a + b, 0);
    await expectClose([approximateSparsity(plan, density)], [all - kept], { tolerance: 1e-14 });
  });

  it("falls as the temperature does", () => {
    const problem = uniformProblem(60, 1);
    const tails = [10, 30, 100, 300, 1000].map((inverseTemperature) => {
      const { plan, converged } = sinkhornNewtonSparse(problem, { inverseTemperature, density: 1 / 6 });
      expect(converged).toBe(true);
      return approximateSparsity(plan, 2 / 60);
    });
    tails.forEach((tail, i) => {
      if (i > 0) expect(tail).toBeLessThan(tails[i - 1]);
    });
    expect(tails[0]).toBeGreaterThan(0.5);
    expect(tails[4]).toBeLessThan(1e-2);
  });
});

describe.each([
  ["sparsifyPlan", sparsifyPlan],
  ["approximateSparsity", approximateSparsity],
] as const)("%s", (name, of) => {
  it("names what is wrong", () => {
    expect(() => of(matrixOf(2, 2, [1]), 1)).toThrow(
      `${name}: plan is 2 by 2 with 1 values but must have rows · columns of them, at least 1`,
    );
    expect(() => of(matrixOf(1, 2, [1, Number.NaN]), 1)).toThrow(
      `${name}: plan holds NaN at [0, 1] but must hold finite numbers`,
    );
    expect(() => of(matrixOf(1, 1, [1]), 0)).toThrow(`${name}: density is 0 but must be in (0, 1]`);
    expect(() => of(matrixOf(1, 1, [1]), 1.5)).toThrow(`${name}: density is 1.5 but must be in (0, 1]`);
  });
});
