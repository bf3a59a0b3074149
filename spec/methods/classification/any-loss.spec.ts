import { cpu, grad, sigmoid, type Tensor, tensor, valueAndGrad } from "cotangent";
import {
  accuracyLoss,
  anyLoss,
  type BatchLoss,
  balancedAccuracyLoss,
  fBetaLoss,
  gMeanLoss,
} from "cotangent/methods/classification";
import { checkGradient, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes, SIZE } from "../../support/extremes.js";
import { gpu, law } from "../../support/law.js";
import { type BinaryBatch, binaryBatches, labelsOf, probabilitiesOf } from "./support/binary-batches.js";

const L = 73;
/** Near ½, where the slope is. */
const near = binaryBatches(0, { min: 0.44, max: 0.56 });
const losses: Readonly<Record<string, BatchLoss>> = { accuracyLoss, fBetaLoss, gMeanLoss, balancedAccuracyLoss };
const of = (loss: BatchLoss, batch: BinaryBatch, options = {}) =>
  loss(probabilitiesOf(batch), labelsOf(batch), options);

/** A_i, S_y, S_A and TP in plain numbers. */
function soft({ p, y }: BinaryBatch) {
  const a = Array.from(p, (x) => 1 / (1 + Math.exp(-L * (x - 0.5))));
  const [n, positives] = [y.length, y.reduce((sum, label) => sum + label, 0)];
  const total = a.reduce((sum, share) => sum + share, 0);
  const tp = a.reduce((sum, share, i) => sum + y[i] * share, 0);
  return { a, n, positives, total, tp, tn: n - positives - total + tp };
}

