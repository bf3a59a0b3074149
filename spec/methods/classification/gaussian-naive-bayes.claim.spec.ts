import { randomKey, type Tensor, tensor } from "cotangent";
import {
  GaussianNaiveBayes,
  gaussianMixtureBenchmark,
  type LabelledRows,
  multinomialLogisticRegression,
  samplesToReach,
} from "cotangent/methods/classification";
import { describe, expect, it } from "vitest";
import { tellClaim } from "../../support/claims.js";

const long = process.env.COTANGENT_LONG === "1";
const [widths, runs, tests, share] = long ? [[50, 100, 200, 400], 2, 10_000, 20] : [[30, 120], 1, 2000, 6];

const naiveBayes = ({ inputs, labels }: LabelledRows) => {
  const classifier = new GaussianNaiveBayes({ classes: 2, features: inputs[0].length });
  classifier.update(inputs, labels);
  return classifier;
};

async function logisticRegression({ inputs, labels }: LabelledRows) {
  const d = inputs[0].length;
  const x = tensor(Float64Array.from(inputs.flatMap((row) => Array.from(row))), {
    shape: [inputs.length, d],
  }) as Tensor;
  const y = tensor(Int32Array.from(labels));
  const { weights, bias } = await multinomialLogisticRegression(x, y, { classes: 2, tolerance: 1e-4 });
  const [w, b] = [await weights.data(), await bias.data()];
  for (const part of [x, y, weights, bias]) part.dispose();
  const predict = (input: ArrayLike<number>) => {
    let score = b[1] - b[0];
    for (let j = 0; j < d; j++) score += (w[d + j] - w[j]) * input[j];
    return score > 0 ? 1 : 0;
  };
  return { predict };
}

describe("GaussianNaiveBayes against logistic regression", () => {
  it("needs hardly more examples in more dimensions, where logistic regression needs as many times more", async () => {
    const counts: { bayes: number[]; logistic: number[] }[] = [];
    for (let run = 0; run < runs; run++) {
      const [bayes, logistic]: [number[], number[]] = [[], []];
      for (const d of widths) {
        const key = randomKey(run).at(d);
        const benchmark = gaussianMixtureBenchmark({ features: d });
        const pool = await benchmark.draw(key.at("pool"), 3 * d);
        const test = await benchmark.draw(key.at("test"), tests);
        const few = await samplesToReach(naiveBayes, pool, test, key.at("bayes"), { step: 1 });
        const many = await samplesToReach(logisticRegression, pool, test, key.at("logistic"), {
          step: Math.ceil(d / share),
        });
        bayes.push(few.samples ?? Number.NaN);
        logistic.push(many.samples ?? Number.NaN);
      }
      counts.push({ bayes, logistic });
    }
    const growth = (list: number[]) => list[list.length - 1] / list[0];
    const range = widths[widths.length - 1] / widths[0];
    tellClaim({
      method: "GaussianNaiveBayes",
      claim: "naive Bayes needs O(log d) examples to come near its asymptote, logistic regression O(d)",
      run: `two normals in d = ${widths.join(", ")}, examples to an error within 1 % of Bayes', ${runs} of 2 runs`,
      figure: counts
        .map(({ bayes, logistic }) => `naive Bayes ${bayes.join(", ")}, logistic regression ${logistic.join(", ")}`)
        .join("; "),
      seen: counts.every(({ bayes, logistic }) => growth(bayes) <= 2 && growth(logistic) >= range / 2),
    });
    for (const { bayes, logistic } of counts) {
      expect(growth(bayes)).toBeLessThanOrEqual(2);
      expect(growth(logistic)).toBeGreaterThanOrEqual(range / 2);
    }
  }, 600_000);
});
