import { checkCount } from "../../autodiff/check.js";
import { checkInputs } from "../classification/check-examples.js";
import { checkModel, probabilityOf } from "./cumulative-logit-nll.js";
import type { OrdinalData, OrdinalModel } from "./ordinal-data.js";

export interface PrestoPrediction {
  /** `[n · K]`, a row an input: ≥ 0, of sum 1. */
  readonly probabilities: Float64Array;
  /** `[n]`: 1 where boundaries cross at an input, so that a class came out below 0 and was set to 0; else 0. */
  readonly crossed: Uint8Array;
}

/**
 * Probabilities of ordered classes at inputs.
 *
 *     π_k = max(0, σ(α_k + β_k·x) − σ(α_{k−1} + β_{k−1}·x)), over their sum
 *
 * Boundaries that differ in slope cross somewhere; beyond what a model was fitted to they may be out of order. This is
 * reported, not hidden.
 *
 * @param model - such as `prestoFit` or `proportionalOddsFit` gives
 * @param inputs - `[n][p]`, n ≥ 1, finite
 * @throws RangeError if the model's arrays do not fit its sizes, or an input is not finite or not of `features`
 * @source Faletto and Bien, "Predicting Rare Events by Shrinking Towards Proportional Odds", ICML 2023, §2; clipping is ours
 */
export function prestoPredict(model: OrdinalModel, inputs: readonly ArrayLike<number>[]): PrestoPrediction {
  checkCount("prestoPredict", { classes: model.classes }, 3);
  checkInputs("prestoPredict", inputs);
  checkModel("prestoPredict", model, inputs[0].length);
  const probabilities = new Float64Array(inputs.length * model.classes);
  const rows = Float64Array.from(inputs.flatMap((input) => Array.from(input)));
  const crossed = predictInto({ count: inputs.length, rows }, model, probabilities);
  return { probabilities, crossed };
}

/** `prestoPredict`, of what is known to be right. */
export function predictInto(
  { count, rows }: Pick<OrdinalData, "count" | "rows">,
  { classes, features, intercepts, slopes }: OrdinalModel,
  probabilities: Float64Array,
): Uint8Array {
  const crossed = new Uint8Array(count);
  const eta = new Float64Array(classes - 1);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < classes - 1; k++) {
      eta[k] = intercepts[k];
      for (let j = 0; j < features; j++) eta[k] += slopes[k * features + j] * rows[i * features + j];
    }
    let total = 0;
    for (let k = 0; k < classes; k++) {
      const p = probabilityOf(eta, k);
      if (p < 0) crossed[i] = 1;
      total += probabilities[i * classes + k] = Math.max(0, p);
    }
    for (let k = 0; k < classes; k++) probabilities[i * classes + k] /= total;
  }
  return crossed;
}