describe("accuracyLoss, fBetaLoss, gMeanLoss and balancedAccuracyLoss", () => {
  law("are 1 less their metrics", near, numbers({ min: 0, max: 3 }), async (batch, beta) => {
    const { n, positives: s, total, tp, tn } = soft(batch);
    await expectClose(of(accuracyLoss, batch), [1 - (n - s - total + 2 * tp) / n], { tolerance: 1e-12 });
    await expectClose(of(fBetaLoss, batch, { beta }), [1 - ((1 + beta ** 2) * tp) / (beta ** 2 * s + total)], {
      tolerance: 1e-12,
    });
    await expectClose(of(gMeanLoss, batch), [1 - Math.sqrt((tp * tn) / (s * (n - s)) + 1e-12)], { tolerance: 1e-12 });
    const balanced = 1 - (n * (tp + s) - s * (total + s)) / (2 * s * (n - s));
    await expectClose(of(balancedAccuracyLoss, batch), [balanced], { tolerance: 1e-12 });
  });

  law("have their gradients in closed form", near, numbers({ min: 0, max: 3 }), async (batch, beta) => {
    const { a, n, positives: s, total, tp, tn } = soft(batch);
    const g = Math.sqrt((tp * tn) / (s * (n - s)) + 1e-12);
    const down = (beta ** 2 * s + total) ** 2;
    const expected: Readonly<Record<string, (y: number) => number>> = {
      accuracyLoss: (y) => -(2 * y - 1) / n,
      fBetaLoss: (y) => (-(1 + beta ** 2) * (y * (beta ** 2 * s + total) - tp)) / down,
      gMeanLoss: (y) => -(y * tn + tp * (y - 1)) / (2 * g * s * (n - s)),
      balancedAccuracyLoss: (y) => -(n * y - s) / (2 * s * (n - s)),
    };
    for (const [name, loss] of Object.entries(losses)) {
      const slope = await grad((p: Tensor) => loss(p, labelsOf(batch), { beta } as object))(
        probabilitiesOf(batch),
      ).data();
      slope.forEach((value, i) => {
        const exact = expected[name](batch.y[i]) * L * a[i] * (1 - a[i]);
        expect(Math.abs(value - exact)).toBeLessThan(1e-9 * (1 + Math.abs(exact)));
        if (batch.y[i] === 1) expect(value).toBeLessThanOrEqual(0);
        else expect(value).toBeGreaterThanOrEqual(0);
      });
    }
  });

  law("agree with finite differences to second order", near, async (batch) => {
    for (const loss of Object.values(losses)) {
      await checkGradient((p: Tensor) => loss(p, labelsOf(batch), { steepness: 10 }), probabilitiesOf(batch), {
        order: 2,
      });
    }
  });

  law("lie in [0, 1], see no order, and all but F see the classes alike", binaryBatches(), async (batch) => {
    const order = [...batch.p.keys()].reverse();
    const turned = { p: batch.p.map((_, i) => batch.p[order[i]]), y: batch.y.map((_, i) => batch.y[order[i]]) };
    const swapped = { p: batch.p.map((p) => 1 - p), y: batch.y.map((y) => 1 - y) };
    for (const [name, loss] of Object.entries(losses)) {
      const value = await of(loss, batch).item();
      expect(value).toBeGreaterThanOrEqual(-6e-13);
      expect(value).toBeLessThanOrEqual(1);
      await expectClose(of(loss, turned), [value], { tolerance: 1e-13 });
      if (name !== "fBetaLoss") await expectClose(of(loss, swapped), [value], { tolerance: 1e-12 });
    }
    // The geometric mean is at most the arithmetic one.
    const [geometric, arithmetic] = [await of(gMeanLoss, batch).item(), await of(balancedAccuracyLoss, batch).item()];
    expect(geometric).toBeGreaterThanOrEqual(arithmetic - 2e-6); // √1e-12 where a share is 0
  });

  law("become 1 less the exact metrics as L grows", binaryBatches(0.02), async (batch) => {
    const count = (label: number, guess: boolean) =>
      batch.y.reduce((sum, y, i) => sum + Number(y === label && batch.p[i] > 0.5 === guess), 0);
    const [tp, fn, fp, tn] = [count(1, true), count(1, false), count(0, true), count(0, false)];
    const options = { steepness: 1e5 };
    await expectClose(of(accuracyLoss, batch, options), [(fp + fn) / batch.y.length], { tolerance: 1e-12 });
    await expectClose(of(fBetaLoss, batch, options), [1 - (2 * tp) / (2 * tp + fn + fp)], { tolerance: 1e-12 });
    await expectClose(of(balancedAccuracyLoss, batch, options), [1 - (tp / (tp + fn) + tn / (tn + fp)) / 2], {
      tolerance: 1e-12,
    });
    const geometric = 1 - Math.sqrt((tp / (tp + fn)) * (tn / (tn + fp)));
    await expectClose(of(gMeanLoss, batch, options), [geometric], { tolerance: 1.1e-6 }); // √1e-12 where a share is 0
  });

  law("are precision and recall at the ends of β, and accuracy on balanced labels", near, async (batch) => {
    const { positives, total, tp } = soft(batch);
    await expectClose(of(fBetaLoss, batch, { beta: 0 }), [1 - tp / total], { tolerance: 1e-12 });
    await expectClose(of(fBetaLoss, batch, { beta: 1e9 }), [1 - tp / positives], { tolerance: 1e-12 });
    const level = { p: batch.p, y: batch.y.map((_, i) => i % 2) };
    if (level.y.length % 2 === 1) return;
    await expectClose(of(balancedAccuracyLoss, level), await of(accuracyLoss, level).data(), { tolerance: 1e-12 });
  });

  it("see the F-score of small batches differently, but accuracy alike", async () => {
    const batch = { p: Float64Array.of(0.5, 0.51, 0.49, 0.5, 0.52, 0.48), y: Int32Array.of(1, 1, 0, 0, 0, 0) };
    const subsets = Array.from({ length: 64 }, (_, bits) => [0, 1, 2, 3, 4, 5].filter((i) => (bits >> i) & 1)).filter(
      (set) => set.length === 3,
    );
    const slopes = async (loss: BatchLoss, rows: readonly number[]) => {
      const part = { p: Float64Array.from(rows, (i) => batch.p[i]), y: Int32Array.from(rows, (i) => batch.y[i]) };
      const slope = await grad((p: Tensor) => loss(p, labelsOf(part)))(probabilitiesOf(part)).data();
      const all = new Float64Array(6);
      rows.forEach((row, i) => {
        all[row] = slope[i];
      });
      return all;
    };
    const ratios = async (loss: BatchLoss) => {
      const mean = new Float64Array(6);
      for (const rows of subsets)
        (await slopes(loss, rows)).forEach((value, i) => {
          mean[i] += value / subsets.length;
        });
      const whole = await slopes(loss, [0, 1, 2, 3, 4, 5]);
      return Array.from(mean, (value, i) => value / whole[i]);
    };
    expect(subsets.length).toBe(20);
    await expectClose(await ratios(accuracyLoss), [1, 1, 1, 1, 1, 1], { tolerance: 1e-12 });
    for (const ratio of await ratios(fBetaLoss)) {
      expect(ratio).toBeGreaterThan(0.5); // and below 1: too small
      expect(ratio).toBeLessThan(0.96);
    }
  });

  it("take 0 over 0 for an F-score of 0, without a slope", async () => {
    const loss = (p: Tensor) => fBetaLoss(p, tensor(Int32Array.of(0, 0)), { steepness: 1e4 });
    const { value, grad: slope } = valueAndGrad(loss)(tensor(Float64Array.of(0.1, 0.2)));
    await expectClose(value, [1], { tolerance: 0 });
    await expectClose(slope, [0, 0], { tolerance: 0 });
  });

  it("are the same in single precision on every backend, value and gradient", async () => {
    const on = async (place: { readonly backend?: ReturnType<typeof cpu> }) => {
      const p = tensor([0.48, 0.51, 0.5, 0.53], place);
      const y = tensor(Int32Array.of(1, 0, 1, 0), place);
      const total = (x: Tensor) => Object.values(losses).reduce((sum, loss) => sum.add(loss(x, y)), x.sum().mul(0));
      const { value, grad: slope } = valueAndGrad(total)(p);
      return [await value.item(), ...(await slope.data())];
    };
    const expected = await on({ backend: cpu() });
    await expectClose(await on({}), expected, { tolerance: 5e-6 }); // single precision, times L
    if (gpu !== undefined) await expectClose(await on({ backend: gpu }), expected, { tolerance: 2e-5 }); // its exp errs more
  });

  it("name what is wrong", () => {
    const [p, y] = [tensor([0.5, 0.5]), tensor(Int32Array.of(1, 0))];
    for (const [name, loss] of Object.entries(losses)) {
      expect(() => loss(p, y, { steepness: -1 })).toThrow(`${name}: steepness is -1 but must be a finite number > 0`);
      expect(() => loss(p, tensor(Int32Array.of(1, -1)))).toThrow(`${name}: labels holds -1 at 1 but must be 0 or 1`);
      expect(() => loss(tensor([0.5, 2]), y)).toThrow(`${name}: probabilities holds 2 at 1 but must be in [0, 1]`);
      expect(() => loss(tensor(new Float32Array(0)), tensor(new Int32Array(0)))).toThrow(
        `${name}: probabilities has shape [0] but must have an example`,
      );
    }
    for (const [name, loss] of [
      ["gMeanLoss", gMeanLoss],
      ["balancedAccuracyLoss", balancedAccuracyLoss],
    ] as const) {
      expect(() => loss(p, tensor(Int32Array.of(1, 1)))).toThrow(
        `${name}: labels is 1 everywhere but must hold both classes; take larger batches`,
      );
      expect(() => loss(tensor([0.5]), tensor(Int32Array.of(0)))).toThrow(
        `${name}: labels is 0 everywhere but must hold both classes; take larger batches`,
      );
    }
    expect(() => fBetaLoss(p, y, { beta: -1 })).toThrow("fBetaLoss: beta is -1 but must be a finite number ≥ 0");
  });
});

