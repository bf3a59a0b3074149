import { grad, type Tensor, tensor } from "cotangent";
import {
  ldrKlLoss,
  ldrWeights,
  normalizeLogitsMean,
  sparseSoftmaxCrossEntropy,
} from "cotangent/methods/classification";
import { checkGradient, floats, ids, numbers, simplex } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectSameOnBackends } from "./support/agreement.js";
import { rowsOf, softmaxOf } from "./support/closed-forms.js";

const [rows, classes] = [3, 4];
const logits = floats([rows, classes]);
const labels = ids(rows, classes);
const lambdas = numbers({ min: 0.1, max: 10 });
const margins = numbers({ min: 0, max: 1 });
const matrix = (values: ArrayLike<number>, width = classes) =>
  tensor(Float64Array.from(values), { shape: [values.length / width, width] });
/** `f_k − f_y + c [k ≠ y]`, row by row. */
const leads = (f: Float64Array, y: Int32Array, c: number) =>
  rowsOf(f, classes).map((row, i) => row.map((score, k) => score - row[y[i]] + (k === y[i] ? 0 : c)));
const divergence = (p: ArrayLike<number>) =>
  Array.from(p).reduce((sum, share) => (share > 0 ? sum + share * Math.log(share * p.length) : sum), 0);

describe("ldrKlLoss", () => {
  law(
    "is λ log of a mean, the largest value of its variational form",
    logits,
    labels,
    lambdas,
    margins,
    simplex(classes, 0),
    async (f, y, temperature, margin, p) => {
      const losses = await ldrKlLoss(matrix(f), tensor(y), { temperature, margin }).data();
      const best = rowsOf(await ldrWeights(matrix(f), tensor(y), { temperature, margin }).data(), classes);
      leads(f, y, margin).forEach((m, i) => {
        const mean = m.reduce((sum, lead) => sum + Math.exp(lead / temperature), 0) / classes;
        const at = (weights: ArrayLike<number>) =>
          m.reduce((sum, lead, k) => sum + weights[k] * lead, 0) - temperature * divergence(weights);
        expect(Math.abs(losses[i] - temperature * Math.log(mean))).toBeLessThan(1e-11);
        expect(Math.abs(losses[i] - at(best[i]))).toBeLessThan(1e-11);
        expect(losses[i]).toBeGreaterThanOrEqual(at(p) - 1e-12);
      });
    },
  );

  law("has gradient p − e_y", logits, labels, lambdas, margins, async (f, y, temperature, margin) => {
    const slope = grad((x: Tensor) => ldrKlLoss(x, tensor(y), { temperature, margin }).sum())(matrix(f));
    const expected = leads(f, y, margin).flatMap((m, i) =>
      softmaxOf(m.map((lead) => lead / temperature)).map((share, k) => share - Number(k === y[i])),
    );
    await expectClose(slope, expected, { tolerance: 1e-12 });
  });

  law(
    "agrees with finite differences to second order, normalized too",
    logits,
    labels,
    numbers({ min: 0.5, max: 10 }),
    async (f, y, temperature) => {
      for (const normalization of ["none", "softplus"] as const) {
        const loss = (x: Tensor) =>
          ldrKlLoss(x, tensor(y), { temperature, normalization })
            .mul(tensor(Float64Array.of(1, 3, -2)))
            .sum();
        await checkGradient(loss, matrix(f), { order: 2 });
      }
    },
  );

  law("is cross-entropy less log K at λ = 1 without margin", logits, labels, async (f, y) => {
    const expected = await sparseSoftmaxCrossEntropy(matrix(f), tensor(y)).sub(Math.log(classes)).data();
    await expectClose(ldrKlLoss(matrix(f), tensor(y), { margin: 0 }), expected, { tolerance: 1e-12 });
  });

  law(
    "tends to the largest lead as λ → 0, and to the mean lead as λ → ∞",
    logits,
    labels,
    margins,
    async (f, y, margin) => {
      const m = leads(f, y, margin);
      const largest = m.map((row) => Math.max(...row));
      await expectClose(ldrKlLoss(matrix(f), tensor(y), { temperature: 1e-12, margin }), largest, { tolerance: 1e-11 });
      const means = m.map((row) => row.reduce((sum, lead) => sum + lead, 0) / classes);
      // What is missing is half the variance over λ.
      await expectClose(ldrKlLoss(matrix(f), tensor(y), { temperature: 1e10, margin }), means, { tolerance: 1e-8 });
      expect(Math.min(...largest)).toBeGreaterThanOrEqual(0);
    },
  );

  law("sums to 0 over the labels as λ → ∞", floats([classes]), async (f) => {
    const repeated = Float64Array.from({ length: classes * classes }, (_, i) => f[i % classes]);
    const all = ldrKlLoss(matrix(repeated), tensor(Int32Array.of(0, 1, 2, 3)), {
      temperature: 1e10,
      margin: 0,
      reduction: "sum",
    });
    await expectClose(all, [0], { tolerance: 1e-8 }); // half the variance over λ
  });

  law(
    "falls with λ, at the rate of the divergence, and is convex in it",
    logits,
    labels,
    lambdas,
    lambdas,
    async (f, y, a, b) => {
      const at = async (temperature: number) => [...(await ldrKlLoss(matrix(f), tensor(y), { temperature }).data())];
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      const [left, right, middle] = [await at(low), await at(high), await at((low + high) / 2)];
      const h = 1e-4 * a;
      const [before, after] = [await at(a - h), await at(a + h)];
      const weights = rowsOf(await ldrWeights(matrix(f), tensor(y), { temperature: a }).data(), classes);
      for (let i = 0; i < rows; i++) {
        expect(right[i]).toBeLessThanOrEqual(left[i] + 1e-12);
        expect(middle[i]).toBeLessThanOrEqual((left[i] + right[i]) / 2 + 1e-12);
        expect(Math.abs((after[i] - before[i]) / (2 * h) + divergence(weights[i]))).toBeLessThan(1e-5);
      }
    },
  );

  law(
    "is convex in the logits, which may be shifted",
    logits,
    logits,
    labels,
    lambdas,
    async (f, g, y, temperature) => {
      const at = (values: Float64Array) => ldrKlLoss(matrix(values), tensor(y), { temperature }).data();
      const [left, right] = [await at(f), await at(g)];
      const middle = await at(f.map((score, i) => (score + g[i]) / 2));
      middle.forEach((value, i) => {
        expect(value).toBeLessThanOrEqual((left[i] + right[i]) / 2 + 1e-12);
      });
      await expectClose(await at(f.map((score) => score + 7)), left, { tolerance: 1e-12 });
    },
  );

  law("takes normalized logits as normalizeLogitsMean gives them", logits, labels, async (f, y) => {
    for (const normalization of ["softplus", "absolute"] as const) {
      const before = normalizeLogitsMean(matrix(f), normalization);
      const expected = await ldrKlLoss(before, tensor(y), { temperature: 10 }).data();
      await expectClose(ldrKlLoss(matrix(f), tensor(y), { temperature: 10, normalization }), expected, {
        tolerance: 0,
      });
    }
  });

  it("is 0 for a single class, reduces, and stays finite far out", async () => {
    const loss = (values: number[], width: number, options: Parameters<typeof ldrKlLoss>[2] = {}) =>
      ldrKlLoss(matrix(values, width), tensor(new Int32Array(values.length / width)), options);
    await expectClose(loss([5, -5], 1, { temperature: 3 }), [0, 0], { tolerance: 0 });
    const each = await loss([1, 2, 0, 3], 2).data();
    await expectClose(loss([1, 2, 0, 3], 2, { reduction: "mean" }), [(each[0] + each[1]) / 2], { tolerance: 1e-15 });
    await expectClose(loss([1, 2, 0, 3], 2, { reduction: "sum" }), [each[0] + each[1]], { tolerance: 1e-15 });
    await expectClose(loss([-1e4, 1e4], 2, { temperature: 0.1, margin: 0 }), [2e4 - 0.1 * Math.LN2], {
      tolerance: 1e-15,
    });
    await expectClose(loss([1e4, -1e4], 2, { temperature: 0.1, margin: 0 }), [-0.1 * Math.LN2], { tolerance: 1e-15 });
  });

  it("is the same in single precision on every backend, value and gradient", async () => {
    await expectSameOnBackends((y) => (x) => ldrKlLoss(x, y, { temperature: 10, normalization: "softplus" }).sum());
  });

  it("names what is wrong", () => {
    const [f, y] = [matrix([0, 0], 2), tensor(Int32Array.of(1))];
    for (const [name, call] of [
      ["ldrKlLoss", ldrKlLoss],
      ["ldrWeights", ldrWeights],
    ] as const) {
      expect(() => call(f, y, { temperature: 0 })).toThrow(`${name}: temperature is 0 but must be a finite number > 0`);
      expect(() => call(f, y, { margin: -1 })).toThrow(`${name}: margin is -1 but must be a finite number ≥ 0`);
      expect(() => call(f, tensor(Int32Array.of(-1)))).toThrow(`${name}: labels is -1 at [0] but must be in [0, 2)`);
      expect(() => call(matrix([0, Number.NaN], 2), y)).toThrow(
        `${name}: logits holds NaN at 1 but must hold finite numbers`,
      );
      expect(() => call(tensor(Int32Array.of(0, 0), { shape: [1, 2] }) as unknown as Tensor, y)).toThrow(
        `${name}: logits is i32 but must be f32 or f64; cast it`,
      );
      expect(() => call(f.reshape([2]), y)).toThrow(`${name}: logits has shape [2] but must have 2 axes`);
      expect(() => call(tensor(new Float64Array(0), { shape: [1, 0] }), y)).toThrow(
        `${name}: logits has shape [1, 0] but must have a class`,
      );
      expect(() => call(f, y, { normalization: "l2" as "none" })).toThrow(
        `${name}: normalization is "l2" but must be one of none, softplus, absolute`,
      );
    }
    expect(() => ldrKlLoss(f, y, { reduction: "max" as "mean" })).toThrow(
      'ldrKlLoss: reduction is "max" but must be one of none, mean, sum',
    );
  });
});

finiteAtExtremes("ldrKlLoss", {
  plain: (x, { labels }) => ldrKlLoss(x, labels, { margin: 0.125 }),
  robust: {
    run: (x, { labels }) => ldrKlLoss(x, labels, { temperature: 10, normalization: "softplus" }),
    cancels: true,
  },
});
