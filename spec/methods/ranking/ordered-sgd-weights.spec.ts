import { gather, randomKey, type Tensor, tensor, valueAndGrad } from "cotangent";
import { conditionalValueAtRisk, orderedSgdWeights, topKMean } from "cotangent/methods/ranking";
import { distinctFloats, expectation } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { descending, meanOf, minibatch, sumOf } from "./support/subsets.js";

const key = randomKey(4);

/** n, b and κ. */
const sizes = (most: number, mostBatch: number) =>
  fc
    .integer({ min: 1, max: most })
    .chain((examples) => fc.tuple(fc.constant(examples), fc.integer({ min: 1, max: Math.min(examples, mostBatch) })))
    .chain(([examples, batch]) =>
      fc.record({
        examples: fc.constant(examples),
        batch: fc.constant(batch),
        kept: fc.integer({ min: 1, max: batch }),
      }),
    );

function choose(n: number, k: number): number {
  if (k < 0 || k > n) return 0;
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return Math.round(result);
}

describe("orderedSgdWeights", () => {
  law("are the sums of binomials", sizes(20, 20), async ({ examples: n, batch: b, kept }) => {
    const expected = Array.from({ length: n }, (_, i) =>
      sumOf(Array.from({ length: kept }, (_, l) => choose(i, l) * choose(n - i - 1, b - l - 1))),
    ).map((ways) => ways / choose(n, b));
    await expectClose(orderedSgdWeights({ examples: n, batch: b, kept }), expected, { tolerance: 1e-13 });
  });

  law("add up to κ and never increase, however many examples", sizes(3000, 3000), ({ examples, batch, kept }) => {
    const weights = orderedSgdWeights({ examples, batch, kept });
    expect(sumOf(weights)).toBeCloseTo(kept, 8);
    expect(weights[0]).toBeCloseTo(batch / examples, 13);
    for (let j = 1; j < examples; j++) expect(weights[j]).toBeLessThanOrEqual(weights[j - 1]);
    expect(weights[examples - 1]).toBeGreaterThanOrEqual(0);
  });

  it("do not overflow at a million examples", () => {
    const weights = orderedSgdWeights({ examples: 1_000_000, batch: 100_000, kept: 50_000 });
    expect(sumOf(weights)).toBeCloseTo(50_000, 3);
    expect(weights.every(Number.isFinite)).toBe(true);
    expect(weights[499_000] / weights[0]).toBeGreaterThan(0.5); // half of the batch: down to about the median
    expect(weights[501_000] / weights[0]).toBeLessThan(0.5);
  });

  law(
    "weight the losses as the expected topKMean of a minibatch does, value and gradient",
    sizes(7, 4).chain((n) => fc.tuple(fc.constant(n), distinctFloats([n.examples]))),
    async ([{ examples, batch, kept }, losses]) => {
      const weights = orderedSgdWeights({ examples, batch, kept });
      const order = descending(losses);
      const mean = await expectation(
        (k) => valueAndGrad((l: Tensor) => topKMean(gather(l, minibatch(k, examples, batch)), kept))(tensor(losses)),
        key,
      );
      await expectClose(mean.value, [sumOf(order.map((loss, j) => (weights[j] * loss) / kept))], { tolerance: 1e-12 });
      await expectClose(
        mean.grad,
        losses.map((loss) => weights[order.indexOf(loss)] / kept),
        { tolerance: 1e-12 },
      );
    },
  );

  law(
    "make an objective between the mean and the CVaR at level κ/b, the mean for κ = b",
    sizes(9, 9).chain((n) => fc.tuple(fc.constant(n), distinctFloats([n.examples]))),
    async ([{ examples, batch, kept }, losses]) => {
      const weights = orderedSgdWeights({ examples, batch, kept });
      const objective = sumOf(descending(losses).map((loss, j) => (weights[j] * loss) / kept));
      const risk = await conditionalValueAtRisk(tensor(losses), { level: kept / batch }).item();
      expect(objective).toBeLessThanOrEqual(risk + 1e-12);
      expect(objective).toBeGreaterThanOrEqual(meanOf(losses) - 1e-12);
      if (kept === batch) expect(objective).toBeCloseTo(meanOf(losses), 12);
      if (batch === examples) expect(objective).toBeCloseTo(risk, 12);
    },
  );

  it("names what is wrong", () => {
    const call = (options: object) => () => orderedSgdWeights({ examples: 5, batch: 3, kept: 2, ...options });
    expect(call({ examples: 0 })).toThrow("orderedSgdWeights: examples is 0 but must be a whole number ≥ 1");
    expect(call({ batch: 6 })).toThrow("orderedSgdWeights: batch is 6 but must be in [1, 5]");
    expect(call({ batch: 0 })).toThrow("orderedSgdWeights: batch is 0 but must be a whole number ≥ 1");
    expect(call({ kept: 4 })).toThrow("orderedSgdWeights: kept is 4 but must be in [1, 3]");
    expect(call({ kept: 0 })).toThrow("orderedSgdWeights: kept is 0 but must be a whole number ≥ 1");
  });
});