describe("anyLoss", () => {
  law("makes a loss of any metric", near, async (batch) => {
    const { n, positives, total, tp } = soft(batch);
    const jaccard = anyLoss(({ truePositives, falseNegatives, falsePositives }) =>
      truePositives.div(truePositives.add(falseNegatives).add(falsePositives)),
    );
    await expectClose(of(jaccard, batch), [1 - tp / (positives + total - tp)], { tolerance: 1e-12 });
    const accuracy = anyLoss(({ truePositives, trueNegatives }) => truePositives.add(trueNegatives).div(n));
    await expectClose(of(accuracy, batch), await of(accuracyLoss, batch).data(), { tolerance: 1e-12 });
    await checkGradient((p: Tensor) => jaccard(p, labelsOf(batch), { steepness: 10 }), probabilitiesOf(batch));
  });

  it("names what is wrong", () => {
    const loss = anyLoss(({ truePositives }) => truePositives);
    expect(() => loss(tensor([0.5]), tensor(Int32Array.of(3)))).toThrow(
      "anyLoss: labels holds 3 at 0 but must be 0 or 1",
    );
  });
});

/** Row i is a positive at column i. */
const positives = (labels: Tensor<"i32">) =>
  extreme.ints(
    labels,
    Array.from({ length: SIZE * SIZE }, (_, i) => Number(i % (SIZE + 1) === 0)),
  );
const shares = (x: Tensor) => sigmoid(x.reshape([SIZE * SIZE]));

finiteAtExtremes("accuracyLoss", (x, { labels }) => accuracyLoss(shares(x), positives(labels)), { cancels: true });
finiteAtExtremes("balancedAccuracyLoss", (x, { labels }) => balancedAccuracyLoss(shares(x), positives(labels)), {
  cancels: true,
});
finiteAtExtremes("fBetaLoss", (x, { labels }) => fBetaLoss(shares(x), positives(labels)), { cancels: true });
finiteAtExtremes("gMeanLoss", (x, { labels }) => gMeanLoss(shares(x), positives(labels)), { cancels: true });
finiteAtExtremes(
  "anyLoss",
  (x, { labels }) =>
    anyLoss(({ truePositives, falsePositives, falseNegatives }) =>
      truePositives.div(truePositives.add(falsePositives).add(falseNegatives)),
    )(shares(x), positives(labels)),
  { cancels: true },
);
