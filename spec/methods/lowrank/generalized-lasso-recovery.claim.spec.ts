import { randomKey } from "cotangent";
import {
  generalizedLassoRecovery,
  huberRecovery,
  type ReluMeasurementsSample,
  type RobustRecovery,
  sampleReluMeasurements,
} from "cotangent/methods/lowrank";
import { describe, expect, it } from "vitest";

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
      for (let i = 1; i < dimensions.length; i++) {
        expect(robust[i - 1] / robust[i]).toBeGreaterThan(1.6);
        expect(robust[i - 1] / robust[i]).toBeLessThan(2.6);
      }
      robust.forEach((error, i) => {
        // Clean, it costs no more than a tenth.
        expect(error).toBeLessThan((share > 0 ? 0.25 : 1.1) * plain[i]);
      });
    },
    600_000,
  );

  it("finds the usual threshold near ‖c‖ = 1, with a twentieth of outliers too", async () => {
    for (const outliers of [0, 40]) {
      const problem = await sampleReluMeasurements(randomKey(0), {
        dimension: 800,
        unknowns: 10,
        outliers,
        noise: 0.02,
      });
      const { threshold } = generalizedLassoRecovery(problem);
      expect(Math.abs(threshold - 1)).toBeLessThan(0.2);
    }
  });
});

function errorOf({ signal }: RobustRecovery, problem: ReluMeasurementsSample): number {
  return Math.hypot(...signal.map((value, j) => value - problem.signal[j]));
}
