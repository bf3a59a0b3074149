import { grad, type Tensor, tensor } from "cotangent";
import { initRatioHistogram, relativeRatios, updateRatioHistogram } from "cotangent/methods/generative";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const like = tensor(Float64Array.of(0)) as Tensor;
const t = (...values: number[]) => tensor(Float64Array.from(values)) as Tensor;
const options = { from: 2, to: 4, bins: 4 };
const times = fc
  .array(fc.integer({ min: 0, max: 20 }), { minLength: 5, maxLength: 5 })
  .map((list) => list.map((x) => 2 + x / 10));
const momenta = fc.constantFrom(0, 0.5, 0.9);
const binOf = (time: number) => Math.min(3, Math.floor((time - 2) / 0.5 + 1e-12));

describe("the histogram of density ratios", () => {
  law(
    "moves the means of bins that were seen, and no others",
    floats([10], { min: 0.1, max: 9 }),
    times,
    times,
    momenta,
    async (values, first, second, momentum) => {
      let expected = [1, 1, 1, 1];
      let histogram = initRatioHistogram(like, { ...options, momentum });
      for (const [ratios, at] of [
        [values.slice(0, 5), first],
        [values.slice(5), second],
      ] as const) {
        expected = expected.map((mean, bin) => {
          const inside = [...ratios].filter((_, i) => binOf(at[i]) === bin);
          if (inside.length === 0) return mean;
          return momentum * mean + ((1 - momentum) * inside.reduce((a, b) => a + b, 0)) / inside.length;
        });
        histogram = updateRatioHistogram(histogram, tensor(ratios) as Tensor, t(...at));
        await expectClose(histogram.means, expected, { tolerance: 1e-13 });
      }
      const relative = relativeRatios(histogram, tensor(values.slice(0, 5)) as Tensor, t(...first));
      await expectClose(
        relative,
        first.map((time, i) => values[i] / (expected[binOf(time)] + 1e-6)),
        { tolerance: 1e-12 },
      );
    },
  );

  it("starts at 1 in ten bins of [0, 1], and has the last time in the last bin", async () => {
    const empty = initRatioHistogram(like);
    await expectClose(empty.means, new Float64Array(10).fill(1), { tolerance: 0 });
    const { means } = updateRatioHistogram(empty, t(7, 5), t(1, 0));
    await expectClose(means, [5, 1, 1, 1, 1, 1, 1, 1, 1, 7], { tolerance: 0 });
    await expectClose(empty.means, new Float64Array(10).fill(1), { tolerance: 0 });
  });

  it("carries no gradient", async () => {
    const histogram = initRatioHistogram(like, options);
    const through = (r: Tensor) => {
      const { means } = updateRatioHistogram(histogram, r, t(2, 3));
      return relativeRatios({ ...histogram, means }, r, t(2, 3))
        .sum()
        .add(means.sum());
    };
    await expectClose(grad(through)(t(1, 2)), [0, 0], { tolerance: 0 });
  });

  it("names what is wrong", () => {
    const histogram = initRatioHistogram(like, options);
    expect(() => initRatioHistogram(like, { bins: 0 })).toThrow(
      "initRatioHistogram: bins is 0 but must be a whole number ≥ 1",
    );
    expect(() => initRatioHistogram(like, { momentum: 1 })).toThrow(
      "initRatioHistogram: momentum is 1 but must be in [0, 1)",
    );
    expect(() => initRatioHistogram(like, { from: 1 })).toThrow(
      "initRatioHistogram: to is 1 but must be above from, 1",
    );
    for (const [name, f] of Object.entries({ updateRatioHistogram, relativeRatios })) {
      expect(() => f(histogram, t(1), t(5))).toThrow(`${name}: times holds 5 at 0 but must be in [2, 4]`);
      expect(() => f(histogram, t(1), t(NaN))).toThrow(`${name}: times holds NaN at 0 but must be in [2, 4]`);
      expect(() => f(histogram, t(1), t(2, 3))).toThrow(`${name}: times has shape [2] but must match ratio, [1]`);
      expect(() => f(histogram, t(1).sum(), t(2))).toThrow(`${name}: ratio has shape [] but must have 1 axis`);
      expect(() => f(histogram, tensor([1]), tensor([2]))).toThrow(
        `${name}: ratio is f32 but must match means, f64; cast one of them`,
      );
    }
  });
});
