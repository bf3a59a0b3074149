import { categorical, gather, grad, log, randomKey, type Tensor, tensor, valueAndGrad } from "cotangent";
import {
  biasedNegativeSamplingLoss,
  expectedNceObjective,
  nceLoss,
  negativeSamplingLoss,
} from "cotangent/methods/sampling";
import { checkGradient, checkUnbiased, floats, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { contrasts, contrastsWithNoise, shareOf, smallProblems, tensorsOf } from "./support/contrasts.js";

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

describe("negativeSamplingLoss", () => {
  law(
    "is softplus(−s) of the positive plus the sum or average of softplus(s) of the noise",
    contrasts(),
    fc.boolean(),
    async (scores, average) => {
      const { rows, k } = scores;
      const expected = Array.from({ length: rows }, (_, row) => {
        let ofNoise = 0;
        for (let i = row * k; i < (row + 1) * k; i++) ofNoise += softplus(scores.noise[i]);
        return softplus(-scores.positive[row]) + (average ? ofNoise / k : ofNoise);
      });
      await expectClose(negativeSamplingLoss(tensorsOf(scores), { average }), expected);
    },
  );

  law(
    "has gradient −σ(−s) at the positive and σ(s), over k with average, at the noise",
    contrasts(),
    fc.boolean(),
    async (scores, average) => {
      const loss = (s: { positive: Tensor; noise: Tensor }) => negativeSamplingLoss(s, { average }).sum();
      const slopes = grad(loss)(tensorsOf(scores));
      await expectClose(
        slopes.positive,
        scores.positive.map((s) => -sigmoid(-s)),
      );
      await expectClose(
        slopes.noise,
        scores.noise.map((s) => sigmoid(s) / (average ? scores.k : 1)),
      );
    },
  );

  law("agrees with central differences to second order", contrasts(), fc.boolean(), async (scores, average) => {
    await checkGradient((s) => negativeSamplingLoss(s, { average }).sum(), tensorsOf(scores), { order: 2 });
  });

  law(
    "estimates the expected objective and its gradient without bias",
    smallProblems,
    simplex(5),
    simplex(5),
    floats([5]),
    fc.boolean(),
    async ({ classes, k }, p, q, s, average) => {
      const [data, noise, table] = [
        tensor(shareOf(p, classes)),
        tensor(shareOf(q, classes)),
        tensor(s.slice(0, classes)),
      ];
      const estimate = valueAndGrad((scores: Tensor, positive: Tensor<"i32">, negatives: Tensor<"i32">) =>
        negativeSamplingLoss(
          { positive: gather(scores, positive), noise: gather(scores, negatives) },
          { average },
        ).sum(),
      );
      const objective = average ? "averageNegativeSampling" : "negativeSampling";
      const target = valueAndGrad((scores: Tensor) =>
        expectedNceObjective(scores, data, noise, { negatives: k, objective }),
      );
      await checkUnbiased(
        (key) =>
          estimate(
            table,
            categorical(key.at("data"), log(data), [1]),
            categorical(key.at("noise"), log(noise), [1, k]),
          ),
        target(table),
        randomKey(0),
      );
    },
  );

  law("is noise-contrastive estimation that takes every class for 1/k likely", contrasts(), async (scores) => {
    const flat = (values: Float64Array) => values.map(() => -Math.log(scores.k));
    const log = tensorsOf({ ...scores, positive: flat(scores.positive), noise: flat(scores.noise) });
    await expectClose(negativeSamplingLoss(tensorsOf(scores)), await nceLoss(tensorsOf(scores), log).data());
  });

  law(
    "is with average the loss of the adversarial softmax without its penalty",
    contrastsWithNoise(),
    async ({ scores, log }) => {
      const unpenalized = biasedNegativeSamplingLoss(tensorsOf(scores), tensorsOf(log), { regularization: 0 });
      await expectClose(negativeSamplingLoss(tensorsOf(scores), { average: true }), await unpenalized.data());
    },
  );

  law("stays finite, value and gradient, out to scores of ±1e4", contrasts({ min: -1e4, max: 1e4 }), async (scores) => {
    const loss = (s: { positive: Tensor; noise: Tensor }) => negativeSamplingLoss(s).sum();
    const { value, grad: slopes } = valueAndGrad(loss)(tensorsOf(scores));
    expect(Number.isFinite(await value.item())).toBe(true);
    for (const slope of await slopes.positive.data()) expect(slope >= -1 && slope <= 0).toBe(true);
    for (const slope of await slopes.noise.data()) expect(slope >= 0 && slope <= 1).toBe(true);
  });

  law("is the same averaged or summed over one noise sample", contrasts(), async ({ rows, positive, noise, k }) => {
    const one = { rows, k: 1, positive, noise: noise.filter((_, i) => i % k === 0) };
    await expectClose(negativeSamplingLoss(tensorsOf(one), { average: true }), negativeSamplingLoss(tensorsOf(one)), {
      tolerance: 0,
    });
  });

  it("is 2·log 2 for one sample and scores of 0", async () => {
    const zero = { positive: tensor(new Float64Array(1)), noise: tensor(new Float64Array(1), { shape: [1, 1] }) };
    await expectClose(negativeSamplingLoss(zero), [2 * Math.log(2)]);
  });
});

finiteAtExtremes("negativeSamplingLoss", (x, at) => negativeSamplingLoss(extreme.contrast(x, at)));
