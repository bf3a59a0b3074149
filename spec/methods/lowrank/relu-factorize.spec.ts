import { randomKey, svd, tensor } from "cotangent";
import { type DenseMatrix, reluFactorize, sampleReluModel, subspaceError } from "cotangent/methods/lowrank";
import { floats, seeds } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { matrixOf, multiply, norm, tallMatrices, transposed } from "./support/matrices.js";

const nonNegative = floats([5, 8], { min: -2, max: 3 }).map((values) => {
  const cut = values.map((value, i) => (i % 8 === 0 ? Math.abs(value) + 0.1 : Math.max(0, value)));
  return matrixOf(5, 8, cut);
});

/** X of rank 2 with an offset, and its factors. */
const planted = (lift: number) =>
  tallMatrices(5, 2).chain((left) =>
    floats([2, 8], { min: -1, max: 1 }).map((right) => {
      const x = multiply(left, matrixOf(2, 8, right));
      return {
        left,
        x: matrixOf(
          5,
          8,
          x.values.map((value, i) => value + lift + Math.floor(i / 8)),
        ),
      };
    }),
  );

/** The left singular vectors of the rows less their means. */
async function components({ rows, columns, values }: DenseMatrix, rank: number): Promise<DenseMatrix> {
  const y = tensor(values, { shape: [rows, columns] });
  const { u } = svd(y.sub(y.mean(1, { keepDims: true })));
  const all = await u.data();
  const width = all.length / rows;
  return matrixOf(
    rows,
    rank,
    Array.from({ length: rows * rank }, (_, i) => all[Math.floor(i / rank) * width + (i % rank)]),
  );
}

