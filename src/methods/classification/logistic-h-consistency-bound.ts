import { checkAtLeast } from "../../autodiff/check.js";

export interface LogisticHConsistencyBoundOptions {
  /** M ≥ 0: how far the best logistic loss of the rules considered is above the mean of the best at each input. Default 0: all functions. */
  readonly minimizabilityGap?: number;
}

/**
 * How much more than the best rule a classifier can err at most, given how far its logistic loss is from the least.
 *
 *     R₀₁ − R₀₁* ≤ √(2·(R_log − R_log* + M))      losses in nats
 *
 * Reach for it to turn the excess of a cross-entropy into a statement about errors.
 *
 * @param excess - R_log − R_log*, in nats, ≥ 0
 * @returns a bound of the excess error, ≥ 0; above 1 it says nothing
 * @throws RangeError if `excess` or `minimizabilityGap` is negative or not finite
 * @source Zheng, Wu, Bao, Cao, Li and Zhu, "Revisiting Discriminative vs. Generative Classifiers: Theory and Implications",
 * ICML 2023, arXiv:2302.02334, theorem 4.1; Mao, Mohri and Zhong, "Cross-Entropy Loss Functions", ICML 2023
 */
export function logisticHConsistencyBound(
  excess: number,
  { minimizabilityGap = 0 }: LogisticHConsistencyBoundOptions = {},
): number {
  checkAtLeast("logisticHConsistencyBound", { excess, minimizabilityGap }, 0);
  return Math.sqrt(2 * (excess + minimizabilityGap));
}
