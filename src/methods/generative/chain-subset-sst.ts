import { checkCount } from "../../autodiff/check.js";
import { checkChain } from "./chain-subset.js";
import { chainSubsetMarginals } from "./chain-subset-marginals.js";
import { chainSubsetMax } from "./chain-subset-max.js";
import { type StochasticSoftmax, stochasticSoftmax } from "./stochastic-softmax.js";

export interface ChainSubsetSstOptions {
  /** How many are chosen, a whole number in [1, n]. */
  readonly k: number;
}

/**
 * k out of n on a chain, with utilities of neighbours that are both chosen: correlated k-subsets.
 *
 *     hard = argmax_{|S|=k} Σ_{i∈S} U_i + Σ_{i,i+1∈S} U_{n+i}      relaxed = the marginals of subsets with chances ∝ exp of that / t
 *
 * Reach for it to select contiguous parts of a sequence, as words for an explanation.
 *
 * @param options - k
 * @returns the instance; utilities are `[..., 2n − 1]`: the n elements, then the n − 1 pairs of neighbours
 * @throws RangeError if `k` is no whole number ≥ 1, and when it is used if `k` exceeds n
 * @source Paulus et al., "Gradient Estimation with Stochastic Softmax Tricks", NeurIPS 2020, arXiv:2006.08063
 */
export function chainSubsetSst({ k }: ChainSubsetSstOptions): StochasticSoftmax {
  checkCount("chainSubsetSst", { k }, 1);
  return stochasticSoftmax({
    name: "chainSubsetSst",
    check: (utilities) => checkChain("chainSubsetSst", "utilities", utilities, k),
    maximum: (utilities) => chainSubsetMax(utilities, k),
    relaxation: (z) => chainSubsetMarginals(z, k),
  });
}
