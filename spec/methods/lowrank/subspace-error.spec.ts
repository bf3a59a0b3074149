import { subspaceError } from "cotangent/methods/lowrank";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { matrixOf, multiply, tallMatrices } from "./support/matrices.js";

const bases = tallMatrices(6, 3);
const mixers = tallMatrices(3, 3);

describe("subspaceError", () => {
  law("is 0 for equal spans: whatever invertible matrix is on the right", bases, mixers, (a, mixer) => {
    expect(subspaceError(multiply(a, mixer), a)).toBeLessThan(1e-13);
  });

  law("is 1 for orthogonal spans", floats([3]), (x) => {
    const [a, b] = [new Float64Array(6), new Float64Array(6)];
    x.forEach((value, i) => {
      a[i] = value + 4;
      b[i + 3] = value - 4;
    });
    expect(Math.abs(subspaceError(matrixOf(6, 1, a), matrixOf(6, 1, b)) - 1)).toBeLessThan(1e-15);
  });

  law("is the sine of the angle between lines", floats([2], { min: 0.1, max: 3 }), ([x, y]) => {
    const error = subspaceError(matrixOf(3, 1, [x, y, 0]), matrixOf(3, 1, [1, 0, 0]));
    expect(Math.abs(error - y / Math.hypot(x, y))).toBeLessThan(1e-14);
  });

  law("is symmetric, in [0, 1], and ‖P − P'‖_F/√(2k)", bases, bases, mixers, (a, b, mixer) => {
    const found = subspaceError(a, b);
    expect(found).toBeGreaterThanOrEqual(0);
    expect(found).toBeLessThanOrEqual(1);
    expect(Math.abs(subspaceError(b, a) - found)).toBeLessThan(1e-12);
    expect(Math.abs(subspaceError(multiply(a, mixer), b) - found)).toBeLessThan(1e-12);
  });

  it("is √(1/2) where half of two dimensions agree", () => {
    const [a, b] = [matrixOf(4, 2, [1, 0, 0, 1, 0, 0, 0, 0]), matrixOf(4, 2, [1, 0, 0, 0, 0, 1, 0, 0])];
    expect(Math.abs(subspaceError(a, b) - Math.SQRT1_2)).toBeLessThan(1e-15);
  });

  it("names what is wrong", () => {
    const line = matrixOf(3, 1, [1, 0, 0]);
    expect(() => subspaceError(matrixOf(2, 1, [1, 0]), line)).toThrow(
      "subspaceError: estimate is 2 by 1 but must match truth, 3 by 1",
    );
    expect(() => subspaceError(matrixOf(1, 2, [1, 0]), line)).toThrow(
      "subspaceError: estimate is 1 by 2 but must have at least as many rows as columns",
    );
    expect(() => subspaceError(line, matrixOf(3, 2, [1, 2, 1, 2, 0, 0]))).toThrow(
      "subspaceError: truth has linearly dependent columns but must have independent ones",
    );
    expect(() => subspaceError(line, matrixOf(3, 1, [1, Number.NaN, 0]))).toThrow(
      "subspaceError: truth holds NaN at [1, 0] but must hold finite numbers",
    );
    expect(() => subspaceError({ ...line, rows: 2 }, line)).toThrow(
      "subspaceError: estimate is 2 by 1 with 3 values but must have rows · columns of them, at least 1",
    );
  });
});
