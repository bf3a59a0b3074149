import { cpu, grad, type Tensor, tensor, valueAndGrad } from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import {
  type LogitAdjustedCrossEntropyOptions,
  logitAdjustedCrossEntropy,
  logitAdjustedMargins,
  pairwiseMarginSoftmaxLoss,
} from "cotangent/methods/longtail";
import { checkGradient, floats, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { gpu, law } from "../../support/law.js";
import { type Batch, batches, gradientOf, lossesOf, scoresOf } from "./support/batches.js";

const strengths = numbers({ min: 0, max: 3 });
// Where a class wins by far the loss is too flat for differences to say anything.
const [gentle, share] = [{ min: -1, max: 1 }, numbers({ min: 0, max: 0.5 })];

const lossOf = (batch: Batch, options?: LogitAdjustedCrossEntropyOptions) => (f: Tensor) =>
  logitAdjustedCrossEntropy(f, tensor(batch.labels), tensor(batch.priors), options);
const totalOf = (batch: Batch, options?: LogitAdjustedCrossEntropyOptions) => (f: Tensor) =>
  lossOf(batch, options)(f).sum();

describe("logitAdjustedCrossEntropy", () => {
  law("is log(1 + Σ (π_c / π_y)^τ exp(f_c − f_y))", batches(), strengths, async (batch, strength) => {
    const expected = lossesOf(batch, (_, c) => strength * Math.log(batch.priors[c]));
    await expectClose(lossOf(batch, { strength })(scoresOf(batch)), expected, { tolerance: 1e-13 });
  });

  law("has gradient softmax(f + τ log π) − onehot(y)", batches(), strengths, async (batch, strength) => {
    const expected = gradientOf(batch, (_, c) => strength * Math.log(batch.priors[c]));
    await expectClose(grad(totalOf(batch, { strength }))(scoresOf(batch)), expected, { tolerance: 1e-13 });
  });

  law("agrees with central differences to second order", batches(gentle), share, async (batch, strength) => {
    await checkGradient(totalOf(batch, { strength }), scoresOf(batch), { order: 2 });
  });

  law("is cross-entropy of f + τ log π, and its pairwise form", batches(), strengths, async (batch, strength) => {
    const [y, priors] = [tensor(batch.labels), tensor(batch.priors)];
    const found = await lossOf(batch, { strength })(scoresOf(batch)).data();
    const shift = tensor(batch.priors.map((prior) => strength * Math.log(prior)));
    await expectClose(sparseSoftmaxCrossEntropy(scoresOf(batch).add(shift), y), found, { tolerance: 1e-13 });
    const pairwise = pairwiseMarginSoftmaxLoss(scoresOf(batch), y, logitAdjustedMargins(priors, { strength }));
    await expectClose(pairwise, found, { tolerance: 1e-13 });
  });

  law("is cross-entropy when τ is 0", batches(), async (batch) => {
    const plain = await sparseSoftmaxCrossEntropy(scoresOf(batch), tensor(batch.labels)).data();
    await expectClose(lossOf(batch, { strength: 0 })(scoresOf(batch)), plain, { tolerance: 0 });
  });

  law(
    "is cross-entropy for every τ when classes are equally frequent",
    batches(),
    strengths,
    async (batch, strength) => {
      const flat = { ...batch, priors: new Float64Array(batch.classes).fill(1 / batch.classes) };
      const plain = await sparseSoftmaxCrossEntropy(scoresOf(batch), tensor(batch.labels)).data();
      await expectClose(lossOf(flat, { strength })(scoresOf(batch)), plain, { tolerance: 1e-13 });
    },
  );

  law("does not change when the logits are shifted", batches(), numbers(), async (batch, by) => {
    const plain = await lossOf(batch)(scoresOf(batch)).data();
    await expectClose(lossOf(batch)(scoresOf(batch).add(by)), plain, { tolerance: 1e-13 });
  });

  law(
    "does not change when classes are renamed",
    batches({}, 5),
    fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }),
    async (batch, order) => {
      const { rows, classes, scores, labels, priors } = batch;
      const renamed = {
        ...batch,
        scores: scores.map((_, i) => scores[i - (i % classes) + order[i % classes]]),
        labels: labels.map((y) => order.indexOf(y)),
        priors: priors.map((_, c) => priors[order[c]]),
      };
      expect(rows).toBe(labels.length);
      const plain = await lossOf(batch)(scoresOf(batch)).data();
      await expectClose(lossOf(renamed)(scoresOf(renamed)), plain, { tolerance: 1e-13 });
    },
  );

  law(
    "is convex in the logits",
    batches().chain((batch) => fc.tuple(fc.constant(batch), floats([batch.rows, batch.classes]))),
    numbers({ min: 0, max: 1 }),
    async ([batch, other], share) => {
      const loss = lossOf(batch);
      const mixed = batch.scores.map((score, i) => share * score + (1 - share) * other[i]);
      const [a, b, between] = await Promise.all(
        [batch.scores, other, mixed].map((values) => loss(scoresOf(batch, values)).data()),
      );
      between.forEach((value, i) => {
        expect(value).toBeLessThanOrEqual(share * a[i] + (1 - share) * b[i] + 1e-13);
      });
    },
  );

  law("reduces by the number of rows", batches(), async (batch) => {
    const each = [...(await lossOf(batch)(scoresOf(batch)).data())];
    const total = each.reduce((sum, value) => sum + value, 0);
    await expectClose(lossOf(batch, { reduction: "sum" })(scoresOf(batch)), [total], { tolerance: 1e-13 });
    await expectClose(lossOf(batch, { reduction: "mean" })(scoresOf(batch)), [total / batch.rows], {
      tolerance: 1e-13,
    });
  });

  it("takes the priors for constants", async () => {
    const x = { f: tensor(Float64Array.of(1, 2), { shape: [1, 2] }), priors: tensor(Float64Array.of(0.3, 0.7)) };
    const slopes = grad(({ f, priors }: typeof x) =>
      logitAdjustedCrossEntropy(f, tensor(Int32Array.of(0)), priors).sum(),
    )(x);
    await expectClose(slopes.priors, [0, 0], { tolerance: 0 });
  });

  it("stays finite, value and gradient, where a class was never seen and where logits are huge", async () => {
    const priors = Float64Array.of(1, 0, 1e-12);
    for (const label of [0, 1, 2]) {
      for (const size of [0, 1, 1e6]) {
        const batch = {
          rows: 1,
          classes: 3,
          labels: Int32Array.of(label),
          priors,
          scores: Float64Array.of(-size, size, 0),
        };
        const { value, grad: slope } = valueAndGrad(totalOf(batch, { strength: 2 }))(scoresOf(batch));
        expect(Number.isFinite(await value.item())).toBe(true);
        expect((await slope.data()).every(Number.isFinite)).toBe(true);
      }
    }
    const zero = {
      rows: 1,
      classes: 2,
      labels: Int32Array.of(1),
      priors: Float64Array.of(1, 0),
      scores: Float64Array.of(0, 0),
    };
    await expectClose(lossOf(zero)(scoresOf(zero)), [Math.log1p(1e12)], { tolerance: 1e-13 });
  });

  it("is 0 with one class", async () => {
    const one = {
      rows: 2,
      classes: 1,
      labels: Int32Array.of(0, 0),
      priors: Float64Array.of(1),
      scores: Float64Array.of(3, -9),
    };
    await expectClose(lossOf(one)(scoresOf(one)), [0, 0], { tolerance: 0 });
    await expectClose(grad(totalOf(one))(scoresOf(one)), [0, 0], { tolerance: 0 });
  });

  it("is the same in single precision on every backend, value and gradient", async () => {
    const on = async (place: { readonly backend?: ReturnType<typeof cpu> }) => {
      const f = tensor([0.4, -1.3, 2, 0.1, 5, -2], { ...place, shape: [2, 3] });
      const labels = tensor(Int32Array.of(2, 0), place);
      const priors = tensor([0.9, 0.0999, 0.0001], place);
      const { value, grad: slope } = valueAndGrad((z: Tensor) => logitAdjustedCrossEntropy(z, labels, priors).sum())(f);
      return [await value.item(), ...(await slope.data())];
    };
    const expected = await on({ backend: cpu() });
    await expectClose(await on({}), expected, { tolerance: 1e-6 }); // single precision
    if (gpu !== undefined) await expectClose(await on({ backend: gpu }), expected, { tolerance: 1e-6 }); // single precision
  });
});

