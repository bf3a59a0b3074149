import { argmax, cast, notEqual, randomKey, type Tensor, zeros } from "cotangent";
import { linearSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { expect, it } from "vitest";
import { lbfgs } from "../../../src/methods/optimizers/lbfgs.js";
import { percent, tellClaim } from "../../support/claims.js";
import { gaussianMixture } from "./support/gaussian-mixture.js";

interface Head {
  readonly weights: Tensor;
  readonly bias: Tensor;
}

const [classes, width, count] = [10, 20, 20_000];
const seeds = process.env.COTANGENT_LONG === "1" ? [0, 1, 2, 3] : [0];

/** Share of points whose largest logit is not that of their class. */
const errorOf = (points: Tensor, labels: Tensor<"i32">, { weights, bias }: Head) =>
  cast(notEqual(argmax(points.matmul(weights.transpose()).add(bias), 1), labels), "f64")
    .mean()
    .item();

/** A fit, and what it loses against the Bayes rule. */
async function fitted(seed: number) {
  const key = randomKey(seed);
  const { means, sample } = gaussianMixture(key.at("means"), classes, width, 0.7);
  const [train, test] = [sample(key.at("train"), count), sample(key.at("test"), count)];
  const mean = { reduction: "mean" } as const;
  const start = { weights: zeros([classes, width], { dtype: "f64" }), bias: zeros([classes], { dtype: "f64" }) };

  const { params, stopped, iterations } = await lbfgs(
    ({ weights, bias }: Head) => linearSoftmaxCrossEntropy(train.points, weights, bias, train.labels, mean),
    start,
    { gradientTolerance: 1e-5 },
  );

  // With unit covariance the log-posterior of class c is x·μ_c − |μ_c|²/2, up to a constant: the Bayes rule is a linear head.
  const bayes = { weights: means, bias: means.mul(means).sum(1).mul(-0.5) };
  const lossOf = ({ weights, bias }: Head) =>
    linearSoftmaxCrossEntropy(test.points, weights, bias, test.labels, mean).item();
  const excessError =
    (await errorOf(test.points, test.labels, params)) - (await errorOf(test.points, test.labels, bayes));
  const excessLoss = (await lossOf(params)) - (await lossOf(bayes));
  return { stopped, iterations, excessError, excessLoss };
}

it(
  "softmax regression reaches the Bayes rule of a Gaussian mixture, as theory says it must",
  async () => {
    const fits: Awaited<ReturnType<typeof fitted>>[] = [];
    for (const seed of seeds) fits.push(await fitted(seed));
    tellClaim({
      method: "linearSoftmaxCrossEntropy",
      claim:
        "Softmax regression comes within a point of the Bayes error and 0.012 nats of the Bayes log-loss; theory says 0.0047 nats on average.",
      run: `${classes} Gaussian classes in ${width} dimensions, ${count} training and ${count} test points, L-BFGS, seeds ${seeds.join(", ")}`,
      figure: fits
        .map(
          ({ iterations, excessError, excessLoss }) =>
            `error +${percent(excessError)}, loss +${excessLoss.toFixed(4)} nats, ${iterations} iterations`,
        )
        .join("; "),
      seen: fits.every(({ excessError, excessLoss }) => excessError < 0.01 && excessLoss < 0.012 && excessLoss > 0.001),
    });
    for (const { stopped, iterations, excessError, excessLoss } of fits) {
      expect(stopped).toBe("gradient");
      expect(iterations).toBeLessThanOrEqual(70);
      expect(excessError).toBeLessThan(0.01);
      // The excess of the maximum-likelihood fit is (C − 1)(d + 1) / 2n = 0.0047 on average.
      expect(excessLoss).toBeLessThan(0.012);
      expect(excessLoss).toBeGreaterThan(0.001);
    }
  },
  60_000 * seeds.length,
);
