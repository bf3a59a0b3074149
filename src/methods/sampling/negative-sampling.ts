import { softplus, type Tensor } from "../../autodiff/index.js";
import { type Contrast, checkContrast } from "./contrast.js";

export interface NegativeSamplingLossOptions {
  /** Average over the k noise samples instead of summing; it moves the optimum up by log k. Default false. */
  readonly average?: boolean;
}

/**
 * Negative sampling as in word2vec: logistic regression that tells data from k noise samples and does not know how
 * likely the noise was.
 *
 *     ℓ = softplus(−s) + Σᵢ softplus(sᵢ)
 *
 * for the positive (s) and its noise samples (sᵢ). Its optimum is not log p but `s = log p − log(k · p_n)`
 * (`log p − log p_n` with `average`), the shifted pointwise mutual information when p_n is the marginal of the data; add
 * that back before reading scores as log-probabilities, or use `nceLoss`.
 *
 * Reach for it to learn embeddings, where the ratio to the noise is what is wanted.
 *
 * @param scores - `positive` `[B]` and `noise` `[B, k]`: s of the data samples and of the samples drawn from p_n, k ≥ 1
 * @returns `[B]` loss for each positive, in nats, ≥ 0
 * @throws ShapeError if k < 1 or the shapes do not fit
 * @throws DTypeError if the scores differ in dtype
 * @throws RangeError if a score on the host is NaN
 * @source Mikolov et al., "Distributed Representations of Words and Phrases and their Compositionality", NeurIPS 2013,
 * arXiv:1310.4546, eq. 4; the optimum: Levy and Goldberg, "Neural Word Embedding as Implicit Matrix Factorization",
 * NeurIPS 2014
 */
export function negativeSamplingLoss(scores: Contrast, { average = false }: NegativeSamplingLossOptions = {}): Tensor {
  checkContrast("negativeSamplingLoss", scores);
  const { positive, noise } = scores;
  const ofNoise = softplus(noise);
  return softplus(positive.neg()).add(average ? ofNoise.mean(1) : ofNoise.sum(1));
}
