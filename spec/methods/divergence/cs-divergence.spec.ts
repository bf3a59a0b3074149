import { grad, normal, randomKey, type Tensor, tensor } from "cotangent";
import { csDivergence, csDivergenceGaussian } from "cotangent/methods/divergence";
import { checkGradient, floats, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { gram, matrix, mean, rowsOf } from "./support/samples.js";

const x = floats([8]);
const y = floats([6]);
const widths = numbers({ min: 0.3, max: 3 });
const value = (a: Float64Array, b: Float64Array, width = 1) =>
  csDivergence(matrix(a, 2), matrix(b, 2), { width }).item();

describe("csDivergence", () => {
  law("is log mean Kxx + log mean Kyy − 2 log mean Kxy", x, y, widths, async (a, b, width) => {
    const [xx, yy, xy] = [gram(a, a, 2, width), gram(b, b, 2, width), gram(a, b, 2, width)].map(mean);
    const expected = Math.log(xx) + Math.log(yy) - 2 * Math.log(xy);
    await expectClose([await value(a, b, width)], [expected], { tolerance: 1e-12 });
    const bits = csDivergence(matrix(a, 2), matrix(b, 2), { width, base: 2 });
    await expectClose(bits, expected / Math.LN2, { tolerance: 1e-12 });
    const held = csDivergence(matrix(a, 2), matrix(b, 2), { width: tensor(Float64Array.of(width)).reshape([]) });
    await expectClose(held, expected, { tolerance: 1e-12 });
  });

  law("takes its width for a constant", x, y, widths, async (a, b, width) => {
    const of = (w: Tensor) => csDivergence(matrix(a, 2), matrix(b, 2), { width: w });
    expect(await grad(of)(tensor(Float64Array.of(width)).reshape([])).item()).toBe(0);
  });

  law("has 1 for its width", x, y, async (a, b) => {
    expect(await csDivergence(matrix(a, 2), matrix(b, 2)).item()).toBe(await value(a, b, 1));
  });

  law("has the gradient of its closed form", x, y, widths, async (a, b, s) => {
    const [kxx, kxy] = [gram(a, a, 2, s), gram(a, b, 2, s)];
    const [sxx, sxy] = [mean(kxx) * 16, mean(kxy) * 12];
    const [points, others] = [rowsOf(a, 2), rowsOf(b, 2)];
    const expected = points.flatMap((p, i) =>
      [0, 1].map((k) => {
        const own = points.reduce((sum, q, j) => sum + (kxx[i][j] * (q[k] - p[k])) / s ** 2, 0);
        const across = others.reduce((sum, q, j) => sum + (kxy[i][j] * (q[k] - p[k])) / s ** 2, 0);
        return (2 / sxx) * own - (2 / sxy) * across;
      }),
    );
    const slope = grad((p: Tensor) => csDivergence(p, matrix(b, 2), { width: s }))(matrix(a, 2));
    await expectClose(slope, expected, { tolerance: 1e-11 });
  });

  law("agrees with central differences to second order", x, y, async (a, b) => {
    await checkGradient((p: Tensor) => csDivergence(p, matrix(b, 2)), matrix(a, 2), { order: 2 });
    await checkGradient((q: Tensor) => csDivergence(matrix(a, 2), q), matrix(b, 2), { order: 2 });
  });

  law("is ≥ 0, symmetric, and 0 for the same points in any order", x, y, widths, async (a, b, width) => {
    const forward = await value(a, b, width);
    expect(forward).toBeGreaterThanOrEqual(-1e-13);
    await expectClose([await value(b, a, width)], [forward], { tolerance: 1e-13 });
    const shuffled = Float64Array.from(
      rowsOf(a, 2)
        .reverse()
        .flatMap((row) => [...row]),
    );
    expect(Math.abs(await value(a, shuffled, width))).toBeLessThan(1e-13);
    await expectClose([await value(shuffled, b, width)], [forward], { tolerance: 1e-13 });
  });

  law("does not see a common motion", x, y, floats([2]), numbers({ min: 0, max: 6 }), async (a, b, by, angle) => {
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const moved = (points: Float64Array) =>
      Float64Array.from(rowsOf(points, 2).flatMap(([p, q]) => [c * p - s * q + by[0], s * p + c * q + by[1]]));
    await expectClose([await value(moved(a), moved(b))], [await value(a, b)], { tolerance: 1e-12 });
  });

  law("is ‖x − y‖² / s² for single points, however far", floats([2]), floats([2]), widths, async (a, b, s) => {
    const expected = ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) / s ** 2;
    await expectClose([await value(a, b, s)], [expected], { tolerance: 1e-12 });
    const far = [a, b].map((point) => point.map((v) => 1e4 * v));
    await expectClose([await value(far[0], far[1], s)], [1e8 * expected], { tolerance: 1e-12 });
  });

  law("goes to 0 with a wide kernel and grows without bound with a narrow one", fc.constant(null), async () => {
    const [a, b] = [Float64Array.of(0, 0, 1, 0), Float64Array.of(0, 1, 3, 2)];
    expect(Math.abs(await value(a, b, 1e5))).toBeLessThan(1e-9);
    // mean Kxx is 1/2 and the nearest of x and y are at distance 1
    const expected = 2 * Math.log(1 / 2) - 2 * Math.log(1 / 4) + 1 / 0.01 ** 2;
    await expectClose([await value(a, b, 0.01)], [expected], { tolerance: 1e-12 });
  });

  it("of samples of two normals tends to the closed form of their smoothed densities", async () => {
    const n = 2000;
    const [s1, s2, width] = [1, 0.6, 0.8];
    const draw = (name: string, mean: number, deviation: number) =>
      normal(randomKey(5).at(name), [n, 1], { dtype: "f64" }).mul(deviation).add(mean);
    const gaussian = (mean: number, deviation: number) => ({
      mean: tensor(Float64Array.of(mean)),
      covariance: tensor(Float64Array.of(deviation ** 2 + width ** 2 / 2), { shape: [1, 1] }) as Tensor,
    });
    const expected = await csDivergenceGaussian(gaussian(0.5, s1), gaussian(-1, s2)).item();
    const found = await csDivergence(draw("x", 0.5, s1), draw("y", -1, s2), { width }).item();
    expect(Math.abs(found - expected)).toBeLessThan(3 / Math.sqrt(n));
    expect(expected).toBeGreaterThan(0.5);
  });

  it("is on every backend what it is on the CPU", async () => {
    await expectAgreement((backend) => {
      const of = (n: number, phase: number) =>
        tensor(
          Float32Array.from({ length: 3 * n }, (_, i) => 2 * Math.sin(i + phase)),
          { shape: [n, 3], backend },
        );
      return csDivergence(of(4, 0), of(5, 1), { width: 0.7 });
    });
  });

  it("names what is wrong", () => {
    const a = tensor([[1, 2]]);
    expect(() => csDivergence(tensor([1]), a)).toThrow(
      /^csDivergence: x has shape \[1\] but must be \[n, d\] with at least 1 row$/,
    );
    expect(() => csDivergence(a, tensor([[1]]))).toThrow(
      "squaredDistances: y has shape [1, 1] but must have rows of 2, like x",
    );
    expect(() => csDivergence(a, tensor([[1, Number.NaN]]))).toThrow(
      "csDivergence: y holds NaN at 1 but must hold finite numbers",
    );
    expect(() => csDivergence(a, a, { width: 0 })).toThrow("csDivergence: width is 0 but must be a finite number > 0");
    expect(() => csDivergence(a, a, { width: tensor([-1]).reshape([]) })).not.toThrow(); // not yet on the host
    expect(() => csDivergence(a, a, { width: tensor(-1) })).toThrow(
      "csDivergence: width is -1 but must be a finite number > 0",
    );
    expect(() => csDivergence(a, a, { width: tensor([1]) })).toThrow(
      "csDivergence: width has shape [1] but must be []",
    );
    expect(() => csDivergence(a, a, { base: 1 })).toThrow("csDivergence: base is 1 but must be a finite number > 1");
    expect(() => csDivergence(a, tensor(Float64Array.of(1, 2), { shape: [1, 2] }))).toThrow(
      "csDivergence: y is f64 but must match x, f32; cast one of them",
    );
  });
});
