import { softplus, type Tensor, tensor, zeros } from "cotangent";
import {
  type InputFeatures,
  LinearProbabilisticClassifier,
  oneHotFeatures,
  thresholdFeatures,
} from "cotangent/methods/classification";
import { lbfgs } from "cotangent/methods/optimizers";
import { describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";
import { type Task, tasks, uniforms } from "./support/gaussian-tasks.js";

const long = process.env.COTANGENT_LONG === "1";
const [repetitions, tests] = long ? [12, 10_000] : [2, 2000];

/** What came out of one task and size, means over the repetitions. */
interface Outcome {
  readonly lower: number;
  readonly upper: number;
  readonly error: number;
  readonly likeliest: number;
  /** Of logistic regression on the same features, with two classes. */
  readonly logistic: number;
  /** Repetitions in which the true error lies within 0.02 of the bounds. */
  readonly inside: number;
}

async function outcomeOf({ classes, width, draw }: Task, n: number): Promise<Outcome> {
  const sums = { lower: 0, upper: 0, error: 0, likeliest: 0, logistic: 0, inside: 0 };
  for (let seed = 0; seed < repetitions; seed++) {
    const next = uniforms(1 + seed);
    const train = Array.from({ length: n }, () => draw(next));
    const test = Array.from({ length: tests }, () => draw(next));
    const [inputs, labels] = [train.map(({ x }) => x), train.map(({ y }) => y)];
    const psi = thresholdFeatures(inputs, labels, { classes, splits: "quantiles", thresholds: 40 / width });
    const classifier = new LinearProbabilisticClassifier(oneHotFeatures(psi, classes), inputs, labels);
    const [lower, upper] = [classifier.lowerRisk(), classifier.upperRisk];
    const error = test.reduce((sum, { x, y }) => sum + 1 - classifier.probabilities(x)[y], 0) / tests;
    sums.lower += lower / repetitions;
    sums.upper += upper / repetitions;
    sums.error += error / repetitions;
    sums.likeliest += test.filter(({ x, y }) => classifier.predict(x) !== y).length / tests / repetitions;
    if (classes === 2) {
      const predict = await logisticOf(psi, inputs, labels);
      sums.logistic += test.filter(({ x, y }) => predict(x) !== y).length / tests / repetitions;
    }
    sums.inside += Number(error >= lower - 0.02 && error <= upper + 0.02);
  }
  return sums;
}

/** Predictions of logistic regression with a little weight decay. */
async function logisticOf(psi: InputFeatures, inputs: number[][], labels: number[]) {
  const rows = tensor(Float64Array.from(inputs.flatMap((x) => [...psi.of(x)])), {
    shape: [inputs.length, psi.features],
  });
  const signs = tensor(Float64Array.from(labels, (y) => 1 - 2 * y));
  const loss = (w: Tensor) =>
    softplus(rows.matmul(w).mul(signs))
      .mean()
      .add(
        w
          .mul(w)
          .sum()
          .mul(0.5 / inputs.length),
      );
  const { params } = await lbfgs(loss, zeros([psi.features], { dtype: "f64" }), { gradientTolerance: 1e-4 });
  const weights = await params.data();
  params.dispose();
  return (x: number[]) => Number(psi.of(x).reduce((sum, value, j) => sum + value * weights[j], 0) > 0);
}

describe("LinearProbabilisticClassifier's bounds", () => {
  it.each(tasks)(
    "enclose the true error on $name, and close in with n",
    async (task) => {
      const [small, large] = [await outcomeOf(task, 200), await outcomeOf(task, 800)];
      const enough = long ? 0.8 * repetitions : repetitions - 1;
      const width = ({ lower, upper }: Outcome) => upper - lower;
      const about = {
        method: "LinearProbabilisticClassifier",
        run: `${task.name}, 200 and 800 examples, 40 indicators, ${tests} tests, ${repetitions} seeds`,
      };
      tellClaim({
        ...about,
        claim: "The bounds enclose the true error, to 0.02.",
        figure: `in ${small.inside} and ${large.inside} of ${repetitions} runs; lower bound / error / upper bound at 800 ${[large.lower, large.error, large.upper].map((risk) => risk.toFixed(3)).join(" / ")}`,
        seen: small.inside >= enough && large.inside >= 0.9 * repetitions,
      });
      tellClaim({
        ...about,
        claim: "The bounds are not conservative: they are less than 0.25 apart, and close in with n.",
        figure: `${width(small).toFixed(3)} and ${width(large).toFixed(3)} apart`,
        seen: width(small) < 0.25 && width(large) < width(small),
      });
      if (task.classes === 2) {
        tellClaim({
          ...about,
          claim:
            "Its likeliest class errs more often than logistic regression on the same features, by less than 0.09.",
          figure: [small, large]
            .map(({ likeliest, logistic }) => `${percent(likeliest)} against ${percent(logistic)}`)
            .join(", "),
          seen: [small, large].every(({ likeliest, logistic }) => likeliest - logistic < 0.09 && likeliest > logistic),
        });
      }
      expect(small.inside).toBeGreaterThanOrEqual(enough);
      expect(large.inside).toBeGreaterThanOrEqual(0.9 * repetitions);
      expect(width(small)).toBeLessThan(0.25);
      expect(width(large)).toBeLessThan(width(small));
      if (task.classes > 2) return;
      for (const { likeliest, logistic } of [small, large]) {
        expect(likeliest - logistic).toBeLessThan(0.09);
        expect(likeliest).toBeGreaterThan(logistic); // it is the price of the guarantee
      }
    },
    600_000,
  );
});
