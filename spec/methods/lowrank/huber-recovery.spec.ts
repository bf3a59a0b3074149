import { generalizedLassoRecovery, huberRecovery } from "cotangent/methods/lowrank";
import { floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { matrixOf, multiply, norm, tallMatrices } from "./support/matrices.js";

const [d, k] = [8, 2];
const matrices = tallMatrices(d, k);
const measured = floats([d], { min: -1, max: 4 });
const thresholds = numbers({ min: 0.1, max: 2 });

describe("huberRecovery", () => {
  law(
    "solves the generalized LASSO: one objective, one solution, and that objective is Huber's",
    matrices,
    measured,
    thresholds,
    async (matrix, v, threshold) => {
      const lasso = generalizedLassoRecovery({ matrix, measurements: v }, { threshold, tolerance: 1e-13 });
      const huber = huberRecovery({ matrix, measurements: v }, { threshold });
      expect(huber.converged).toBe(true);
      await expectClose([huber.objective], [lasso.objective], { tolerance: 1e-12 });
      const image = multiply(matrix, matrixOf(k, 1, huber.coefficients)).values;
      const losses = v.map((value, i) => {
        const r = Math.abs(value - image[i]);
        return r <= threshold ? (r * r) / 2 : threshold * r - threshold ** 2 / 2;
      });
      await expectClose([huber.objective], [losses.reduce((sum, loss) => sum + loss, 0) / d], { tolerance: 1e-12 });
      await expectClose(
        huber.outliers,
        v.map((value, i) => Math.sign(value - image[i]) * Math.max(0, Math.abs(value - image[i]) - threshold)),
        { tolerance: 1e-14 },
      );
      await expectClose(
        huber.signal,
        huber.coefficients.map((value) => 2 * value),
        { tolerance: 0 },
      );
    },
  );

  law("ends where Σ clip(rᵢ, ±κ)·aᵢ = 0", matrices, measured, thresholds, (matrix, v, threshold) => {
    const { coefficients } = huberRecovery({ matrix, measurements: v }, { threshold });
    const image = multiply(matrix, matrixOf(k, 1, coefficients)).values;
    const slope = new Float64Array(k);
    v.forEach((value, i) => {
      const pull = Math.max(-threshold, Math.min(threshold, value - image[i]));
      for (let j = 0; j < k; j++) slope[j] += pull * matrix.values[i * k + j];
    });
    expect(norm(slope)).toBeLessThan(1e-8);
  });

  law("is least squares at Infinity, and goes to least absolute deviations as κ goes to 0", measured, async (v) => {
    const ones = matrixOf(7, 1, new Float64Array(7).fill(1));
    const seen = v.slice(0, 7);
    const mean = huberRecovery({ matrix: ones, measurements: seen }, { threshold: Number.POSITIVE_INFINITY });
    await expectClose(mean.coefficients, [seen.reduce((sum, value) => sum + value, 0) / 7], { tolerance: 1e-12 });
    const median = [...seen].sort((a, b) => a - b)[3];
    const near = huberRecovery({ matrix: ones, measurements: seen }, { threshold: 1e-9 });
    await expectClose(near.coefficients, [median], { tolerance: 1e-8 });
    const absolute = seen.reduce((sum, value) => sum + Math.abs(value - median), 0) / 7;
    await expectClose([near.objective / 1e-9], [absolute], { tolerance: 1e-8 });
  });

  law(
    "moves by a bounded amount with an outlier of any size, where least squares moves with it",
    matrices,
    measured,
    async (matrix, v) => {
      const at = (size: number, threshold: number) =>
        huberRecovery({ matrix, measurements: v.map((value, i) => (i === 5 ? size : value)) }, { threshold }).signal;
      const [far, further] = [at(1e4, 1), at(1e8, 1)];
      await expectClose(further, far, { tolerance: 1e-7 }); // beyond the threshold its size does not matter; sums of 1e8 lose digits
      const [least, most] = [at(1e4, Number.POSITIVE_INFINITY), at(1e8, Number.POSITIVE_INFINITY)];
      const row = matrix.values.subarray(10, 12);
      if (norm(row) > 0.1) expect(norm(most)).toBeGreaterThan(1e3 * norm(least));
    },
  );

  it("takes few iterations where alternation takes many", () => {
    const matrix = matrixOf(9, 1, new Float64Array(9).fill(1));
    const measurements = [0, 0.1, 0.2, 5, 6, 7, 8, 9, 10];
    const huber = huberRecovery({ matrix, measurements }, { threshold: 0.5 });
    const lasso = generalizedLassoRecovery({ matrix, measurements }, { threshold: 0.5 });
    expect(huber.iterations).toBeLessThan(10);
    expect(lasso.iterations).toBeGreaterThan(20);
    expect(huberRecovery({ matrix, measurements }, { threshold: 0.5, maxIterations: 1 }).converged).toBe(false);
  });

  it("takes a residual of exactly 0 where too few are small for Newton's step", async () => {
    const problem = { matrix: matrixOf(3, 2, [1, 0, 0, 1, 1, 1]), measurements: [0, 50, -70] };
    const huber = huberRecovery(problem, { threshold: 1 });
    await expectClose(
      [huber.objective],
      [generalizedLassoRecovery(problem, { threshold: 1, maxIterations: 100_000 }).objective],
      { tolerance: 1e-7 },
    ); // which alternation reaches slowly
    expect(huber.converged).toBe(true);
  });

  it("names what is wrong", () => {
    const problem = { matrix: matrixOf(3, 1, [1, 2, 3]), measurements: [1, 2, 3] };
    expect(() => huberRecovery(problem, { threshold: 0 })).toThrow(
      "huberRecovery: threshold is 0 but must be above 0; the loss would be 0 everywhere",
    );
    expect(() => huberRecovery(problem, { threshold: -1 })).toThrow(
      "huberRecovery: threshold is -1 but must be a number ≥ 0",
    );
    expect(() => huberRecovery({ ...problem, measurements: [0, 0, 0] })).toThrow(
      "huberRecovery: measurements has third quartile 0 but must have one above 0 for the usual threshold; give threshold",
    );
    expect(() => huberRecovery({ ...problem, measurements: [0] })).toThrow(
      "huberRecovery: measurements has 1 numbers but must have 3, as matrix has rows",
    );
  });
});
