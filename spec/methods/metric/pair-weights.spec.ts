import { concat, grad, type Tensor, tensor } from "cotangent";
import { genericMetricLoss, metricLossPresets, pairSets, pairWeights } from "cotangent/methods/metric";
import { numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { cosinesOf, knownForms, matrixOf, setsOf, unitBatch } from "./support/pair-batches.js";

const setsIn = (labels: Int32Array, like: Tensor) => pairSets(tensor(labels), like);

describe("pairWeights", () => {
  describe.each(knownForms)("$name", ({ form }) => {
    law("are what autodiff finds, negative for positives", unitBatch(), async (batch) => {
      const s = matrixOf(cosinesOf(batch));
      const sets = setsIn(batch.labels, s);
      const slope = grad((x: Tensor) => genericMetricLoss(x, sets, form).sum())(s);
      const { positive, negative } = pairWeights(s, sets, form);
      await expectClose(negative.sub(positive), slope, { tolerance: 1e-12 });
      await expectClose(positive.mul(negative), new Float64Array(36), { tolerance: 0 });
      expect((await positive.data()).every((w) => w >= 0)).toBe(true);
    });

    law("are constants, and each batch's own where there are several", unitBatch(), async (batch) => {
      const s = matrixOf(cosinesOf(batch));
      const [sets, other] = [setsIn(batch.labels, s), setsIn(batch.labels.slice().reverse(), s)];
      const stack = (a: Tensor, b: Tensor) => concat([a.reshape([1, 6, 6]), b.reshape([1, 6, 6])], 0);
      const [one, two] = [pairWeights(s, sets, form), pairWeights(s.neg(), other, form)];
      const both = {
        positive: stack(sets.positive, other.positive),
        negative: stack(sets.negative, other.negative),
      };
      const found = pairWeights(stack(s, s.neg()), both, form);
      for (const kind of ["positive", "negative"] as const) {
        await expectClose(found[kind], stack(one[kind], two[kind]));
        const slope = grad((x: Tensor) => pairWeights(x, sets, form)[kind].sum())(s);
        await expectClose(slope, new Float64Array(36), { tolerance: 0 });
      }
    });
  });

  law("of multi-similarity are the paper's, in (0, 1), and sum to less than 1", unitBatch(), async (batch) => {
    const cosines = cosinesOf(batch);
    const s = matrixOf(cosines);
    const { positive, negative } = pairWeights(s, setsIn(batch.labels, s), knownForms[3].form);
    const [p, n] = [await positive.data(), await negative.data()];
    batch.rows.forEach((_, i) => {
      const sets = setsOf(batch, i);
      const of = (scale: number, set: readonly number[], j: number) =>
        1 /
        (Math.exp(scale * (cosines[i][j] - 0.3)) +
          set.reduce((sum, k) => sum + Math.exp(scale * (cosines[i][j] - cosines[i][k])), 0));
      for (const j of sets.p) expect(p[6 * i + j]).toBeCloseTo(of(2, sets.p, j), 12);
      for (const j of sets.n) expect(n[6 * i + j]).toBeCloseTo(of(-5, sets.n, j), 12);
      for (const w of [p, n]) {
        const row = [...w.slice(6 * i, 6 * i + 6)];
        expect(row.every((value) => value >= 0 && value < 1)).toBe(true);
        expect(row.reduce((a, b) => a + b)).toBeLessThan(1);
      }
    });
  });

  law(
    "of multi-similarity grow with a pair's own hardness and shrink as another gets harder",
    numbers({ min: -1, max: 0.8 }),
    numbers({ min: -1, max: 0.8 }),
    async (a, b) => {
      const weights = async (x: number, y: number) => {
        const s = matrixOf([[x, y]]);
        const [all, none] = [matrixOf([[1, 1]]), matrixOf([[0, 0]])];
        const form = metricLossPresets.multiSimilarity({ negativeScale: 5 });
        return {
          negative: (await pairWeights(s, { positive: none, negative: all }, form).negative.data())[0],
          positive: (await pairWeights(s, { positive: all, negative: none }, form).positive.data())[0],
        };
      };
      const [before, harder, besideHigher] = [
        await weights(a, b),
        await weights(a + 0.1, b),
        await weights(a, b + 0.1),
      ];
      expect(harder.negative).toBeGreaterThan(before.negative);
      expect(besideHigher.negative).toBeLessThan(before.negative);
      expect(harder.positive).toBeLessThan(before.positive);
      expect(besideHigher.positive).toBeGreaterThan(before.positive);
    },
  );

  it("says what is wrong with its input", () => {
    const s = matrixOf([[1, 2]]);
    expect(() => pairWeights(s, { positive: s, negative: matrixOf([[1]]) }, knownForms[0].form)).toThrow(
      "pairWeights: negative has shape [1, 1] but must match similarities, [1, 2]",
    );
  });
});
