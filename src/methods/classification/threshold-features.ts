import { checkCount, checkOneOf } from "../../autodiff/check.js";
import { checkClassIds, checkInputs } from "./check-examples.js";
import type { InputFeatures } from "./class-features.js";
import { treeSplits } from "./tree-splits.js";

export interface ThresholdFeaturesOptions {
  /** Number of classes r, a whole number ≥ 2. */
  readonly classes: number;
  /**
   * Where thresholds lie: `"tree"` where a decision tree on the one coordinate would cut it, `"quantiles"` at evenly
   * spaced quantiles of the sample. Default `"tree"`.
   */
  readonly splits?: "tree" | "quantiles";
  /** Thresholds of a coordinate at most, a whole number ≥ 1. Default about `400 / (r·d)`, less one. */
  readonly thresholds?: number;
  /** Also the products of each two indicators of different coordinates: corners, not only half spaces. Default false. */
  readonly products?: boolean;
}

export interface ThresholdFeatures extends InputFeatures {
  /** `[d]` the thresholds of each coordinate, ascending. */
  readonly thresholds: readonly Float64Array[];
}

/**
 * Indicators of an input's coordinates lying below thresholds, which are chosen on a sample.
 *
 *     ψ_0(x) = 1      ψ_k(x) = 1[x_d ≤ t]      and with `products`  1[x_d ≤ t]·1[x_e ≤ s], d < e
 *
 * Reach for it to feed a linear probabilistic classifier: all inputs between the same thresholds are one configuration.
 *
 * @param inputs - `[n][d]`, n ≥ 1, finite
 * @param labels - `[n]`, whole numbers in [0, classes)
 * @returns ψ, with values 0 and 1
 * @throws RangeError if there is no input, or one has another length or is not finite
 * @throws RangeError if `labels` is not one an input, or one is no class
 * @throws RangeError if `classes` is not a whole number ≥ 2, or `thresholds` not one ≥ 1
 * @throws TypeError if `splits` is not one of those listed
 * @source Mazuelas, Zanoni and Pérez, "Minimax Classification with 0-1 Loss and Performance Guarantees", NeurIPS 2020,
 * arXiv:2010.07964, section 4
 */
export function thresholdFeatures(
  inputs: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  options: ThresholdFeaturesOptions,
): ThresholdFeatures {
  const caller = "thresholdFeatures";
  const { classes, splits = "tree", products = false } = options;
  checkCount(caller, { classes }, 2);
  checkOneOf(caller, "splits", splits, ["tree", "quantiles"]);
  checkInputs(caller, inputs);
  checkClassIds(caller, labels, inputs.length, classes);
  const width = inputs[0].length;
  const most = options.thresholds ?? Math.max(1, Math.round(400 / (classes * width)) - 1);
  checkCount(caller, { thresholds: most }, 1);

  const thresholds = Array.from({ length: width }, (_, d) => {
    const values = Float64Array.from(inputs, (input) => input[d]);
    return splits === "tree" ? treeSplits(values, labels, classes, most + 1) : quantiles(values, most);
  });
  const indicators = thresholds.flatMap((list, d) => Array.from(list, (t) => ({ d, t })));
  const pairs = products
    ? indicators.flatMap((a, i) => indicators.flatMap((b, j) => (a.d < b.d ? [[i, j] as const] : [])))
    : [];
  const features = 1 + indicators.length + pairs.length;
  return {
    features,
    low: new Float64Array(features).fill(1, 0, 1),
    high: new Float64Array(features).fill(1),
    thresholds,
    of(input) {
      const isBelow = indicators.map(({ d, t }) => Number(input[d] <= t));
      return Float64Array.of(1, ...isBelow, ...pairs.map(([i, j]) => isBelow[i] * isBelow[j]));
    },
  };
}

/** The different values at ranks `i·n / (count + 1)`, less the largest, below which everything lies. */
function quantiles(values: Float64Array, count: number): Float64Array {
  const sorted = values.slice().sort();
  const picked = Array.from(
    { length: count },
    (_, i) => sorted[Math.ceil(((i + 1) * sorted.length) / (count + 1)) - 1],
  );
  return Float64Array.from(new Set(picked.filter((value) => value < sorted[sorted.length - 1])));
}
