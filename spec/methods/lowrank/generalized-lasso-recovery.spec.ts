import { generalizedLassoRecovery } from "cotangent/methods/lowrank";
import { floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { matrixOf, multiply, norm, tallMatrices, transposed } from "./support/matrices.js";

const [d, k] = [8, 2];
const matrices = tallMatrices(d, k);
const measured = floats([d], { min: -1, max: 4 });
const thresholds = numbers({ min: 0.1, max: 2 });
const column = (values: ArrayLike<number>) => matrixOf(values.length, 1, values);

describe("generalizedLassoRecovery", () => {
  law(
    "ends where Aᵀ(v − Aĉ − ê) = 0 and v − Aĉ − ê is in κ·∂‖ê‖₁",
    matrices,
    measured,
    thresholds,
    async (matrix, v, threshold) => {
      const { coefficients, outliers, signal, objective, converged } = generalizedLassoRecovery(
        { matrix, measurements: v },
        { threshold },
      );
      expect(converged).toBe(true);
      const image = multiply(matrix, column(coefficients)).values;
      const left = v.map((value, i) => value - image[i] - outliers[i]);
      expect(norm(multiply(transposed(matrix), column(left)).values)).toBeLessThan(1e-8);
      left.forEach((value, i) => {
        if (outliers[i] === 0) expect(Math.abs(value)).toBeLessThanOrEqual(threshold * (1 + 1e-12));
        else expect(Math.abs(value - threshold * Math.sign(outliers[i]))).toBeLessThan(1e-12);
      });
      await expectClose(
        signal,
        coefficients.map((value) => 2 * value),
        { tolerance: 0 },
      );
      const l1 = outliers.reduce((sum, value) => sum + Math.abs(value), 0);
      await expectClose([objective], [(norm(left) ** 2 / 2 + threshold * l1) / d], { tolerance: 1e-12 });
    },
  );

  law(
    "lowers its objective at every iteration, which is convex along lines",
    matrices,
    measured,
    thresholds,
    (matrix, v, threshold) => {
      let last = Number.POSITIVE_INFINITY;
      for (let maxIterations = 1; maxIterations <= 12; maxIterations++) {
        const { objective } = generalizedLassoRecovery(
          { matrix, measurements: v },
          { threshold, maxIterations, tolerance: 0 },
        );
        expect(objective).toBeLessThanOrEqual(last * (1 + 1e-13));
        last = objective;
      }
    },
  );

  law(
    "has the least objective of all (c, e), as a convex problem has",
    matrices,
    measured,
    thresholds,
    floats([k]),
    floats([d]),
    (matrix, v, threshold, c, e) => {
      const { objective } = generalizedLassoRecovery({ matrix, measurements: v }, { threshold });
      const image = multiply(matrix, column(c)).values;
      const other =
        v.reduce((sum, value, i) => sum + (value - image[i] - e[i]) ** 2 / 2 + threshold * Math.abs(e[i]), 0) / d;
      expect(objective).toBeLessThanOrEqual(other + 1e-12);
    },
  );

  law(
    "is least squares at Infinity, and also at 0, where the errors take all that is left",
    matrices,
    measured,
    (matrix, v) => {
      const far = generalizedLassoRecovery({ matrix, measurements: v }, { threshold: Number.POSITIVE_INFINITY });
      const image = multiply(matrix, column(far.coefficients)).values;
      const left = v.map((value, i) => value - image[i]);
      expect(norm(multiply(transposed(matrix), column(left)).values)).toBeLessThan(1e-12);
      expect(far.outliers.every((value) => value === 0)).toBe(true);
      expect(Math.abs(far.objective - norm(left) ** 2 / 2 / d)).toBeLessThan(1e-12);
      const near = generalizedLassoRecovery({ matrix, measurements: v }, { threshold: 0 });
      expect(near.objective).toBeLessThan(1e-24);
      expect(norm(near.outliers.map((value, i) => value - left[i]))).toBeLessThan(1e-12);
    },
  );

  law("solves for three unknowns, too", tallMatrices(d, 3), measured, (matrix, v) => {
    const { coefficients } = generalizedLassoRecovery({ matrix, measurements: v }, { threshold: 1e9 });
    const image = multiply(matrix, column(coefficients)).values;
    const left = v.map((value, i) => value - image[i]);
    expect(norm(multiply(transposed(matrix), column(left)).values)).toBeLessThan(1e-12);
  });

  law(
    "recovers c exactly, but for the factor 2, where rows come in pairs ±a",
    matrices,
    floats([k]),
    async (half, c) => {
      // a·ReLU(a·c) summed over a and −a is a·(a·c): the ReLU's other half is uncorrelated with a.
      const matrix = matrixOf(2 * d, k, [...half.values, ...half.values.map((value) => -value)]);
      const v = multiply(matrix, column(c)).values.map((value) => Math.max(0, value));
      const { signal } = generalizedLassoRecovery({ matrix, measurements: v }, { threshold: Number.POSITIVE_INFINITY });
      await expectClose(signal, c, { tolerance: 1e-12 });
    },
  );

  it("is consistent: E[a·ReLU(a·c)] = c/2 for normal a, by quadrature", async () => {
    const nodes = Array.from({ length: 401 }, (_, i) => (i - 200) / 25);
    const weights = nodes.map((a) => Math.exp((-a * a) / 2) / Math.sqrt(2 * Math.PI) / 25);
    // Rows scaled by the root of their weight; a ReLU lets a positive factor through.
    const matrix = matrixOf(
      nodes.length,
      1,
      nodes.map((a, i) => a * Math.sqrt(weights[i])),
    );
    for (const c of [1.7, -0.4]) {
      const v = matrix.values.map((a) => Math.max(0, a * c));
      await expectClose(
        generalizedLassoRecovery({ matrix, measurements: v }, { threshold: Number.POSITIVE_INFINITY }).coefficients,
        [c / 2],
        { tolerance: 1e-12 },
      );
    }
    const rest = nodes.reduce((sum, a, i) => sum + weights[i] * a * (Math.max(0, a) - a / 2), 0);
    expect(Math.abs(rest)).toBeLessThan(1e-15);
  });

  law(
    "turns with the unknown, and scales with measurements and threshold",
    matrices,
    measured,
    thresholds,
    numbers(),
    async (matrix, v, threshold, angle) => {
      const { signal, outliers } = generalizedLassoRecovery({ matrix, measurements: v }, { threshold });
      const turn = matrixOf(2, 2, [Math.cos(angle), -Math.sin(angle), Math.sin(angle), Math.cos(angle)]);
      const turned = generalizedLassoRecovery({ matrix: multiply(matrix, turn), measurements: v }, { threshold });
      await expectClose(turned.signal, multiply(transposed(turn), column(signal)).values, { tolerance: 1e-8 });
      const scaled = generalizedLassoRecovery(
        { matrix, measurements: v.map((value) => 3 * value) },
        { threshold: 3 * threshold },
      );
      await expectClose(
        scaled.signal,
        signal.map((value) => 3 * value),
        { tolerance: 1e-8 },
      );
      await expectClose(
        scaled.outliers,
        outliers.map((value) => 3 * value),
        { tolerance: 1e-8 },
      );
    },
  );

  it("takes its threshold from the third quartile", () => {
    const matrix = matrixOf(5, 1, [1, 1, 1, 1, 1]);
    const { threshold } = generalizedLassoRecovery({ matrix, measurements: [0, 9, 0, 1, 2] });
    expect(Math.abs(threshold - 2 / 0.6744897501960817)).toBeLessThan(1e-14);
    expect(
      Math.abs(
        generalizedLassoRecovery({ matrix: matrixOf(4, 1, [1, 1, 1, 1]), measurements: [0, 1, 2, 9] }).threshold -
          3.75 / 0.6744897501960817,
      ),
    ).toBeLessThan(1e-14);
  });

  it("goes on while only the errors change", () => {
    // Least squares finds 0, where it starts; the first measurement is wrong all the same.
    const problem = { matrix: matrixOf(4, 1, [1, 1, 1, 1]), measurements: [3, -1, -1, -1] };
    const { coefficients, outliers } = generalizedLassoRecovery(problem, { threshold: 1 });
    expect(Math.abs(coefficients[0] + 2 / 3)).toBeLessThan(1e-9); // 3·(−1 − c) + 1 = 0
    expect(Math.abs(outliers[0] - 8 / 3)).toBeLessThan(1e-9);
  });

  it("takes clean data, one unknown, and data as many as unknowns", () => {
    const one = generalizedLassoRecovery({ matrix: matrixOf(1, 1, [2]), measurements: [3] });
    expect([...one.signal]).toEqual([3]);
    expect(one.converged).toBe(true);
    expect(
      generalizedLassoRecovery({ matrix: matrixOf(1, 1, [2]), measurements: [3] }, { maxIterations: 1 }).converged,
    ).toBe(false);
    const exact = generalizedLassoRecovery({ matrix: matrixOf(1, 1, [2]), measurements: [3] }, { tolerance: 0 });
    expect([exact.converged, exact.iterations]).toEqual([true, 2]); // nothing changes any more
  });

  it("names what is wrong", () => {
    const matrix = matrixOf(3, 1, [1, 2, 3]);
    const call =
      (options: object, measurements: number[] = [1, 2, 3], of = matrix) =>
      () =>
        generalizedLassoRecovery({ matrix: of, measurements }, options);
    expect(call({ threshold: -1 })).toThrow("generalizedLassoRecovery: threshold is -1 but must be a number ≥ 0");
    expect(call({ threshold: Number.NaN })).toThrow(
      "generalizedLassoRecovery: threshold is NaN but must be a number ≥ 0",
    );
    expect(call({ tolerance: -1 })).toThrow(
      "generalizedLassoRecovery: tolerance is -1 but must be a finite number ≥ 0",
    );
    expect(call({ maxIterations: 0 })).toThrow(
      "generalizedLassoRecovery: maxIterations is 0 but must be a whole number ≥ 1",
    );
    expect(call({}, [1, 2])).toThrow(
      "generalizedLassoRecovery: measurements has 2 numbers but must have 3, as matrix has rows",
    );
    expect(call({}, [1, Number.NaN, 2])).toThrow(
      "generalizedLassoRecovery: measurements holds NaN at 1 but must hold finite numbers",
    );
    expect(call({}, [0, 0, 0])).toThrow(
      "generalizedLassoRecovery: measurements has third quartile 0 but must have one above 0 for the usual threshold; give threshold",
    );
    expect(call({}, [1], matrixOf(1, 3, [1, 2, 3]))).toThrow(
      "generalizedLassoRecovery: matrix is 1 by 3 but must have at least as many rows as columns",
    );
    expect(call({}, [1, 1], matrixOf(2, 2, [1, 2, 2, 4]))).toThrow(
      "generalizedLassoRecovery: matrix has linearly dependent columns but must have independent ones",
    );
    expect(call({}, [1], matrixOf(1, 1, [Number.NaN]))).toThrow(
      "generalizedLassoRecovery: matrix holds NaN at [0, 0] but must hold finite numbers",
    );
  });
});
