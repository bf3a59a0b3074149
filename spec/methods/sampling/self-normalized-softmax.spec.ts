import { gather, grad, type Key, randomKey, stack, type Tensor, tensor, zeros } from "cotangent";
import { aliasSampler, effectiveSampleSize, type Sampler, selfNormalizedSoftmax } from "cotangent/methods/sampling";
import { expectation, floats, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { oneRow, partition, sumOf } from "./support/one-row.js";

/** The estimated gradient on all scores. */
function estimate(scores: Float64Array, label: number, sampler: Sampler, key: Key, m: number): Tensor {
  const drawn = sampler.draw(key, m);
  const logQ = sampler.logProbability(drawn, { dtype: "f64" });
  const surrogate = (o: Tensor) => {
    const target = gather(o, tensor(Int32Array.of(label)));
    return selfNormalizedSoftmax(target, stack([gather(o, drawn)]), logQ).surrogate.sum();
  };
  return grad(surrogate)(tensor(scores));
}

const fullGradient = (scores: Float64Array, label: number) =>
  scores.map((o, j) => Math.exp(o) / partition(scores) - (j === label ? 1 : 0));

describe("selfNormalizedSoftmax", () => {
  law(
    "has the full gradient on average where q is the softmax",
    oneRow(4),
    fc.integer({ min: 1, max: 2 }),
    async ({ scores, label }, m) => {
      const sampler = aliasSampler({ weights: scores.map(Math.exp) });
      const mean = await expectation((key) => estimate(scores, label, sampler, key, m), randomKey(0));
      await expectClose(mean, fullGradient(scores, label), { tolerance: 1e-13 });
    },
  );

  law("is less biased with more samples", oneRow(3), async ({ scores, label, q }) => {
    const sampler = aliasSampler({ probabilities: q });
    const bias: number[] = [];
    for (const m of [1, 2, 3]) {
      const mean = await expectation((key) => estimate(scores, label, sampler, key, m), randomKey(0));
      bias.push(sumOf(fullGradient(scores, label).map((slope, j) => Math.abs(slope - mean[j]))));
    }
    expect(bias[2]).toBeLessThan(bias[0] + 1e-12);
  });

  it("is consistent: the error vanishes with many samples", async () => {
    const scores = Float64Array.of(0.5, -1, 1, 0.2);
    const sampler = aliasSampler({ probabilities: [0.4, 0.3, 0.2, 0.1] });
    // four standard errors of a share, times max w / mean w ≈ 3, at 200 000 samples
    const estimated = await estimate(scores, 1, sampler, randomKey(2), 200_000).data();
    fullGradient(scores, 1).forEach((slope, j) => {
      expect(Math.abs(estimated[j] - slope)).toBeLessThan(0.02);
    });
  });

  law("does not see a constant in q", floats([3]), floats([3]), numbers(), async (scores, logQ, shift) => {
    const of = (by: number) =>
      selfNormalizedSoftmax(
        tensor(Float64Array.of(0)),
        tensor(scores, { shape: [1, 3] }),
        tensor(logQ.map((q) => q + by)),
      );
    await expectClose(of(shift).surrogate, of(0).surrogate, { tolerance: 1e-12 });
    await expectClose(of(shift).effectiveSampleSize, of(0).effectiveSampleSize, { tolerance: 1e-12 });
  });

  law("takes no gradient through its weights", floats([3]), floats([3]), async (scores, logQ) => {
    const through = ([o, q]: Tensor[]) => selfNormalizedSoftmax(tensor(Float64Array.of(0)), o, q).surrogate.sum();
    const [ofScores, ofQ] = grad(through)([tensor(scores, { shape: [1, 3] }), tensor(logQ)]);
    const weights = scores.map((o, i) => Math.exp(o - logQ[i]));
    await expectClose(
      ofScores,
      weights.map((w) => w / sumOf(weights)),
      { tolerance: 1e-12 },
    );
    await expectClose(ofQ, [0, 0, 0], { tolerance: 0 });
  });

  it("names what is wrong", () => {
    const of = (...shape: number[]) => zeros(shape, { dtype: "f64" });
    expect(() => selfNormalizedSoftmax(of(2), of(2, 0), of(0))).toThrow(
      "selfNormalizedSoftmax: sampleScores has shape [2, 0] but must be [2, m] with m ≥ 1",
    );
    expect(() => selfNormalizedSoftmax(of(2), of(2, 3), of(2))).toThrow(
      "selfNormalizedSoftmax: logProbability has shape [2] but must be [2, 3] or [3]",
    );
    expect(() => selfNormalizedSoftmax(of(2), of(2, 3), of(1, 3))).toThrow(
      "selfNormalizedSoftmax: logProbability has shape [1, 3] but must be [2, 3] or [3]",
    );
    expect(() => selfNormalizedSoftmax(of(2, 1), of(2, 3), of(3))).toThrow(
      "selfNormalizedSoftmax: targetScores has shape [2, 1] but must have 1 axis",
    );
    expect(() => selfNormalizedSoftmax(of(2), zeros([2, 3]), of(3))).toThrow(
      "selfNormalizedSoftmax: sampleScores is f32 but must match targetScores, f64; cast one of them",
    );
  });
});

describe("effectiveSampleSize", () => {
  law("is the squared sum over the sum of squares, from 1 to m", floats([6]), async (logWeights) => {
    const weights = logWeights.map(Math.exp);
    const expected = sumOf(weights) ** 2 / sumOf(weights.map((w) => w * w));
    await expectClose(effectiveSampleSize(tensor(logWeights)), [expected], { tolerance: 1e-12 });
    expect(expected).toBeGreaterThanOrEqual(1 - 1e-12);
    expect(expected).toBeLessThanOrEqual(6 + 1e-12);
  });

  it("is m for equal weights and 1 where one outweighs all, however large", async () => {
    const rows = tensor(new Float64Array([700, 700, 700, 900, 0, 0]), { shape: [2, 3] });
    await expectClose(effectiveSampleSize(rows), [3, 1]);
  });
});
