import { exp, gumbel, randomKey, tensor } from "cotangent";
import { gumbelTopKSampler, logInclusionProbability } from "cotangent/methods/sampling";
import { floats, seeds, simplex } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { ids, lossOf, oneRow, partition } from "./support/one-row.js";

describe("gumbelTopKSampler", () => {
  law(
    "has E[Z'] = Z and E[L'] < L for one of two negatives, by quadrature over the threshold",
    floats([2]),
    floats([2], { min: -1, max: 1 }),
    async (scores, logQ) => {
      // κ is the other negative's perturbed log-weight, of density exp(−(κ − log q) − exp(−(κ − log q)))
      const [steps, low, high] = [4000, -8, 45];
      const h = (high - low) / steps;
      let mean = 0;
      let loss = 0; // the label's score is 0
      for (const j of [0, 1]) {
        const other = logQ[1 - j];
        const kappa = Float64Array.from({ length: steps + 1 }, (_, i) => other + low + i * h);
        const weight = await exp(logInclusionProbability(tensor(logQ.slice(j, j + 1)), tensor(kappa)).neg()).data();
        kappa.forEach((k, i) => {
          const density = Math.exp(-(k - other) - Math.exp(-(k - other)));
          const isLarger = -Math.expm1(-Math.exp(logQ[j] - k));
          const estimate = weight[i] * Math.exp(scores[j]);
          mean += h * density * isLarger * estimate;
          loss += h * density * isLarger * Math.log1p(estimate);
        });
      }
      expect(mean / partition(scores)).toBeCloseTo(1, 9);
      expect(loss).toBeLessThan(Math.log1p(partition(scores)));
    },
  );

  law(
    "takes the largest perturbed log-weights, with the chance of passing the next",
    simplex(6),
    seeds,
    async (weights, seed) => {
      const key = randomKey(seed);
      const noise = await gumbel(key, [6], { dtype: "f64" }).data();
      const perturbed = weights.map((weight, j) => Math.log(weight) + noise[j]);
      const order = [...perturbed.keys()].sort((a, b) => perturbed[b] - perturbed[a]);
      const { ids: drawn, logExpectedCount } = gumbelTopKSampler({ weights }).candidates(key, [3], { dtype: "f64" });
      expect([...(await drawn.data())]).toEqual(order.slice(0, 3));
      const kappa = perturbed[order[3]];
      const expected = order.slice(0, 3).map((j) => Math.log(1 - Math.exp(-weights[j] * Math.exp(-kappa))));
      await expectClose(logExpectedCount, expected);
    },
  );

  it("includes a class, given the others, as often as it claims", async () => {
    // A martingale for each class: the null 1 − exp(−exp(log q − κ₋)) varies from draw to draw.
    const [m, rows] = [2, 20_000];
    const weights = Float64Array.of(0.4, 0.3, 0.15, 0.1, 0.05);
    const noise = await gumbel(randomKey(11), [rows, 5], { dtype: "f64" }).data();
    const drawn = await gumbelTopKSampler({ weights })
      .candidates(randomKey(11), [rows, m], { dtype: "f64" })
      .ids.data();
    for (let j = 0; j < 5; j++) {
      let [up, down] = [0, 0];
      let largest = 0;
      for (let row = 0; row < rows; row++) {
        const others = [0, 1, 2, 3, 4].filter((i) => i !== j).map((i) => Math.log(weights[i]) + noise[row * 5 + i]);
        const kappa = others.sort((a, b) => b - a)[m - 1];
        const chance = -Math.expm1(-weights[j] * Math.exp(-kappa));
        const isIn = drawn.subarray(row * m, row * m + m).includes(j) ? 1 : 0;
        up += Math.log1p(0.1 * (isIn - chance));
        down += Math.log1p(-0.1 * (isIn - chance));
        largest = Math.max(largest, up, down);
      }
      expect(largest).toBeLessThan(Math.log(10 * 1e9)); // false alarm below 1e-9 in all ten
    }
  });

  law("is unchanged when weights are scaled", oneRow(5), seeds, async ({ scores, label, q }, seed) => {
    const [plain, scaled] = [1, 37].map((by) =>
      lossOf(tensor(scores), label, gumbelTopKSampler({ weights: q.map((w) => w * by) }), randomKey(seed), {
        negatives: 2,
      }),
    );
    await expectClose(scaled, plain, { tolerance: 1e-12 });
  });

  it("leaves a row's label out, and classes of weight 0", async () => {
    const { ids: drawn, logExpectedCount } = gumbelTopKSampler({ weights: [1, 1, 1, 0] }).candidates(
      randomKey(2),
      [3, 3],
      { dtype: "f64" },
      ids(0, 1, 2),
    );
    const found = await drawn.data();
    const counts = await logExpectedCount.data();
    for (const row of [0, 1, 2]) {
      const others = [0, 1, 2].filter((j) => j !== row);
      const kept = [0, 1, 2].map((i) => 3 * row + i).filter((i) => counts[i] < Infinity);
      expect(kept.map((i) => found[i]).sort()).toEqual(others);
    }
  });

  it("names what is wrong", () => {
    expect(() => gumbelTopKSampler({ weights: [1] })).toThrow(
      "gumbelTopKSampler: weights has 1 classes but must have at least 2",
    );
    expect(() => gumbelTopKSampler({ weights: [1, -2] })).toThrow(
      "gumbelTopKSampler: weights[1] is -2 but must be a finite number ≥ 0",
    );
    expect(() => gumbelTopKSampler({ weights: [0, 0] })).toThrow(
      "gumbelTopKSampler: weights is 0 everywhere but must have a class above 0",
    );
    const draw = (weights: number[], count: number) => () =>
      gumbelTopKSampler({ weights }).candidates(randomKey(0), [count], { dtype: "f64" });
    expect(draw([1, 1, 1], 3)).toThrow(
      "gumbelTopKSampler: count is 3 but must be in [1, 2], the classes without the label",
    );
    expect(draw([1, 0, 0, 0], 2)).toThrow(
      "gumbelTopKSampler: count is 2 but must be in [1, 1], the classes of weight above 0",
    );
    expect(draw([1, 1, 1], 0)).toThrow("gumbelTopKSampler: count is 0 but must be a whole number ≥ 1");
  });
});
