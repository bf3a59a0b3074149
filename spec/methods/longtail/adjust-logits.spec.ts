import { cpu, grad, softmax, type Tensor, tensor } from "cotangent";
import { adjustLogits } from "cotangent/methods/longtail";
import { checkGradient, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { gpu, law } from "../../support/law.js";
import { batches, scoresOf } from "./support/batches.js";

const strengths = numbers({ min: 0, max: 3 });
const temperatures = numbers({ min: 0.3, max: 3 });

/** The largest of each row, ties to the rarer class. */
function predictionsOf(scores: ArrayLike<number>, priors: ArrayLike<number>): number[] {
  const classes = priors.length;
  return Array.from({ length: scores.length / classes }, (_, i) => {
    let best = 0;
    for (let c = 1; c < classes; c++) {
      const ahead = scores[i * classes + c] - scores[i * classes + best];
      if (ahead > 0 || (ahead === 0 && priors[c] < priors[best])) best = c;
    }
    return best;
  });
}

describe("adjustLogits", () => {
  law("subtracts τ log π", batches(), strengths, async (batch, strength) => {
    const { priors, scores, classes } = batch;
    const expected = scores.map((score, i) => score - strength * Math.log(priors[i % classes]));
    await expectClose(adjustLogits(scoresOf(batch), tensor(priors), { strength }), expected, { tolerance: 1e-14 });
  });

  law("divides probabilities by π^τ", batches(), strengths, async (batch, strength) => {
    const { priors, rows, classes } = batch;
    const adjusted = softmax(adjustLogits(scoresOf(batch), tensor(priors), { strength }));
    const plain = Float64Array.from(await softmax(scoresOf(batch)).data());
    const ratios = plain.map((p, i) => p / priors[i % classes] ** strength);
    for (let i = 0; i < rows; i++) {
      const row = ratios.subarray(i * classes, (i + 1) * classes);
      const total = row.reduce((sum, ratio) => sum + ratio, 0);
      for (let c = 0; c < classes; c++) row[c] /= total;
    }
    await expectClose(adjusted, ratios, { tolerance: 1e-13 });
  });

  law(
    "at temperature T predicts as with Tτ without",
    batches({}, 2),
    strengths,
    temperatures,
    async (batch, strength, t) => {
      const { priors } = batch;
      const cooled = adjustLogits(scoresOf(batch).div(t), tensor(priors), { strength }).mul(t);
      const plain = adjustLogits(scoresOf(batch), tensor(priors), { strength: t * strength });
      await expectClose(cooled, plain, { tolerance: 1e-13 });
    },
  );

  law("never moves a prediction to a more frequent class", batches({}, 2), async (batch) => {
    const { rows, priors } = batch;
    let before = Array<number>(rows).fill(2);
    for (let strength = 0; strength <= 4; strength += 0.25) {
      const adjusted = await adjustLogits(scoresOf(batch), tensor(priors), { strength }).data();
      const now = predictionsOf(adjusted, priors).map((c) => priors[c]);
      now.forEach((prior, i) => {
        expect(prior).toBeLessThanOrEqual(before[i]);
      });
      before = now;
    }
  });

  law("keeps the order of classes with equal priors", batches({}, 2), strengths, async (batch, strength) => {
    const { classes } = batch;
    const flat = tensor(new Float64Array(classes).fill(1 / classes));
    const adjusted = await adjustLogits(scoresOf(batch), flat, { strength }).data();
    batch.scores.forEach((score, i) => {
      expect(adjusted[i] - adjusted[0]).toBeCloseTo(score - batch.scores[0], 12);
    });
  });

  it("is linear in the logits and takes no gradient to the priors", async () => {
    const priors = tensor(new Float64Array([0.7, 0.2, 0.1]));
    const x = { logits: tensor(new Float64Array([0.3, -1, 2]), { shape: [1, 3] }), priors };
    await checkGradient((z: Tensor) => softmax(adjustLogits(z, priors)).mul(priors).sum(), x.logits, { order: 2 });
    const slopes = grad((all: typeof x) => adjustLogits(all.logits, all.priors).sum())(x);
    await expectClose(slopes.logits, [1, 1, 1], { tolerance: 0 });
    await expectClose(slopes.priors, [0, 0, 0], { tolerance: 0 });
  });

  it("floors priors at 1e-12, keeps −∞, and takes one class", async () => {
    const adjusted = adjustLogits(
      tensor(new Float64Array([1, -Infinity]), { shape: [1, 2] }),
      tensor(Float64Array.of(1, 0)),
    );
    await expectClose(adjusted, [1, -Infinity], { tolerance: 0 });
    const floored = adjustLogits(tensor(new Float64Array([1, 2]), { shape: [1, 2] }), tensor(Float64Array.of(1, 0)));
    await expectClose(floored, [1, 2 + 12 * Math.LN10], { tolerance: 1e-14 });
    await expectClose(adjustLogits(tensor(new Float64Array([4]), { shape: [1, 1] }), tensor(Float64Array.of(1))), [4]);
  });

  it("is the same in single precision on every backend", async () => {
    const on = (place: { readonly backend?: ReturnType<typeof cpu> }) =>
      adjustLogits(
        tensor([0.4, -1.3, 2, 0.1, 5, -2], { ...place, shape: [2, 3] }),
        tensor([0.9, 0.0999, 0.0001], place),
        { strength: 1.5 },
      ).data();
    const expected = await on({ backend: cpu() });
    await expectClose(await on({}), expected, { tolerance: 1e-6 }); // single precision
    if (gpu !== undefined) await expectClose(await on({ backend: gpu }), expected, { tolerance: 1e-6 }); // single precision
  });
});

describe("adjustLogits, wrong arguments", () => {
  const logits = tensor(new Float64Array([1, 2]), { shape: [1, 2] });
  const half = tensor(new Float64Array([0.5, 0.5]));

  it("names what is wrong", () => {
    expect(() => adjustLogits(logits, half, { strength: -1 })).toThrow(
      "adjustLogits: strength is -1 but must be a finite number ≥ 0; set allowNegative if it is meant",
    );
    expect(() => adjustLogits(logits, half, { strength: -1, allowNegative: true })).not.toThrow();
    for (const strength of [Number.NaN, Infinity, -Infinity]) {
      expect(() => adjustLogits(logits, half, { strength, allowNegative: true })).toThrow(
        `adjustLogits: strength is ${strength} but must be a finite number`,
      );
    }
    expect(() => adjustLogits(half, half)).toThrow("adjustLogits: logits has shape [2] but must have 2 axes");
    expect(() => adjustLogits(tensor(Float64Array.of(Number.NaN, 0), { shape: [1, 2] }), half)).toThrow(
      "adjustLogits: logits is NaN at [0, 0] but must be finite or -Infinity",
    );
    expect(() => adjustLogits(logits, tensor(Float64Array.of(1)))).toThrow(
      "adjustLogits: priors has shape [1] but must be [2]",
    );
    expect(() => adjustLogits(logits, tensor([[0.5, 0.5]]))).toThrow(
      "adjustLogits: priors has shape [1, 2] but must have 1 axis",
    );
    expect(() => adjustLogits(logits, tensor([0.5, 0.5]))).toThrow(
      "adjustLogits: priors is f32 but must match logits, f64; cast one of them",
    );
    expect(() => adjustLogits(logits, tensor(Float64Array.of(1.5, -0.5)))).toThrow(
      "adjustLogits: priors is 1.5 at [0] but must be in [0, 1]",
    );
    expect(() => adjustLogits(logits, tensor(Float64Array.of(0.5, Number.NaN)))).toThrow(
      "adjustLogits: priors is NaN at [1] but must be in [0, 1]",
    );
    expect(() => adjustLogits(logits, tensor(Float64Array.of(0.5, 0.5009765625)))).toThrow(
      "adjustLogits: priors has sum 1.0009765625 but must sum to 1 within 1e-4; classPriors makes them",
    );
    expect(() => adjustLogits(logits, tensor(Float64Array.of(0.5, 0.50006103515625)))).not.toThrow();
    expect(() => adjustLogits(logits, tensor(Float64Array.of(0.5, 0.25)))).toThrow(
      "adjustLogits: priors has sum 0.75 but must sum to 1 within 1e-4; classPriors makes them",
    );
  });
});
