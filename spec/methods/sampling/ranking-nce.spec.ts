import { concat, gather, grad, logSoftmax, type Tensor, tensor, valueAndGrad } from "cotangent";
import { inBatchInfoNce, infoNce, rankingNceLoss } from "cotangent/methods/sampling";
import { checkGradient, floats, numbers, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { contrasts, contrastsWithNoise, shareOf, tensorsOf } from "./support/contrasts.js";
import { minimize } from "./support/minimize.js";

type Pair = { positive: Tensor; noise: Tensor };

/** All sequences of `length` classes. */
function tuples(classes: number, length: number): number[][] {
  if (length === 0) return [[]];
  return tuples(classes, length - 1).flatMap((start) => Array.from({ length: classes }, (_, next) => [...start, next]));
}

const product = (ids: readonly number[], q: Float64Array) => ids.reduce((chance, id) => chance * q[id], 1);

describe("rankingNceLoss", () => {
  law("has gradient softmax(u) minus one at the positive", contrastsWithNoise(), async ({ scores, log }) => {
    const slopes = grad((s: Pair) => rankingNceLoss(s, tensorsOf(log)).sum())(tensorsOf(scores));
    const { rows, k } = scores;
    const weight = Array.from({ length: rows }, (_, row) => Math.exp(scores.positive[row] - log.positive[row]));
    const noise = scores.noise.map((s, i) => Math.exp(s - log.noise[i]));
    const total = weight.map((w, row) => w + noise.slice(row * k, (row + 1) * k).reduce((a, b) => a + b, 0));
    await expectClose(
      slopes.positive,
      weight.map((w, row) => w / total[row] - 1),
    );
    await expectClose(
      slopes.noise,
      noise.map((w, i) => w / total[Math.floor(i / k)]),
    );
  });

  law("is −u₀ + log Σ exp(u), never below 0", contrastsWithNoise(), async ({ scores, log }) => {
    const { rows, k } = scores;
    const expected = Array.from({ length: rows }, (_, row) => {
      const u = [scores.positive[row] - log.positive[row]];
      for (let i = row * k; i < (row + 1) * k; i++) u.push(scores.noise[i] - log.noise[i]);
      return Math.log(u.reduce((sum, x) => sum + Math.exp(x), 0)) - u[0];
    });
    const losses = await rankingNceLoss(tensorsOf(scores), tensorsOf(log)).data();
    await expectClose(losses, expected);
    expect(losses.every((loss) => loss >= 0)).toBe(true);
  });

  law("agrees with central differences to second order", contrastsWithNoise(), async ({ scores, log }) => {
    await checkGradient((s) => rankingNceLoss(s, tensorsOf(log)).sum(), tensorsOf(scores), { order: 2 });
  });

  law(
    "is least, in expectation over the data and the noise, where scores are log p up to a constant",
    fc.constantFrom([2, 3], [3, 2], [4, 1]),
    simplex(4),
    simplex(4),
    async ([classes, k], a, b) => {
      const [p, q] = [shareOf(a, classes), shareOf(b, classes)];
      const all = tuples(classes, k + 1);
      const chances = tensor(Float64Array.from(all, ([first, ...rest]) => p[first] * product(rest, q)));
      const positive = tensor(Int32Array.from(all, ([first]) => first));
      const noise = tensor(Int32Array.from(all.flatMap(([, ...rest]) => rest)), { shape: [all.length, k] });
      const pick = (table: Tensor) => ({ positive: gather(table, positive), noise: gather(table, noise) });
      const objective = (free: Tensor) => {
        const table = concat([free, tensor(new Float64Array(1))]); // one score is fixed: only differences count
        return rankingNceLoss(pick(table), pick(tensor(q.map(Math.log))))
          .mul(chances)
          .sum();
      };
      const found = await minimize(objective, new Float64Array(classes - 1));
      await expectClose(
        found,
        p.slice(0, -1).map((x) => Math.log(x / p[classes - 1])),
        { tolerance: 1e-8 },
      );
    },
  );

  law(
    "does not change when the scores of a row move together",
    contrastsWithNoise(),
    numbers({ min: -10, max: 10 }),
    async ({ scores, log }, shift) => {
      const moved = {
        ...scores,
        positive: scores.positive.map((s) => s + shift),
        noise: scores.noise.map((s) => s + shift),
      };
      await expectClose(
        rankingNceLoss(tensorsOf(moved), tensorsOf(log)),
        await rankingNceLoss(tensorsOf(scores), tensorsOf(log)).data(),
      );
    },
  );

  law(
    "is the logistic loss of u₀ − u₁ with one sample",
    numbers(),
    numbers(),
    numbers({ min: -5, max: 0 }),
    numbers({ min: -5, max: 0 }),
    async (s, n, logS, logN) => {
      const one = (x: number) => tensor(Float64Array.of(x));
      const pair = (x: number, y: number) => ({ positive: one(x), noise: one(y).reshape([1, 1]) });
      await expectClose(rankingNceLoss(pair(s, n), pair(logS, logN)), [Math.log1p(Math.exp(n - logN - (s - logS)))]);
    },
  );

  law("is log(k + 1) where all u are equal", contrasts({ min: -5, max: 0 }), async (log) => {
    await expectClose(
      rankingNceLoss(tensorsOf(log), tensorsOf(log)),
      new Float64Array(log.rows).fill(Math.log(log.k + 1)),
    );
  });

  law("lets no gradient into the noise's log-probability", contrastsWithNoise(), async ({ scores, log }) => {
    const slopes = grad((q: Pair) => rankingNceLoss(tensorsOf(scores), q).sum())(tensorsOf(log));
    expect([...(await slopes.positive.data()), ...(await slopes.noise.data())].every((slope) => slope === 0)).toBe(
      true,
    );
  });

  law(
    "stays finite, value and gradient, out to scores of ±1e4",
    contrastsWithNoise({ min: -1e4, max: 1e4 }),
    async ({ scores, log }) => {
      const { value, grad: slopes } = valueAndGrad((s: Pair) => rankingNceLoss(s, tensorsOf(log)).sum())(
        tensorsOf(scores),
      );
      const values = [await value.item(), ...(await slopes.positive.data()), ...(await slopes.noise.data())];
      expect(values.every(Number.isFinite)).toBe(true);
    },
  );

  it("keeps its digits where the positive wins clearly", async () => {
    const scores = { positive: tensor(Float64Array.of(40)), noise: tensor(Float64Array.of(0), { shape: [1, 1] }) };
    const flat = { positive: tensor(new Float64Array(1)), noise: tensor(new Float64Array(1)) };
    expect((await rankingNceLoss(scores, flat).item()) / Math.exp(-40)).toBeCloseTo(1, 12);
  });
});

describe("infoNce", () => {
  law(
    "is ranking noise-contrastive estimation without the correction",
    contrasts(),
    numbers({ min: -5, max: 0 }),
    async (scores, logQ) => {
      const flat = { ...scores, positive: scores.positive.map(() => logQ), noise: scores.noise.map(() => logQ) };
      await expectClose(infoNce(tensorsOf(scores)), await rankingNceLoss(tensorsOf(scores), tensorsOf(flat)).data());
    },
  );

  law(
    "bounds the mutual information from below: log(k + 1) − E[ℓ] ≤ I, for any scores",
    simplex(6),
    floats([6]),
    fc.integer({ min: 1, max: 3 }),
    async (joint, scores, k) => {
      const ofX = [joint[0] + joint[1] + joint[2], joint[3] + joint[4] + joint[5]];
      const ofY = Float64Array.from({ length: 3 }, (_, y) => joint[y] + joint[3 + y]);
      const information = joint.reduce((sum, p, i) => sum + p * Math.log(p / (ofX[Math.floor(i / 3)] * ofY[i % 3])), 0);
      const draws = tuples(3, k);
      const cases = [...joint.keys()].flatMap((pair) => draws.map((noise) => ({ pair, noise })));
      const chances = tensor(Float64Array.from(cases, ({ pair, noise }) => joint[pair] * product(noise, ofY)));
      const expected = async (s: Float64Array) => {
        const rows = cases.map(({ pair, noise }) => noise.map((y) => s[pair - (pair % 3) + y]));
        const contrast = {
          rows: cases.length,
          k,
          positive: Float64Array.from(cases, ({ pair }) => s[pair]),
          noise: Float64Array.from(rows.flat()),
        };
        return Math.log(k + 1) - (await infoNce(tensorsOf(contrast)).mul(chances).sum().item());
      };
      const best = joint.map((p, i) => Math.log(p / (ofX[Math.floor(i / 3)] * ofY[i % 3])));
      expect(await expected(scores)).toBeLessThanOrEqual(information + 1e-12);
      expect(await expected(best)).toBeLessThanOrEqual(information + 1e-12);
      expect(await expected(best)).toBeGreaterThanOrEqual((await expected(scores)) - 1e-12);
    },
  );
});

describe("inBatchInfoNce", () => {
  law("is the cross-entropy of each row with the diagonal as target", floats([9]), async (values) => {
    const rows = await logSoftmax(tensor(values, { shape: [3, 3] })).data();
    await expectClose(inBatchInfoNce(tensor(values, { shape: [3, 3] })), [-rows[0], -rows[4], -rows[8]]);
  });

  law("is InfoNCE with the other columns as noise", floats([9]), async (values) => {
    const noise = values.filter((_, i) => i % 4 !== 0);
    const contrast = { rows: 3, k: 2, positive: Float64Array.of(values[0], values[4], values[8]), noise };
    await expectClose(inBatchInfoNce(tensor(values, { shape: [3, 3] })), await infoNce(tensorsOf(contrast)).data());
  });

  law("agrees with central differences to second order", floats([4]), async (values) => {
    await checkGradient((s) => inBatchInfoNce(s).sum(), tensor(values, { shape: [2, 2] }), { order: 2 });
  });

  it("stays finite, value and gradient, at scores of ±1e4", async () => {
    const far = tensor(Float64Array.of(1e4, -1e4, 1e4, -1e4), { shape: [2, 2] });
    const { value, grad: slope } = valueAndGrad((s: Tensor) => inBatchInfoNce(s).sum())(far);
    await expectClose(value, [2e4]);
    await expectClose(slope, [0, 0, 1, -1]);
  });

  it("names scores that are no square of two rows or more", () => {
    const right = "but must be [B, B] with B ≥ 2; every row needs another for noise";
    expect(() => inBatchInfoNce(tensor([[0, 0]]))).toThrow(`inBatchInfoNce: scores has shape [1, 2] ${right}`);
    expect(() => inBatchInfoNce(tensor([[0]]))).toThrow(`inBatchInfoNce: scores has shape [1, 1] ${right}`);
    const whole = tensor(new Int32Array(4), { shape: [2, 2] }) as unknown as Tensor;
    expect(() => inBatchInfoNce(whole)).toThrow("inBatchInfoNce: scores is i32 but must be f32 or f64; cast it");
    expect(() => inBatchInfoNce(tensor([0]))).toThrow("inBatchInfoNce: scores has shape [1] but must have 2 axes");
    const withNaN = tensor([
      [0, 0],
      [0, Number.NaN],
    ]);
    expect(() => inBatchInfoNce(withNaN)).toThrow("inBatchInfoNce: scores is NaN but must be a number");
  });
});

finiteAtExtremes("inBatchInfoNce", (x) => inBatchInfoNce(x));

finiteAtExtremes("infoNce", (x, at) => infoNce(extreme.contrast(x, at)));

finiteAtExtremes("rankingNceLoss", (x, at) => rankingNceLoss(extreme.contrast(x, at), extreme.noise(x, at)), {
  isWeighted: true,
});
