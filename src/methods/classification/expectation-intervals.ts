import { checkAtLeast, checkBetween } from "../../autodiff/check.js";
import { checkClassIds, checkInputs } from "./check-examples.js";
import type { ClassFeatures } from "./class-features.js";

/** Which means of the features are held possible. */
export interface ExpectationIntervals {
  /** `[m]`, a. */
  readonly low: Float64Array;
  /** `[m]`, b ≥ a. */
  readonly high: Float64Array;
}

export interface ExpectationIntervalsOptions {
  /** λ, one number ≥ 0 or `[m]` of them: how far the sample's means may be off, times √n. Default 0.25. */
  readonly slack?: number | ArrayLike<number>;
  /** Instead of `slack`: a probability δ in (0, 1) of missing the true means, from which Hoeffding's λ follows. */
  readonly failure?: number;
}

/**
 * Intervals for the means of features, around those of a sample.
 *
 *     τ = (1/n)·Σ Φ(xᵢ, yᵢ)      a = τ − λ/√n      b = τ + λ/√n      both clipped to the features' range [low, high]
 *     with `failure`: λ_j = (high_j − low_j)·√(log(2m/δ)/2), which makes P(all true means are inside) ≥ 1 − δ
 *
 * Reach for it to say what a minimax risk classifier may take for granted. The default λ is what works well in practice,
 * not a guarantee; Hoeffding's is one, at the price of intervals that are several times as wide.
 *
 * @param features - Φ
 * @param inputs - `[n][d]`, n ≥ 1, finite
 * @param labels - `[n]`, whole numbers in [0, classes)
 * @returns `[m]` lower and upper ends, between which the sample's own means lie
 * @throws RangeError if there is no input, or one has another length or is not finite
 * @throws RangeError if `labels` is not one an input, or one is no class
 * @throws RangeError if `slack` is negative, not finite or not `[m]`, or `failure` not in (0, 1)
 * @throws TypeError if both `slack` and `failure` are given
 * @source Mazuelas, Zanoni and Pérez, "Minimax Classification with 0-1 Loss and Performance Guarantees", NeurIPS 2020,
 * arXiv:2010.07964, eq. 2 and theorem 4; Hoeffding, "Probability Inequalities for Sums of Bounded Random Variables", JASA
 * 1963, theorem 2
 */
export function expectationIntervals(
  features: ClassFeatures,
  inputs: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  options: ExpectationIntervalsOptions = {},
): ExpectationIntervals {
  const caller = "expectationIntervals";
  checkInputs(caller, inputs);
  checkClassIds(caller, labels, inputs.length, features.classes);
  const slack = slackOf(caller, features, options);
  const mean = new Float64Array(features.features);
  inputs.forEach((input, i) => {
    const start = labels[i] * features.features;
    const values = features.of(input).subarray(start, start + features.features);
    for (let j = 0; j < mean.length; j++) mean[j] += (values[j] - mean[j]) / (i + 1);
  });
  const root = Math.sqrt(inputs.length);
  return {
    low: mean.map((value, j) => Math.max(features.low[j], value - slack[j] / root)),
    high: mean.map((value, j) => Math.min(features.high[j], value + slack[j] / root)),
  };
}

function slackOf(caller: string, features: ClassFeatures, options: ExpectationIntervalsOptions): Float64Array {
  const { slack = 0.25, failure } = options;
  const count = features.features;
  if (failure !== undefined) {
    if (options.slack !== undefined) {
      throw new TypeError(`${caller}: slack and failure are both given but must not be; each says how wide to be`);
    }
    checkBetween(caller, { failure }, 0, 1, { openBelow: true, openAbove: true });
    const wide = Math.sqrt(Math.log((2 * count) / failure) / 2);
    return Float64Array.from({ length: count }, (_, j) => (features.high[j] - features.low[j]) * wide);
  }
  if (typeof slack === "number") {
    checkAtLeast(caller, { slack }, 0);
    return new Float64Array(count).fill(slack);
  }
  if (slack.length !== count) {
    throw new RangeError(`${caller}: slack has length ${slack.length} but must have ${count}, one a feature`);
  }
  for (let j = 0; j < count; j++) checkAtLeast(caller, { [`slack[${j}]`]: slack[j] }, 0);
  return Float64Array.from(slack);
}
