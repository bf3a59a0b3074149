import { checkBetween, checkCount } from "../../autodiff/check.js";
import { checkModel } from "./cumulative-logit-nll.js";
import type { OrdinalModel } from "./ordinal-data.js";

export interface FusedOrdinalPenaltyOptions {
  /** How much of it is magnitudes, the rest being half squares, in [0, 1]. Default 1, the lasso; 0 is the ridge. */
  readonly mix?: number;
  /** Whether the first boundary's own slopes count, too. Default true; false shrinks to proportional odds alone. */
  readonly penalizeFirst?: boolean;
}

/**
 * What `prestoFit` charges for boundaries that differ from their neighbours.
 *
 *     ‖β_1‖ + Σ_{k ≥ 2} ‖β_k − β_{k−1}‖      ‖ψ‖ = mix·Σ|ψ_j| + (1 − mix)·Σψ_j²/2
 *
 * @throws RangeError if the model's arrays do not fit its sizes or `mix` is outside [0, 1]
 * @source Faletto and Bien, "Predicting Rare Events by Shrinking Towards Proportional Odds", ICML 2023, eq. 8
 */
export function fusedOrdinalPenalty(model: OrdinalModel, options: FusedOrdinalPenaltyOptions = {}): number {
  const { mix = 1, penalizeFirst = true } = options;
  checkCount("fusedOrdinalPenalty", { classes: model.classes }, 3);
  checkModel("fusedOrdinalPenalty", model, model.features);
  checkBetween("fusedOrdinalPenalty", { mix }, 0, 1);
  const { features, slopes } = model;
  let total = 0;
  for (let at = penalizeFirst ? 0 : features; at < slopes.length; at++) {
    const difference = slopes[at] - (at < features ? 0 : slopes[at - features]);
    total += mix * Math.abs(difference) + ((1 - mix) / 2) * difference * difference;
  }
  return total;
}
