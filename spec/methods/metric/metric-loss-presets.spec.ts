import { type Tensor, tensor } from "cotangent";
import { genericMetricLoss, metricLossPresets, pairWeights } from "cotangent/methods/metric";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const row = (values: ArrayLike<number>) => tensor(Float64Array.from(values), { shape: [1, values.length] }) as Tensor;
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

// what the forms are is proved through genericMetricLoss; here their options
describe("metricLossPresets", () => {
  law(
    "average, if told to, over positives and over negatives that cost",
    floats([8], { min: -1, max: 1 }),
    async (s) => {
      const sets = { positive: row([1, 1, 1, 0, 0, 0, 0, 0]), negative: row([0, 0, 0, 1, 1, 1, 1, 1]) };
      const [p, n] = [[...s.slice(0, 3)], [...s.slice(3)]];
      const contrastive = metricLossPresets.contrastive({ average: true });
      await expectClose(genericMetricLoss(row(s), sets, contrastive), [
        -mean(p) + mean(n.filter((v) => v > 0.5).map((v) => v - 0.5)),
      ]);
      const near = n.map((v) => v > 0.5);
      const count = Math.max(1, near.filter(Boolean).length);
      const weights = pairWeights(row(s), sets, contrastive);
      await expectClose(weights.positive, [1 / 3, 1 / 3, 1 / 3, 0, 0, 0, 0, 0]);
      await expectClose(weights.negative, [0, 0, 0, ...near.map((is) => Number(is) / count)]);
      const binomial = metricLossPresets.binomialDeviance({ positiveScale: 3, average: true });
      await expectClose(genericMetricLoss(row(s), sets, binomial), [
        mean(p.map((v) => Math.log1p(Math.exp(-3 * (v - 0.5))))) +
          mean(n.map((v) => Math.log1p(Math.exp(40 * (v - 0.5))))),
      ]);
    },
  );

  law("have the defaults that they say", floats([2], { min: -1, max: 1 }), async ([p, n]) => {
    const sets = { positive: row([1, 0]), negative: row([0, 1]) };
    const of = (form: Parameters<typeof genericMetricLoss>[2]) => genericMetricLoss(row([p, n]), sets, form);
    await expectClose(of(metricLossPresets.contrastive()), [-p + Math.max(0, n - 0.5)]);
    await expectClose(of(metricLossPresets.liftedStructure()), [Math.max(0, 1 - p + n)]);
    const [b, g] = [Math.log1p(Math.exp(-2 * (p - 0.5))), Math.log1p(Math.exp(40 * (n - 0.5)))];
    await expectClose(of(metricLossPresets.binomialDeviance()), [b + g]);
    await expectClose(of(metricLossPresets.multiSimilarity()), [b / 2 + g / 40]);
    await expectClose(of(metricLossPresets.nca()), [n - p]);
  });

  it("say what is wrong with their options", () => {
    for (const name of ["contrastive", "liftedStructure", "binomialDeviance", "multiSimilarity"] as const) {
      expect(() => metricLossPresets[name]({ margin: Number.NaN })).toThrow(
        `metricLossPresets.${name}: margin is NaN but must be a finite number ≥ ${-Number.MAX_VALUE}`,
      );
    }
    for (const name of ["binomialDeviance", "multiSimilarity"] as const) {
      expect(() => metricLossPresets[name]({ positiveScale: 0 })).toThrow(
        `metricLossPresets.${name}: positiveScale is 0 but must be a finite number > 0`,
      );
      expect(() => metricLossPresets[name]({ negativeScale: -1 })).toThrow(
        `metricLossPresets.${name}: negativeScale is -1 but must be a finite number > 0`,
      );
    }
  });
});
