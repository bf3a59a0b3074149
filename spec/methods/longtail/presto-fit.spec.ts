import {
  cumulativeLogitNll,
  fusedOrdinalPenalty,
  type OrdinalModel,
  type PrestoFit,
  type PrestoFitOptions,
  prestoFit,
  prestoPredict,
  proportionalOddsFit,
} from "cotangent/methods/longtail";
import { numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { drawn, type OrdinalExamples, ordinalExamples } from "./support/ordinal-examples.js";

const [n, p, classes] = [30, 2, 4];
const examples = ordinalExamples(n, p, classes, 5);
const precise = { classes, tolerance: 1e-9, maxIterations: 10_000 };
const truth: OrdinalModel = {
  classes: 3,
  features: 2,
  intercepts: Float64Array.of(-0.5, 2),
  slopes: Float64Array.of(1, 0, 1, 0.8),
};
const fitted = ({ inputs, labels }: OrdinalExamples, options: Partial<PrestoFitOptions>) =>
  prestoFit(inputs, labels, { ...precise, ...options });

/** Mean 0, deviation 1. */
function standardized(inputs: Float64Array[]): Float64Array[] {
  const width = inputs[0].length;
  const means = Array.from({ length: width }, (_, j) => inputs.reduce((sum, x) => sum + x[j], 0) / inputs.length);
  const deviations = means.map((m, j) =>
    Math.sqrt(inputs.reduce((sum, x) => sum + (x[j] - m) ** 2, 0) / inputs.length),
  );
  return inputs.map((x) => x.map((v, j) => (v - means[j]) / deviations[j]));
}

/** Slopes of the likelihood in intercepts and differences, at the standardized model. */
function slopesAt({ inputs, labels }: OrdinalExamples, { standardized: model }: PrestoFit) {
  const { interceptGradient, slopeGradient, value } = cumulativeLogitNll(model, standardized(inputs), labels);
  const width = model.features;
  const differences = slopeGradient.slice();
  for (let at = differences.length - width - 1; at >= 0; at--) differences[at] += differences[at + width];
  const psi = model.slopes.map((v, at) => (at < width ? v : v - model.slopes[at - width]));
  return { interceptGradient, differences, psi, value };
}

/** Whether there was an optimum to look at: the floor of some class may be in the way. */
async function expectOptimum(data: OrdinalExamples, options: Partial<PrestoFitOptions> & { readonly lambda: number }) {
  const { lambda, mix = 1, penalizeFirst = true } = options;
  const fit = fitted(data, options);
  if (!fit.converged) return false;
  const { differences, psi, value } = slopesAt(data, fit);
  differences.forEach((slope, at) => {
    const isFree = !penalizeFirst && at < fit.features;
    const rest = slope + (isFree ? 0 : lambda * (1 - mix) * psi[at]);
    const allowed = isFree ? 0 : lambda * mix;
    expect(Math.abs(rest)).toBeLessThanOrEqual(allowed + 2e-6);
    if (!isFree && Math.abs(psi[at]) > 1e-5) {
      expect(Math.abs(rest + Math.sign(psi[at]) * allowed)).toBeLessThan(2e-6);
    }
  });
  const penalty = fusedOrdinalPenalty(fit.standardized, { mix, penalizeFirst });
  await expectClose([fit.objective], [value + lambda * penalty], { tolerance: 1e-12 });
  return true;
}

describe("prestoFit", () => {
  law("meets the conditions of an optimum", examples, numbers({ min: 0.01, max: 0.1 }), async (data, lambda) => {
    const fit = fitted(data, { lambda });
    if (!fit.converged) return; // the floor of some class is in the way
    const { interceptGradient, differences, psi, value } = slopesAt(data, fit);
    for (const slope of interceptGradient) expect(Math.abs(slope)).toBeLessThan(1e-6);
    differences.forEach((slope, at) => {
      expect(Math.abs(slope)).toBeLessThanOrEqual(lambda + 1e-6);
      if (Math.abs(psi[at]) > 1e-6) expect(Math.abs(slope + Math.sign(psi[at]) * lambda)).toBeLessThan(1e-6);
    });
    await expectClose([fit.objective], [value + lambda * fusedOrdinalPenalty(fit.standardized)], { tolerance: 1e-12 });
  });

  law(
    "meets those of ridge and mixtures",
    examples,
    numbers({ min: 0, max: 1 }),
    fc.boolean(),
    async (data, mix, penalizeFirst) => {
      await expectOptimum(data, { lambda: 0.05, mix, penalizeFirst });
    },
  );

  it.each([
    [0, true],
    [0.5, false],
    [1, false],
  ])("ends at an optimum of mix %f of plain data, the first boundary charged: %s", async (mix, penalizeFirst) => {
    const data = drawn(truth, 300, 6);
    expect(await expectOptimum(data, { classes: 3, lambda: 0.005, mix, penalizeFirst })).toBe(true);
  });

  law("leaves no slope from its largest lambda on, and one just below", examples, async (data) => {
    const { largestLambda } = fitted(data, { lambda: 1 });
    for (const lambda of [largestLambda * (1 + 1e-9), 10 * largestLambda]) {
      const fit = fitted(data, { lambda });
      expect(fit.slopes.every((slope) => slope === 0)).toBe(true);
      const shares = [...Array(classes).keys()].map((k) => data.labels.filter((label) => label === k).length / n);
      await expectClose(prestoPredict(fit, data.inputs).probabilities.subarray(0, classes), shares, {
        tolerance: 1e-7,
      });
    }
    expect(fitted(data, { lambda: 0.98 * largestLambda }).slopes.some((slope) => slope !== 0)).toBe(true);
    for (const mix of [0.5, 1e-3, 1e-4, 0]) {
      expect(fitted(data, { lambda: 1, mix }).largestLambda).toBe(largestLambda / Math.max(mix, 1e-3));
    }
  });

  law("is proportional odds where only the first boundary is free", examples, async (data) => {
    const fit = fitted(data, { lambda: 100, penalizeFirst: false });
    const odds = proportionalOddsFit(data.inputs, data.labels, precise);
    await expectClose(fit.slopes, odds.slopes, { tolerance: 1e-5 });
    await expectClose([fit.objective], [odds.objective], { tolerance: 1e-10 });
  });

  law(
    "keeps probabilities above 0 on its examples, cumulative ones in order",
    examples,
    numbers({ min: 0.001, max: 0.1 }),
    ({ inputs, labels }, lambda) => {
      const fit = prestoFit(inputs, labels, { classes, lambda, maxIterations: 300 });
      const { probabilities, crossed } = prestoPredict(fit, inputs);
      expect(crossed.some((flag) => flag === 1)).toBe(false);
      expect(probabilities.every((chance) => chance > 0)).toBe(true);
    },
  );

  law("never rises, step by step", examples, numbers({ min: 0.001, max: 0.1 }), (data, lambda) => {
    let before = Number.POSITIVE_INFINITY;
    for (const maxIterations of [1, 2, 3, 5, 8, 20, 100]) {
      // without warm starts along the path, which lambda above the largest would give, steps are one sequence
      const { objective } = fitted(data, { lambda, maxIterations });
      expect(objective).toBeLessThanOrEqual(before + 1e-12);
      before = objective;
    }
  });

  law("sees neither units nor offsets", examples, numbers({ min: 0.02, max: 0.1 }), async (data, lambda) => {
    const plain = fitted(data, { lambda });
    const moved = data.inputs.map((x) => x.map((v, j) => (j === 0 ? 20 * v - 5 : 0.1 * v + 3)));
    const fit = fitted({ ...data, inputs: moved }, { lambda });
    await expectClose(prestoPredict(fit, moved).probabilities, prestoPredict(plain, data.inputs).probabilities, {
      tolerance: 1e-6,
    });
    await expectClose([fit.objective], [plain.objective], { tolerance: 1e-9 });
  });

  it("chooses by the Brier score of what was left out, the largest of equals", async () => {
    const { inputs, labels } = drawn(truth, 400, 3);
    const fit = prestoFit(inputs, labels, { classes: 3, lambdas: 6 });
    expect(fit.path.map(({ lambda }) => lambda / fit.largestLambda)).toEqual(
      Array.from({ length: 6 }, (_, i) => expect.closeTo(0.01 ** (i / 5), 12)),
    );
    const scores = fit.path.map(({ brier }) => brier);
    expect(fit.lambda).toBe(fit.path[scores.indexOf(Math.min(...scores))].lambda);
    expect(Math.min(...scores)).toBeLessThan(scores[0] - 0.03); // without inputs it would stay as it is
    // at the largest lambda only shares are left: the Brier score is that of shares of the other parts
    const shares = [0, 1, 2].map((k) => labels.filter((label) => label === k).length / labels.length);
    expect(Math.abs(scores[0] - (1 - shares.reduce((sum, s) => sum + s * s, 0)))).toBeLessThan(2e-3);
    const same = prestoFit(inputs, labels, { classes: 3, lambda: fit.lambda });
    await expectClose(same.slopes, fit.slopes, { tolerance: 1e-3 });
    expect(prestoFit(inputs, labels, { classes: 3, lambdas: 2, folds: 2 }).path).toHaveLength(2);
  });

  it("tries 20 values in five parts by default", () => {
    const { inputs, labels } = drawn(truth, 60, 4);
    const plain = prestoFit(inputs, labels, { classes: 3 });
    expect(plain).toEqual(
      prestoFit(inputs, labels, {
        classes: 3,
        lambdas: 20,
        folds: 5,
        mix: 1,
        penalizeFirst: true,
        tolerance: 1e-6,
        maxIterations: 5000,
      }),
    );
    expect(plain.path).toHaveLength(20);
  });

  it("says where the floor of probabilities stops it", () => {
    // the middle class is seen between others at one place only, and would vanish away from it
    const inputs = Array.from({ length: 12 }, (_, i) => [i < 6 ? -1 : 1]);
    const labels = [0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 2, 2];
    const { floorActive, converged } = prestoFit(inputs, labels, { classes: 3, lambda: 0, maxIterations: 100_000 });
    expect([floorActive, converged]).toEqual([true, false]);
  });

  it("names what is wrong", () => {
    const name = "prestoFit";
    const x = [[1], [2], [3], [4], [5], [6]];
    const call =
      (options: object, y: number[] = [0, 1, 2, 0, 1, 2], inputs = x) =>
      () =>
        prestoFit(inputs, y, { classes: 3, ...options });
    expect(call({ classes: 2 })).toThrow(new RangeError(`${name}: classes is 2 but must be a whole number ≥ 3`));
    expect(call({ lambda: 0.1 }, [0, 1, 1, 0, 1, 0])).toThrow(
      new RangeError(`${name}: labels has 0 of class 2 but must have at least 1`),
    );
    expect(call({}, [0, 1, 2, 0, 1, 1])).toThrow(
      new RangeError(`${name}: labels has 1 of class 2 but must have at least 2 for cross-validation; give lambda`),
    );
    expect(call({}, [0, 1, 2.5, 0, 1, 1])).toThrow(
      new RangeError(`${name}: labels[2] is 2.5 but must be a whole number in [0, 3)`),
    );
    expect(call({}, [0], [[Number.NaN]])).toThrow(new RangeError(`${name}: inputs[0][0] is NaN but must be finite`));
    expect(call({ lambda: -1 })).toThrow(new RangeError(`${name}: lambda is -1 but must be a finite number ≥ 0`));
    expect(call({ mix: 1.5 })).toThrow(new RangeError(`${name}: mix is 1.5 but must be in [0, 1]`));
    expect(call({ folds: 1 })).toThrow(new RangeError(`${name}: folds is 1 but must be a whole number ≥ 2`));
    expect(call({ lambdas: 1 })).toThrow(new RangeError(`${name}: lambdas is 1 but must be a whole number ≥ 2`));
    expect(call({ tolerance: 0 })).toThrow(new RangeError(`${name}: tolerance is 0 but must be a finite number > 0`));
    expect(call({ maxIterations: 0 })).toThrow(
      new RangeError(`${name}: maxIterations is 0 but must be a whole number ≥ 1`),
    );
  });
});
