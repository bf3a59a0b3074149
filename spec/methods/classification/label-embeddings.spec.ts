import { type FeatureRow, labelEmbeddings } from "cotangent/methods/classification";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { labelledRows } from "./support/labelled-rows.js";

/** The features that are not 0. */
const sparse = (x: readonly number[]) => {
  const indices = [...x.keys()].filter((j) => x[j] !== 0);
  return { indices, values: indices.map((j) => x[j]) };
};

describe("labelEmbeddings", () => {
  law("is the direction of the sum of a label's examples", labelledRows(), async ({ inputs, labelLists, labels }) => {
    const found = labelEmbeddings(inputs, labelLists, labels);
    for (let l = 0; l < labels; l++) {
      const own = inputs.filter((_, i) => labelLists[i].includes(l));
      const sum = [0, 1, 2].map((j) => own.reduce((total, x) => total + x[j], 0));
      const length = Math.hypot(...sum);
      await expectClose(found[l], length === 0 ? sum : sum.map((value) => value / length), { tolerance: 1e-12 });
    }
  });

  law("is the same of sparse inputs", labelledRows(), ({ inputs, labelLists, labels }) => {
    const whole = inputs.map((x) => [...x.map((value) => Math.max(0, value)), 1]); // the last feature, so that the width shows
    expect(labelEmbeddings(whole.map(sparse), labelLists, labels)).toEqual(labelEmbeddings(whole, labelLists, labels));
  });

  it("names the argument that is wrong", () => {
    const call =
      (inputs: FeatureRow[], labelLists: number[][], labels = 2) =>
      () =>
        labelEmbeddings(inputs, labelLists, labels);
    expect(call([[1]], [[0]], 0)).toThrow(
      new RangeError("labelEmbeddings: labels is 0 but must be a whole number ≥ 1"),
    );
    expect(call([[1]], [[2]])).toThrow(
      new RangeError("labelEmbeddings: labelLists[0][0] is 2 but must be a whole number in [0, 2)"),
    );
    expect(call([[1]], [])).toThrow(
      new RangeError("labelEmbeddings: labelLists has 0 lists but must have 1, one an example"),
    );
    expect(call([[1], [1, 2]], [[], []])).toThrow(
      new RangeError("labelEmbeddings: inputs[1] has 2 features but must have 1"),
    );
    expect(call([[1, Number.NaN]], [[0]])).toThrow(
      new RangeError("labelEmbeddings: inputs[0] has NaN as feature 1 but must be finite"),
    );
    expect(call([{ indices: [0, 1], values: [1] }], [[0]])).toThrow(
      new RangeError("labelEmbeddings: values of inputs[0] has length 1 but must have that of indices, 2"),
    );
    expect(call([{ indices: [-1], values: [1] }], [[0]])).toThrow(
      new RangeError("labelEmbeddings: inputs[0] has a feature -1 but must have them in [0, Infinity)"),
    );
  });
});
