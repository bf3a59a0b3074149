import { randomKey } from "cotangent";
import {
  generalizedLassoRecovery,
  huberRecovery,
  type ReluMeasurementsSample,
  type RobustRecovery,
  sampleReluMeasurements,
} from "cotangent/methods/lowrank";
import { describe, expect, it } from "vitest";
import { tellClaim } from "../../support/claims.js";

const long = process.env.COTANGENT_LONG === "1";
const trials = long ? 100 : 20;
const dimensions = [200, 800, 3200];

describe("generalizedLassoRecovery of a unit vector of 10 numbers", () => {
  it.each([0.05, 0])(
    "has an error that halves as measurements quadruple, with a share %d of outliers",
    async (share) => {
      const [robust, plain]: [number[], number[]] = [[], []];
      for (const dimension of dimensions) {
        let [ours, leastSquares] = [0, 0];
        for (let trial = 0; trial < trials; trial++) {
          const outliers = Math.round(share * dimension);
          const options = { dimension, unknowns: 10, outliers, outlierSize: 20, noise: 0.02 };
          const problem = await sampleReluMeasurements(randomKey(trial), options);
          ours += errorOf(generalizedLassoRecovery(problem, { threshold: 1, tolerance: 1e-6 }), problem) / trials;
          leastSquares += errorOf(huberRecovery(problem, { threshold: Number.POSITIVE_INFINITY }), problem) / trials;
        }
        robust.push(ours);
        plain.push(leastSquares);
      }
      const ratios = robust.slice(1).map((error, i) => robust[i] / error);
      const most = share > 0 ? 0.25 : 1.1; // clean, it costs no more than a tenth
      const figures = (list: number[]) => list.map((value) => value.toFixed(3)).join(", ");
      const about = {
        method: "generalizedLassoRecovery",
        run: `10 unknowns, d = ${dimensions.join(", ")}, ${100 * share} % outliers of size 20, noise 0.02, means of ${trials} trials`,
      };
      tellClaim({
        ...about,
        claim: "The error falls as √(log d / d): it about halves as measurements quadruple.",
        figure: `${figures(robust)}: ratios ${figures(ratios)}`,
        seen: ratios.every((ratio) => ratio > 1.6 && ratio < 2.6),
      });
      tellClaim({
        ...about,
        claim:
          "The error is less than a quarter of that of least squares with outliers, and at most a tenth more without.",
        figure: `${figures(robust)} against ${figures(plain)}`,
        seen: robust.every((error, i) => error < most * plain[i]),
      });
      for (const ratio of ratios) {
        expect(ratio).toBeGreaterThan(1.6);
        expect(ratio).toBeLessThan(2.6);
      }
      robust.forEach((error, i) => {
        expect(error).toBeLessThan(most * plain[i]);
      });
    },
    600_000,
  );

  it("finds the usual threshold near ‖c‖ = 1, with a twentieth of outliers too", async () => {
    const found: number[] = [];
    for (const outliers of [0, 40]) {
      const problem = await sampleReluMeasurements(randomKey(0), {
        dimension: 800,
        unknowns: 10,
        outliers,
        noise: 0.02,
      });
      found.push(generalizedLassoRecovery(problem).threshold);
    }
    tellClaim({
      method: "generalizedLassoRecovery",
      claim: "The usual threshold is near ‖c‖, with a twentieth of outliers too.",
      run: "‖c‖ = 1, 10 unknowns, d = 800, 0 and 40 outliers, noise 0.02, seed 0",
      figure: found.map((threshold) => threshold.toFixed(2)).join(" and "),
      seen: found.every((threshold) => Math.abs(threshold - 1) < 0.2),
    });
    for (const threshold of found) expect(Math.abs(threshold - 1)).toBeLessThan(0.2);
  });
});

function errorOf({ signal }: RobustRecovery, problem: ReluMeasurementsSample): number {
  return Math.hypot(...signal.map((value, j) => value - problem.signal[j]));
}
