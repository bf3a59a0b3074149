import { type Tensor, tensor } from "cotangent";
import { multinomialLogisticRegression } from "cotangent/methods/classification";
import {
  type OrdinalModel,
  prestoFit,
  prestoPredict,
  proportionalOddsFit,
  rareProbabilityMse,
} from "cotangent/methods/longtail";
import { sfc32 } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { tellClaim } from "../../support/claims.js";
import { drawn, type OrdinalExamples, probabilitiesOf } from "./support/ordinal-examples.js";

const long = process.env.COTANGENT_LONG === "1";
const [seeds, lambdas, folds] = long ? [[0, 1, 2, 3, 4], 20, 5] : [[0], 8, 3];
const [n, p, classes] = [2500, 10, 4];

/** Slopes of 0.5, and differences of ±0.5, each with probability ½; again where a class would be impossible. */
function simulated(seed: number): { readonly truth: OrdinalModel; readonly data: OrdinalExamples } {
  const random = sfc32(seed);
  for (let attempt = 0; ; attempt++) {
    const slopes = new Float64Array(3 * p);
    for (let at = 0; at < slopes.length; at++) {
      const change = random() < 0.5 ? 0.5 : 0;
      slopes[at] = at < p ? change : slopes[at - p] + (random() < 0.5 ? change : -change);
    }
    const truth = { classes, features: p, intercepts: Float64Array.of(0, 3.5, 5.5), slopes };
    const data = drawn(truth, n, 1000 * seed + attempt);
    const isOrdered = data.inputs.every((x) => probabilitiesOf(truth, x).every((chance) => chance > 0));
    const counts = [0, 1, 2, 3].map((k) => data.labels.filter((label) => label === k).length);
    if (isOrdered && Math.min(...counts) >= 5) return { truth, data };
  }
}

/** Logistic regression of the last class alone, held back by next to nothing. */
async function logistic({ inputs, labels }: OrdinalExamples): Promise<Float64Array> {
  const x = tensor(Float64Array.from(inputs.flatMap((row) => [...row])), { shape: [n, p] }) as Tensor;
  const y = tensor(labels.map((label) => Number(label === classes - 1)));
  const { weights, bias } = await multinomialLogisticRegression(x, y, {
    classes: 2,
    inverseRegularization: 1e6,
    tolerance: 1e-7,
  });
  const [w, b] = [await weights.data(), await bias.data()];
  for (const part of [x, y, weights, bias]) part.dispose();
  return Float64Array.from(inputs, (row) => {
    const score = row.reduce((sum, v, j) => sum + v * (w[p + j] - w[j]), b[1] - b[0]);
    return 1 / (1 + Math.exp(-score));
  });
}

const median = (list: readonly number[]) => [...list].sort((a, b) => a - b)[list.length >> 1];

describe("prestoFit where the last of four steps is rare", () => {
  it("estimates its probability better than proportional odds, and those better than logistic regression", async () => {
    const runs: { share: number; errors: [number, number, number] }[] = [];
    for (const seed of seeds) {
      const { truth, data } = simulated(seed);
      const { inputs, labels } = data;
      const truths = Float64Array.from(inputs, (x) => probabilitiesOf(truth, x)[classes - 1]);
      const last = (model: OrdinalModel) =>
        prestoPredict(model, inputs).probabilities.filter((_, at) => at % classes === classes - 1);
      const presto = rareProbabilityMse(
        last(prestoFit(inputs, labels, { classes, lambdas, folds, tolerance: 1e-5 })),
        truths,
      );
      const odds = rareProbabilityMse(last(proportionalOddsFit(inputs, labels, { classes })), truths);
      const separate = rareProbabilityMse(await logistic(data), truths);
      const share = labels.filter((label) => label === classes - 1).length / n;
      runs.push({ share, errors: [presto, odds, separate] });
    }
    const medians = [0, 1, 2].map((i) => median(runs.map(({ errors }) => errors[i])));
    tellClaim({
      method: "prestoFit",
      claim: "it estimates rare probabilities better than proportional odds, and those better than logistic regression",
      run: `${n} examples of ${p} inputs in ${classes} classes, ${lambdas} values of λ, ${folds} parts, ${seeds.length} of 5 seeds`,
      figure: `median squared errors, in millionths, ${medians.map((error) => (1e6 * error).toFixed(0)).join(", ")}; by seed ${runs
        .map(
          ({ errors, share }) =>
            `${errors.map((error) => (1e6 * error).toFixed(0)).join(" ")} at a share of ${(100 * share).toFixed(2)} %`,
        )
        .join("; ")}`,
      seen: medians[0] < medians[1] && medians[1] < medians[2],
    });
    expect(medians[0]).toBeLessThan(medians[1]);
    expect(medians[1]).toBeLessThan(medians[2]);
  }, 900_000);
});
