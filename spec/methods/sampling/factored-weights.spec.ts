import { floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { thinSvd } from "../../../src/autodiff/ops/linalg/svd-kernel.js";
import { FactoredWeights } from "../../../src/methods/sampling/factored-weights.js";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const [classes, width] = [3, 4];
const identity = Float64Array.from({ length: width ** 2 }, (_, at) => Number(at % (width + 1) === 0));
const times = (a: ArrayLike<number>, b: ArrayLike<number>, inner: number, columns: number) =>
  Float64Array.from({ length: (a.length / inner) * columns }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += a[Math.floor(at / columns) * inner + k] * b[k * columns + (at % columns)];
    return sum;
  });

/** Weights whose factor U has given singular values, of directions that a matrix gives. */
function factored(rows: Float64Array, shift: Float64Array, turns: Float64Array, values: ArrayLike<number>) {
  const weights = new FactoredWeights(rows.slice(), classes);
  const { u, v } = thinSvd(turns, width, width);
  const across = Float64Array.from(v, (_, at) => v[(at % width) * width + Math.floor(at / width)]);
  const scaled = (by: (k: number) => number) => u.map((part, at) => part * by(at % width));
  weights.right.set(
    times(
      scaled((k) => values[k]),
      across,
      width,
      width,
    ),
  );
  weights.shift.set(shift);
  return weights;
}
const valuesOf = (matrix: Float64Array) => [...thinSvd(matrix, width, width).values].sort((a, b) => a - b);
const turnsOf = (values: Float64Array) => values.map((value, at) => value + 9 * identity[at]); // far from singular

describe("FactoredWeights", () => {
  law(
    "is V U + 1 ωᵀ, and stays what it is when it is stabilized or folded",
    floats([classes, width]),
    floats([width]),
    floats([width, width], { min: -2, max: 2 }),
    numbers({ min: 3, max: 50 }),
    numbers({ min: 0.51, max: 1.99 }),
    async (rows, shift, turns, far, near) => {
      for (const values of [
        [near, 1, 1.5, 0.7],
        [far, near, 1, 1],
        [1, near, 1, 1 / far],
        [far, near, 1 / far, 1],
        [far, far, 1 / far, near],
      ]) {
        const weights = factored(rows, shift, turnsOf(turns), values);
        const right = weights.right.slice();
        const expected = times(rows, right, width, width).map((value, at) => value + shift[at % width]);
        await expectClose(weights.dense(), expected, { tolerance: 1e-12 });
        weights.stabilize();
        await expectClose(weights.dense(), expected, { tolerance: 1e-10 });
        await expectClose(times(weights.right, weights.rightInverse, width, width), identity, { tolerance: 1e-10 });
        const isFar = values.map((value) => value < 0.5 || value > 2);
        const isMany = isFar.filter(Boolean).length > width / 3;
        const left = values.map((value, k) => (isMany || isFar[k] ? 1 : value)).sort((a, b) => a - b);
        await expectClose(valuesOf(weights.right), left, { tolerance: 1e-10 });
        await expectClose(weights.shift, isMany ? new Float64Array(width) : shift, { tolerance: 0 });
        weights.fold();
        await expectClose(weights.dense(), expected, { tolerance: 1e-10 });
        expect([weights.right, weights.rightInverse]).toEqual([identity, identity]);
        expect([...weights.shift]).toEqual([0, 0, 0, 0]);
        await expectClose(weights.rows, expected, { tolerance: 1e-10 });
      }
    },
  );

  it("resets one direction of three, and folds two", () => {
    const shiftLeft = (...values: number[]) => {
      const weights = new FactoredWeights(Float64Array.of(1, 2, 3), 1);
      values.forEach((value, k) => {
        weights.right[4 * k] = value;
      });
      weights.shift.set([5, 6, 7]);
      weights.stabilize();
      return [...weights.shift];
    };
    expect(shiftLeft(9, 1, 1)).toEqual([5, 6, 7]);
    expect(shiftLeft(9, 1, 9)).toEqual([0, 0, 0]);
  });
});
