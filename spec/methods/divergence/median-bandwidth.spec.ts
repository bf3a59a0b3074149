import { grad, square, type Tensor, tensor } from "cotangent";
import { csDivergence, medianBandwidth } from "cotangent/methods/divergence";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { matrix, rowsOf } from "./support/samples.js";

const samples = fc.integer({ min: 2, max: 7 }).chain((n) => floats([2 * n]));

describe("medianBandwidth", () => {
  law("is the median over pairs of different points, at least 0.01", samples, async (x) => {
    const points = rowsOf(x, 2);
    const squared = points
      .flatMap(([a, b], i) => points.slice(0, i).map(([c, d]) => (a - c) ** 2 + (b - d) ** 2))
      .sort((a, b) => a - b);
    const median = (list: number[]) => (list[(list.length - 1) >> 1] + list[list.length >> 1]) / 2;
    await expectClose(medianBandwidth(matrix(x, 2)), Math.max(0.01, median(squared)), { tolerance: 1e-13 });
    const plain = medianBandwidth(matrix(x, 2), { distances: "plain" });
    await expectClose(plain, Math.max(0.01, median(squared.map(Math.sqrt))), { tolerance: 1e-13 });
  });

  it("is 0.01 where all points agree", async () => {
    await expectClose(medianBandwidth(matrix([1, 1, 1], 1)), 0.01, { tolerance: 0 });
  });

  law("is a constant: gradients do not flow through it", samples, async (x) => {
    const slope = grad((p: Tensor) => square(medianBandwidth(p)))(matrix(x, 2));
    expect((await slope.data()).every((value) => value === 0)).toBe(true);
    const other = matrix([0.5, -1, 2, 1], 2);
    const held = (await medianBandwidth(matrix(x, 2)).data()) as Float64Array;
    const through = grad((p: Tensor) => csDivergence(p, other, { width: medianBandwidth(p) }))(matrix(x, 2));
    const fixed = grad((p: Tensor) => csDivergence(p, other, { width: held[0] }))(matrix(x, 2));
    await expectClose(through, fixed, { tolerance: 1e-9 });
  });

  it("names what is wrong", () => {
    expect(() => medianBandwidth(tensor([[1, 2]]))).toThrow(
      "medianBandwidth: x has shape [1, 2] but must be [n, d] with at least 2 rows",
    );
    expect(() => medianBandwidth(tensor([[1], [2]]), { distances: "far" as never })).toThrow(
      'medianBandwidth: distances is "far" but must be one of squared, plain',
    );
    expect(() => medianBandwidth(tensor([[1], [Infinity]]))).toThrow(
      "medianBandwidth: x holds Infinity at 1 but must hold finite numbers",
    );
  });
});
