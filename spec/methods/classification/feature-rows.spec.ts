import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addRow, dotRow, type FeatureRow, sparseRows } from "../../../src/methods/classification/feature-rows.js";
import { law } from "../../support/law.js";

const width = 4;
const starts = fc.integer({ min: 0, max: 3 });

describe("sparseRows", () => {
  law("has all features of a dense row, in order, and a sparse row as it is", floats([2, width]), (flat) => {
    const [first, last] = [flat.slice(0, width), flat.slice(width)];
    const { rows, width: found } = sparseRows("fit", [first, { indices: [3, 1], values: [5, 6] }, last]);
    expect(found).toBe(width);
    const all = [0, 1, 2, 3];
    expect(rows.map(({ indices }) => Array.from(indices))).toEqual([all, [3, 1], all]);
    expect(rows.map(({ values }) => Array.from(values))).toEqual([[...first], [5, 6], [...last]]);
  });

  it("is as wide as it is told, or else as the largest index needs", () => {
    const rowOf = (...indices: number[]) => ({ indices, values: indices.map(() => 1) });
    expect(sparseRows("fit", [rowOf(7, 2), rowOf(0)]).width).toBe(8);
    expect(sparseRows("fit", [rowOf(0), rowOf(2, 7)]).width).toBe(8);
    expect(sparseRows("fit", [rowOf(0)]).width).toBe(1);
    expect(sparseRows("fit", [rowOf(), rowOf()]).width).toBe(0);
    expect(sparseRows("fit", [rowOf(7, 2)], 9).width).toBe(9);
    expect(sparseRows("fit", [[1, 2, 3]]).width).toBe(3);
  });

  it("names what is wrong", () => {
    const wrong = (inputs: FeatureRow[], message: string, given?: number) =>
      expect(() => sparseRows("fit", inputs, given)).toThrow(new RangeError(`fit: ${message}`));
    wrong([[1, 2], [1]], "inputs[1] has 1 features but must have 2");
    wrong([[1, 2]], "inputs[0] has 2 features but must have 3", 3);
    wrong([[1], [Number.NaN]], "inputs[1] has NaN as feature 0 but must be finite");
    wrong([{ indices: [0, 1], values: [1] }], "values of inputs[0] has length 1 but must have that of indices, 2");
    for (const index of [-1, 0.5, 3]) {
      const input = { indices: [2, index], values: [1, 1] };
      wrong([[1, 2, 3], input], `inputs[1] has a feature ${index} but must have them in [0, 3)`, 3);
    }
    wrong([{ indices: [-1], values: [1] }], "inputs[0] has a feature -1 but must have them in [0, Infinity)");
    wrong([{ indices: [5], values: [Infinity] }], "inputs[0] has Infinity as feature 5 but must be finite");
  });
});

describe("dotRow and addRow", () => {
  law("are the product with dense values from a place on, and the sum", floats([7]), starts, (dense, start) => {
    const row = { indices: [3, 0], values: [2, -0.5] };
    expect(dotRow(row, dense, start)).toBe(2 * dense[start + 3] - 0.5 * dense[start]);
    const added = dense.slice();
    addRow(row, added, start);
    const expected = dense.slice();
    expected[start + 3] += 2;
    expected[start] -= 0.5;
    expect(added).toEqual(expected);
    if (start > 0) return;
    const fromFirst = dense.slice();
    addRow(row, fromFirst);
    expect(fromFirst).toEqual(expected);
  });

  it("have nothing to do for a row without features", () => {
    const [row, dense] = [{ indices: [], values: [] }, Float64Array.of(1, 2)];
    addRow(row, dense);
    expect([dotRow(row, dense, 0), ...dense]).toEqual([0, 1, 2]);
  });
});
