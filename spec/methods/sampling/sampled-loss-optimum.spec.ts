import { concat, full, grad, randomKey, type Tensor, tensor } from "cotangent";
import {
  disentangledSampledLoss,
  equalisedTarget,
  logitAdjustTarget,
  type NegativeTarget,
} from "cotangent/methods/sampling";
import { numbers, simplex } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { minimize } from "./support/minimize.js";
import { everyOther } from "./support/negative-schemes.js";
import { ids, sumOf } from "./support/one-row.js";

const key = randomKey(2);

/** Σ_y p(y|x) times the implicit softmax loss of label y, for one x with these scores. */
function risk(scores: Tensor, posterior: Float64Array, target: NegativeTarget): Tensor {
  const classes = scores.size;
  const losses = disentangledSampledLoss(
    full([classes, 1], 1, scores),
    { weights: scores.reshape([classes, 1]) },
    ids(...posterior.keys()),
    everyOther(classes),
    key,
    target,
    { negatives: classes - 1, hits: "resample" },
  );
  return losses.mul(tensor(posterior)).sum();
}

/** The scores of least risk, the first of which is 0. */
async function best(posterior: Float64Array, target: NegativeTarget): Promise<Float64Array> {
  const zero = tensor(Float64Array.of(0));
  const rest = await minimize(
    (x: Tensor) => risk(concat([zero, x]), posterior, target),
    new Float64Array(posterior.length - 1),
  );
  return Float64Array.of(0, ...rest);
}

/** Least-squares slope of y on x. */
function slopeOf(x: Float64Array, y: Float64Array): number {
  const [meanX, meanY] = [sumOf(x) / x.length, sumOf(y) / y.length];
  const across = sumOf(x.map((value, i) => (value - meanX) * (y[i] - meanY)));
  return across / sumOf(x.map((value) => (value - meanX) ** 2));
}

describe("the best scores under disentangledSampledLoss", () => {
  law(
    "are log p(y|x) − τ·log π_y with the target of logit adjustment",
    simplex(4, 0.05),
    simplex(4, 0.05),
    numbers({ min: 0, max: 1.5 }),
    async (posterior, priors, strength) => {
      const target = logitAdjustTarget(priors, { strength });
      const expected = posterior.map((p, y) => Math.log(p) - strength * Math.log(priors[y]));
      const slope = grad((f: Tensor) => risk(f, posterior, target))(tensor(expected));
      await expectClose(slope, new Float64Array(4), { tolerance: 1e-14 });
    },
  );

  it("are found there from anywhere", async () => {
    const [posterior, priors] = [Float64Array.of(0.4, 0.3, 0.2, 0.1), Float64Array.of(0.7, 0.1, 0.15, 0.05)];
    const found = await best(posterior, logitAdjustTarget(priors));
    const expected = posterior.map((p, y) => Math.log(p / priors[y]));
    await expectClose(
      found,
      expected.map((f) => f - expected[0]),
      { tolerance: 1e-10 },
    );
  });

  it("lean away from dominant classes the more, the stronger the equalised target", async () => {
    const priors = Float64Array.of(0.6, 0.25, 0.1, 0.05);
    const away = priors.map((prior) => -Math.log(prior));
    const posteriors = [
      [0.25, 0.25, 0.25, 0.25],
      [0.6, 0.2, 0.1, 0.1],
      [0.1, 0.2, 0.3, 0.4],
    ];
    for (const list of posteriors) {
      const posterior = Float64Array.from(list);
      const slopes: number[] = [];
      for (const strength of [0, 0.25, 0.5, 0.75, 1]) {
        const found = await best(posterior, equalisedTarget(priors, { strength }));
        slopes.push(
          slopeOf(
            away,
            found.map((f, y) => f - Math.log(posterior[y])),
          ),
        );
      }
      expect(Math.abs(slopes[0])).toBeLessThan(1e-10);
      for (let i = 1; i < slopes.length; i++) expect(slopes[i]).toBeGreaterThan(slopes[i - 1]);
    }
  });
});
