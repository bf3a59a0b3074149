import { concat, type Tensor, tensor, zeros } from "cotangent";
import { utilization } from "cotangent/methods/metric";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const matrix = (values: Float64Array) => tensor(values, { shape: [values.length / 3, 3] }) as Tensor;
const rows = (v: Float64Array) => Array.from({ length: v.length / 3 }, (_, i) => [...v.slice(3 * i, 3 * i + 3)]);

describe("utilization", () => {
  law(
    "is the mean squared distance to the nearest, which more examples only lower",
    floats([6]),
    floats([9]),
    floats([6]),
    async (q, x, more) => {
      const nearest = rows(q).map((a) =>
        Math.min(...rows(x).map((b) => a.reduce((sum, v, k) => sum + (v - b[k]) ** 2, 0))),
      );
      const plain = utilization(matrix(q), matrix(x));
      await expectClose(plain, [(nearest[0] + nearest[1]) / 2]);
      const grown = utilization(matrix(q), concat([matrix(x), matrix(more)], 0));
      expect(await grown.item()).toBeLessThanOrEqual(await plain.item());
    },
  );

  it("says what is wrong with its input", () => {
    expect(() => utilization(tensor([1]), tensor([[1]]))).toThrow(
      "utilization: queries has shape [1] but must be [q, d] with q ≥ 1",
    );
    expect(() => utilization(zeros([0, 2]), zeros([1, 2]))).toThrow(
      "utilization: queries has shape [0, 2] but must be [q, d] with q ≥ 1",
    );
    expect(() => utilization(zeros([1, 2]), zeros([0, 2]))).toThrow(
      "utilization: examples has shape [0, 2] but must be [m, 2] with m ≥ 1",
    );
    expect(() => utilization(tensor([[1]]), tensor([[1, 2]]))).toThrow(
      "utilization: examples has shape [1, 2] but must be [m, 1] with m ≥ 1",
    );
  });
});
