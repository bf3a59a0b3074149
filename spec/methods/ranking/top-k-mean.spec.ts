import { type Backend, cpu, grad, type Tensor, tensor, zeros } from "cotangent";
import { topKMean } from "cotangent/methods/ranking";
import { checkGradient, distinctFloats, floats, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { gpu, law } from "../../support/law.js";
import { descending, meanOf, topKMeanOf } from "./support/subsets.js";

const counts = fc.integer({ min: 1, max: 6 });
const six = floats([6]);
const of = async (values: Float64Array, k: number) => topKMean(tensor(values), k).item();

describe("topKMean", () => {
  law("has gradient 1/k on the k largest and exactly 0 elsewhere", distinctFloats([6]), counts, async (values, k) => {
    const least = descending(values)[k - 1];
    await expectClose(topKMean(tensor(values), k), [topKMeanOf(values, k)], { tolerance: 1e-14 });
    await expectClose(
      grad((v: Tensor) => topKMean(v, k))(tensor(values)),
      values.map((value) => (value >= least ? 1 / k : 0)),
      { tolerance: 1e-15 },
    );
  });

  law("agrees with finite differences to second order", distinctFloats([6]), counts, async (values, k) => {
    const curved = (v: Tensor) => topKMean(v.mul(v).mul(v), k);
    await checkGradient(curved, tensor(values), { order: 2 });
  });

  it("counts the first of equals", async () => {
    const tied = tensor(Float64Array.of(1, 2, 2, 2, 0));
    await expectClose(grad((v: Tensor) => topKMean(v, 2))(tied), [0, 0.5, 0.5, 0, 0], { tolerance: 0 });
    await expectClose(grad((v: Tensor) => topKMean(v, 1))(zeros([3], { dtype: "f64" })), [1, 0, 0], { tolerance: 0 });
  });

  law("is the largest for k = 1, the mean for k = n, and falls with k", six, async (values) => {
    const means = await Promise.all([1, 2, 3, 4, 5, 6].map((k) => of(values, k)));
    expect(means[0]).toBe(Math.max(...values));
    expect(means[5]).toBeCloseTo(meanOf(values), 13);
    for (let k = 1; k < 6; k++) expect(means[k]).toBeLessThanOrEqual(means[k - 1] + 1e-14);
  });

  law("is convex", six, six, numbers({ min: 0, max: 1 }), counts, async (a, b, t, k) => {
    const between = a.map((value, i) => t * value + (1 - t) * b[i]);
    expect(await of(between, k)).toBeLessThanOrEqual(t * (await of(a, k)) + (1 - t) * (await of(b, k)) + 1e-14);
  });

  law(
    "changes by no more than its largest change, and never falls as values rise",
    six,
    six,
    counts,
    async (a, b, k) => {
      const change = Math.max(...a.map((value, i) => Math.abs(value - b[i])));
      expect(Math.abs((await of(a, k)) - (await of(b, k)))).toBeLessThanOrEqual(change + 1e-14);
      const above = a.map((value, i) => Math.max(value, b[i]));
      expect(await of(above, k)).toBeGreaterThanOrEqual((await of(a, k)) - 1e-14);
    },
  );

  law(
    "does not see the order",
    six,
    fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }),
    counts,
    async (values, order, k) => {
      expect(
        await of(
          Float64Array.from(order, (i) => values[i]),
          k,
        ),
      ).toBeCloseTo(await of(values, k), 13);
    },
  );

  law("works along the last axis", floats([2, 3, 4]), async (values) => {
    const rows = Array.from({ length: 6 }, (_, row) => topKMeanOf(values.slice(4 * row, 4 * row + 4), 2));
    const found = topKMean(tensor(values, { shape: [2, 3, 4] }), 2);
    expect(found.shape).toEqual([2, 3]);
    await expectClose(found, rows, { tolerance: 1e-14 });
  });

  it("is the same in single precision on every backend", async () => {
    const on = (backend?: Backend) =>
      topKMean(tensor([0.3, -1, 2.5, 1.7, 0.1], backend === undefined ? {} : { backend }), 3).data();
    const expected = await on(cpu());
    for (const backend of gpu === undefined ? [undefined] : [undefined, gpu]) {
      await expectClose(await on(backend), expected, { tolerance: 1e-6 }); // single precision
    }
  });

  it("names what is wrong", () => {
    const values = tensor(Float64Array.of(1, 2, 3));
    expect(() => topKMean(values, 0)).toThrow("topKMean: k is 0 but must be a whole number ≥ 1");
    expect(() => topKMean(values, 1.5)).toThrow("topKMean: k is 1.5 but must be a whole number ≥ 1");
    expect(() => topKMean(values, 4)).toThrow("topKMean: k is 4 but must be in [1, 3]");
    expect(() => topKMean(zeros([2, 0]), 1)).toThrow(
      "topKMean: values has shape [2, 0] but must have a value along its last axis",
    );
    expect(() => topKMean(zeros([]), 1)).toThrow(
      "topKMean: values has shape [] but must have a value along its last axis",
    );
    expect(() => topKMean(tensor(Float64Array.of(1, Number.NaN)), 1)).toThrow(
      "topKMean: values is NaN at 1 but must be a number",
    );
    expect(() => topKMean(tensor(Int32Array.of(1)) as unknown as Tensor, 1)).toThrow(
      "topKMean: values is i32 but must be f32 or f64",
    );
  });
});
