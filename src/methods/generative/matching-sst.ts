import { checkOneOf } from "../../autodiff/check.js";
import { assignmentMax } from "./assignment-max.js";
import { checkSquareUtilities } from "./check-utilities.js";
import { checkMatching, permanentMarginals } from "./matching-marginals.js";
import { checkSinkhornOptions, type SinkhornRelaxationOptions, sinkhornRelaxation } from "./sinkhorn-relaxation.js";
import { type StochasticSoftmax, stochasticSoftmax } from "./stochastic-softmax.js";

export interface MatchingSstOptions extends SinkhornRelaxationOptions {
  /**
   * f: negative entropy of the matrix (`sinkhornRelaxation`, to which `iterations` and `tolerance` belong), or that of the
   * exponential family over permutations (`matchingMarginals`, n ≤ 12). Default `"categoricalEntropy"`.
   */
  readonly regularizer?: "categoricalEntropy" | "exponentialFamily";
}

/**
 * Perfect matchings: permutations of n.
 *
 *     hard = argmax_σ Σ_i U_{i,σ(i)}      relaxed = argmax_{x doubly stochastic} ⟨U, x⟩ − t · Σ x log x, by Sinkhorn's rounds
 *
 * Reach for it to sort, align or assign inside a differentiable model.
 *
 * @param options - the regularizer; for Sinkhorn rounds or tolerance
 * @returns the instance; utilities are `[..., n, n]`
 * @throws TypeError if `regularizer` is not one of those listed
 * @throws TypeError if both `iterations` and `tolerance` are given
 * @throws RangeError if `iterations` is no whole number ≥ 1 or `tolerance` not > 0
 * @source Mena et al., "Learning Latent Permutations with Gumbel-Sinkhorn Networks", ICLR 2018, arXiv:1802.08665; Paulus et
 * al., NeurIPS 2020, arXiv:2006.08063
 */
export function matchingSst({
  regularizer = "categoricalEntropy",
  ...rounds
}: MatchingSstOptions = {}): StochasticSoftmax {
  checkOneOf("matchingSst", "regularizer", regularizer, ["categoricalEntropy", "exponentialFamily"]);
  checkSinkhornOptions("matchingSst", rounds);
  const isExact = regularizer === "exponentialFamily";
  return stochasticSoftmax({
    name: "matchingSst",
    rank: 2,
    check: (utilities) => (isExact ? checkMatching : checkSquareUtilities)("matchingSst", "utilities", utilities),
    maximum: assignmentMax,
    relaxation: isExact ? permanentMarginals : (z) => sinkhornRelaxation(z, rounds),
  });
}