describe("logitAdjustedCrossEntropy, wrong arguments", () => {
  const logits = tensor(new Float64Array([1, 2]), { shape: [1, 2] });
  const half = tensor(new Float64Array([0.5, 0.5]));
  const y = tensor(Int32Array.of(1));

  it("names what is wrong", () => {
    const call = logitAdjustedCrossEntropy;
    expect(() => call(logits, y, half, { strength: -0.5 })).toThrow(
      "logitAdjustedCrossEntropy: strength is -0.5 but must be a finite number ≥ 0; set allowNegative if it is meant",
    );
    expect(() => call(logits, y, half, { strength: -0.5, allowNegative: true })).not.toThrow();
    expect(() => call(logits, y, half, { strength: Number.NaN })).toThrow(
      "logitAdjustedCrossEntropy: strength is NaN but must be a finite number",
    );
    expect(() => call(logits, y, half, { reduction: "max" as "mean" })).toThrow(
      'logitAdjustedCrossEntropy: reduction is "max" but must be one of none, mean, sum',
    );
    expect(() => call(logits, tensor(Int32Array.of(2)), half)).toThrow(
      "logitAdjustedCrossEntropy: labels is 2 at [0] but must be in [0, 2)",
    );
    expect(() => call(logits, tensor(Int32Array.of(0, 1)), half)).toThrow(
      "logitAdjustedCrossEntropy: labels has shape [2] but must be [1]",
    );
    expect(() => call(half, y, half)).toThrow("logitAdjustedCrossEntropy: logits has shape [2] but must have 2 axes");
    expect(() => call(tensor(Float64Array.of(0, Number.NaN), { shape: [1, 2] }), y, half)).toThrow(
      "logitAdjustedCrossEntropy: logits is NaN at [0, 1] but must be finite or -Infinity",
    );
    expect(() => call(tensor(Float64Array.of(0, -Infinity), { shape: [1, 2] }), y, half)).toThrow(
      "logitAdjustedCrossEntropy: logits is -Infinity at [0, 1] but must be finite where the target has mass",
    );
    expect(() => call(logits, y, tensor(Float64Array.of(1, 0, 0)))).toThrow(
      "logitAdjustedCrossEntropy: priors has shape [3] but must be [2]",
    );
    expect(() => call(logits, y, tensor(Float64Array.of(0.2, 0.2)))).toThrow(
      "logitAdjustedCrossEntropy: priors has sum 0.4 but must sum to 1 within 1e-4; classPriors makes them",
    );
  });
});

finiteAtExtremes(
  "logitAdjustedCrossEntropy",
  (x, { labels }) => logitAdjustedCrossEntropy(x, labels, extreme.beside(x, extreme.priorList)),
  { isWeighted: true },
);
