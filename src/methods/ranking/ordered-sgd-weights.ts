import { checkCount } from "../../autodiff/check.js";
import { checkChoice } from "./top-k-mean.js";

export interface OrderedSgdWeightsOptions {
  /** Number of examples n ≥ 1 that minibatches are drawn from. */
  readonly examples: number;
  /** Size b of a minibatch, drawn without replacement, in [1, n]. */
  readonly batch: number;
  /** How many of its hardest are kept, κ in [1, b]. */
  readonly kept: number;
}

/**
 * How often the example of each rank is among the hardest of a random minibatch.
 *
 *     γ_j = Σ_{l<κ} C(j − 1, l) · C(n − j, b − l − 1) / C(n, b)      Σ_j γ_j = κ      γ_1 ≥ γ_2 ≥ …
 *     E[topKMean_κ(minibatch)] = Σ_j γ_j · L_(j) / κ                 L_(1) ≥ L_(2) ≥ …
 *
 * so that training on the κ hardest is an unbiased stochastic gradient method for the ordered weighted mean on the right,
 * which lies between the mean and the CVaR at level κ/b. With (n, b, κ) = (classes − 1, negatives, hardest) the same
 * numbers tell what stochastic negative mining minimizes: `owlLoss` with the weights `γ / κ`.
 *
 * Reach for it to see how far down the ranks a choice of b and κ still looks. O(n), without binomials: γ falls from rank j
 * to j + 1 by the chance that both are in the minibatch and exactly κ − 1 of those above are.
 *
 * @returns `[n]`, γ of the hardest example first
 * @throws RangeError if a number is not whole or outside its range
 * @source Kawaguchi and Lu, "Ordered SGD: A New Stochastic Optimization Framework for Empirical Risk Minimization", AISTATS
 * 2020, arXiv:1907.04371, theorem 1
 */
export function orderedSgdWeights({ examples, batch, kept }: OrderedSgdWeightsOptions): Float64Array {
  checkCount("orderedSgdWeights", { examples }, 1);
  checkChoice("orderedSgdWeights", { batch }, examples);
  checkChoice("orderedSgdWeights", { kept }, batch);
  if (kept === batch) return new Float64Array(examples).fill(batch / examples);

  // fall[j] is in proportion to C(j − 1, κ − 1)·C(n − j − 1, b − κ − 1), its logarithm by the ratio of neighbours.
  const last = examples - batch + kept; // the lowest rank that can be kept, at which γ falls to 0
  const fall = new Float64Array(last + 1);
  let logFall = 0;
  let largest = 0;
  for (let j = kept; j <= last; j++) {
    if (j > kept) {
      logFall += Math.log((j - 1) / (j - kept)) + Math.log((last - j + 1) / (examples - j));
      largest = Math.max(largest, logFall);
    }
    fall[j] = logFall;
  }
  let total = 0;
  for (let j = kept; j <= last; j++) {
    fall[j] = Math.exp(fall[j] - largest);
    total += fall[j];
  }
  const weights = new Float64Array(examples);
  let below = 0;
  for (let j = last; j >= 1; j--) {
    if (j >= kept) below += fall[j];
    weights[j - 1] = ((below / total) * batch) / examples; // sums of positive terms from the end: nothing cancels
  }
  return weights;
}