describe("reluFactorize", () => {
  law("never raises its objective", nonNegative, (y) => {
    const { objectives } = reluFactorize(y, { rank: 2, iterations: 60, tolerance: 0 });
    expect(objectives).toHaveLength(60);
    for (let i = 1; i < objectives.length; i++) {
      expect(objectives[i]).toBeLessThanOrEqual(objectives[i - 1] * (1 + 1e-12) + 1e-13);
    }
  });

  law("is principal component analysis in one iteration", nonNegative, async (y) => {
    for (const matrix of [
      y,
      matrixOf(
        8,
        5,
        transposed(y).values.map((value, i) => value + (i % 5 === 0 ? 0.01 : 0)),
      ),
    ]) {
      const { basis, fitted, offset } = reluFactorize(matrix, { rank: 2, iterations: 1 });
      const u = await components(matrix, 2);
      const centred = matrixOf(
        matrix.rows,
        matrix.columns,
        matrix.values.map((value, i) => value - offset[Math.floor(i / matrix.columns)]),
      );
      const best = multiply(u, multiply(transposed(u), centred));
      await expectClose(
        fitted.values,
        best.values.map((value, i) => value + offset[Math.floor(i / matrix.columns)]),
        { tolerance: 1e-7 },
      ); // where two singular values nearly meet
      expect(
        norm(multiply(transposed(basis), basis).values.map((value, i) => value - (i % 3 === 0 ? 1 : 0))),
      ).toBeLessThan(1e-12);
    }
  });

  law("finds data without zeros in one step, exactly", planted(9), async ({ left, x }) => {
    const { basis, fitted, objectives } = reluFactorize(x, { rank: 2, iterations: 1 });
    expect(objectives[0]).toBeLessThan(1e-20);
    await expectClose(fitted.values, x.values, { tolerance: 1e-11 });
    expect(subspaceError(basis, left)).toBeLessThan(1e-6); // the codes may be nearly parallel
  });

  law("stays at a planted matrix, whose objective is 0", planted(0), ({ x }) => {
    const seen = x.values.map((value) => Math.max(0, value));
    const rowsWithout = [...Array(5).keys()].filter((row) =>
      seen.subarray(row * 8, row * 8 + 8).every((value) => value === 0),
    );
    if (rowsWithout.length > 3) return;
    // Of the planted X, positives are as seen and the rest is not above 0.
    const objective = x.values.reduce(
      (sum, value, i) => sum + (seen[i] > 0 ? (seen[i] - value) ** 2 : Math.max(0, value) ** 2),
      0,
    );
    expect(objective).toBe(0);
    const { objectives } = reluFactorize(matrixOf(5, 8, seen), { rank: 2, iterations: 200 });
    expect(objectives[objectives.length - 1]).toBeLessThanOrEqual(objectives[0]);
  });

  law("ends where nothing of rank k is lower nearby", seeds, async (seed) => {
    const { observations } = await sampleReluModel(randomKey(seed), { dimension: 6, rank: 1, samples: 12 });
    const { basis, fitted, offset, converged, unidentified } = reluFactorize(observations, {
      rank: 1,
      iterations: 5000,
      tolerance: 1e-11,
    });
    if (!converged || unidentified.length > 0) return;
    const y = observations.values;
    const slope = matrixOf(
      6,
      12,
      fitted.values.map((value, i) => (y[i] > 0 ? value - y[i] : Math.max(0, value))),
    );
    const scale = 1e-6 * norm(y);
    for (let row = 0; row < 6; row++) {
      expect(
        Math.abs(slope.values.subarray(row * 12, row * 12 + 12).reduce((sum, value) => sum + value, 0)),
      ).toBeLessThan(scale);
    }
    expect(norm(multiply(transposed(basis), slope).values)).toBeLessThan(scale);
    const codes = multiply(
      transposed(basis),
      matrixOf(
        6,
        12,
        fitted.values.map((value, i) => value - offset[Math.floor(i / 12)]),
      ),
    );
    expect(norm(multiply(slope, transposed(codes)).values)).toBeLessThan(scale * norm(codes.values));
  });

  it("stops when X stands still, and says so", () => {
    const y = matrixOf(2, 3, [1, 2, 3, 4, 5, 7]);
    expect(reluFactorize(y, { rank: 1 }).converged).toBe(true);
    expect(reluFactorize(y, { rank: 1, iterations: 1 }).converged).toBe(false);
    const cut = matrixOf(3, 4, [1, 0, 2, 0, 0, 3, 1, 0, 2, 0, 0, 1]);
    const [coarse, fine] = [1e-1, 1e-3].map((tolerance) =>
      reluFactorize(cut, { rank: 1, iterations: 5000, tolerance }),
    );
    expect(coarse.converged && fine.converged).toBe(true);
    expect(coarse.objectives.length).toBeLessThan(fine.objectives.length);
  });

  it("leaves out rows of zeros, and takes rows of positives, rank 1, and a single sample's worth", () => {
    const y = matrixOf(4, 3, [1, 2, 3, 0, 0, 0, 2, 0, 1, 0, 0, 0]);
    const found = reluFactorize(y, { rank: 1 });
    expect(found.unidentified).toEqual([1, 3]);
    for (const row of [1, 3]) {
      expect(found.basis.values[row]).toBe(0);
      expect([...found.fitted.values.slice(row * 3, row * 3 + 3)]).toEqual([0, 0, 0]);
      expect(found.offset[row]).toBe(0);
    }
    const without = reluFactorize(matrixOf(2, 3, [1, 2, 3, 2, 0, 1]), { rank: 1 });
    expect([...found.fitted.values.slice(0, 3), ...found.fitted.values.slice(6, 9)]).toEqual([
      ...without.fitted.values,
    ]);
    expect(without.unidentified).toEqual([]);
    const single = reluFactorize(matrixOf(2, 3, [1, 2, 3, 0, 0, 0]), { rank: 1 }); // as many as rows that are not all 0
    expect(single.unidentified).toEqual([1]);
  });

  it("names what is wrong", () => {
    const y = matrixOf(2, 3, [1, 2, 3, 4, 5, 6]);
    const call =
      (options: object, of = y) =>
      () =>
        reluFactorize(of, { rank: 1, ...options });
    expect(call({ rank: 3 })).toThrow("reluFactorize: rank is 3 but must be a whole number in [1, 2]");
    expect(call({ rank: 0 })).toThrow("reluFactorize: rank is 0 but must be a whole number in [1, 2]");
    expect(call({ rank: 2 }, matrixOf(2, 3, [1, 2, 3, 0, 0, 0]))).toThrow(
      "reluFactorize: rank is 2 but must be at most 1, the rows of observations that are not all 0",
    );
    expect(call({}, matrixOf(1, 2, [1, -1]))).toThrow(
      "reluFactorize: observations holds -1 at [0, 1] but must hold numbers ≥ 0",
    );
    expect(call({}, matrixOf(1, 2, [1, Number.NaN]))).toThrow(
      "reluFactorize: observations holds NaN at [0, 1] but must hold finite numbers",
    );
    expect(call({}, { ...y, rows: 3 })).toThrow(
      "reluFactorize: observations is 3 by 3 with 6 values but must have rows · columns of them, at least 1",
    );
    expect(call({ iterations: 0 })).toThrow("reluFactorize: iterations is 0 but must be a whole number ≥ 1");
    expect(call({ tolerance: -1 })).toThrow("reluFactorize: tolerance is -1 but must be a finite number ≥ 0");
  });
});
