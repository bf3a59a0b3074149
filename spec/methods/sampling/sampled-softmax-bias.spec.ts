import { grad, randomKey, type Tensor, tensor } from "cotangent";
import { aliasSampler, uniformSampler } from "cotangent/methods/sampling";
import { expectation, floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect } from "vitest";
import { law } from "../../support/law.js";
import { lossOf, type OneRow, oneRow, partition, sumOf } from "./support/one-row.js";

const key = randomKey(3);

/** Var(Z') of one negative, hits masked. */
function variance({ scores, label, q }: OneRow): number {
  const others = scores.map((o, j) => (j === label ? 0 : Math.exp(2 * o) / q[j]));
  return sumOf(others) - (partition(scores) - Math.exp(scores[label])) ** 2;
}

const fullLoss = ({ scores, label }: OneRow) => Math.log(partition(scores)) - scores[label];

/** E[∇L'] − ∇L, on the scores. */
async function gradientBias({ scores, label, q }: OneRow, negatives: number): Promise<Float64Array> {
  const sampler = aliasSampler({ probabilities: q });
  const slope = (k: typeof key) => grad((o: Tensor) => lossOf(o, label, sampler, k, { negatives }))(tensor(scores));
  const mean = await expectation(slope, key);
  const z = partition(scores);
  return mean.map((value, j) => value - (Math.exp(scores[j]) / z - (j === label ? 1 : 0)));
}

// q is uniform on the other four classes: on all five, masked hits would dominate the variance
const nearlyFlat = floats([5], { min: -0.3, max: 0.3 });
const label5 = fc.integer({ min: 0, max: 4 });

describe("the bias of sampledSoftmaxLoss", () => {
  law(
    "is −Var(Z') / 2Z² to leading order, ever closer with more negatives",
    nearlyFlat,
    label5,
    async (scores, label) => {
      const q = new Float64Array(5).fill(0.25);
      const row = { scores, label, q };
      const off: number[] = [];
      for (const negatives of [2, 3, 4]) {
        const loss = (k: typeof key) =>
          lossOf(tensor(scores), label, uniformSampler({ classes: 5 }), k, { negatives, hits: "resample" });
        const [mean] = await expectation(loss, key);
        const leading = -variance(row) / negatives / (2 * partition(scores) ** 2);
        off.push(Math.abs((mean - fullLoss(row)) / leading - 1));
      }
      expect(Math.max(...off)).toBeLessThan(0.1);
      expect(off[2]).toBeLessThan(Math.max(off[0], 0.005)); // it may cross 0 on the way
    },
  );

  law(
    "of the gradient has the signs and bounds that hold for every m",
    oneRow(4),
    fc.integer({ min: 1, max: 2 }),
    async (row, m) => {
      const { scores, label, q } = row;
      const bias = await gradientBias(row, m);
      const z = partition(scores);
      const others = z - Math.exp(scores[label]);
      const rounding = 1e-14;
      expect(Math.abs(sumOf(bias))).toBeLessThan(rounding);
      expect(bias[label]).toBeGreaterThanOrEqual(-rounding);
      let distance = 0;
      scores.forEach((o, j) => {
        if (j === label) return;
        const ratio = Math.exp(o) / q[j];
        distance += Math.exp(o) * Math.abs(ratio - others);
        const least = ratio <= others ? 0 : (-Math.exp(o) * (ratio - others)) / (m * z * z);
        expect(bias[j]).toBeGreaterThanOrEqual(least - rounding);
      });
      const total = sumOf(bias.map(Math.abs));
      const spread = variance(row);
      expect(total).toBeLessThanOrEqual((distance + spread) / (m * z * z) + rounding);
      expect(total).toBeLessThanOrEqual(Math.sqrt(spread / m) / z + rounding);
    },
  );

  law("of the gradient has the leading term of its expansion", nearlyFlat, label5, async (scores, label) => {
    const row = { scores, label, q: new Float64Array(5).fill(0.25) };
    const z = partition(scores);
    const others = z - Math.exp(scores[label]);
    const off: number[] = [];
    for (const m of [2, 4]) {
      const sampler = uniformSampler({ classes: 5 });
      const slope = (k: typeof key) =>
        grad((o: Tensor) => lossOf(o, label, sampler, k, { negatives: m, hits: "resample" }))(tensor(scores));
      const mean = await expectation(slope, key);
      const leading = scores.map((o, j) => {
        const shared = (Math.exp(o) * variance(row)) / m / z ** 3;
        return j === label ? shared : shared - (Math.exp(2 * o) / row.q[j] - Math.exp(o) * others) / (m * z * z);
      });
      const bias = mean.map((value, j) => value - (Math.exp(scores[j]) / z - (j === label ? 1 : 0)));
      off.push(Math.hypot(...bias.map((b, j) => b - leading[j])) / Math.hypot(...leading));
    }
    expect(off[0]).toBeLessThan(0.2);
    expect(off[1]).toBeLessThan(0.7 * off[0]);
  });
});
