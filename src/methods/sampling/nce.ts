import { softplus, stopGradient, type Tensor } from "../../autodiff/index.js";
import {
  type Contrast,
  checkContrast,
  checkLogNormalizer,
  checkNoiseLogProbability,
  type NoiseLogProbability,
} from "./contrast.js";

export interface NceLossOptions {
  /** Log-normalizer c of each row, `[B]` or `[]`, learned or not. Default 0: scores learn to normalize themselves. */
  readonly logNormalizer?: Tensor;
}

/**
 * Noise-contrastive estimation: fits log-probabilities without a partition function, by telling each data sample from k
 * noise samples with a classifier that knows how likely the noise was.
 *
 *     ℓ = softplus(−Δ) + Σᵢ softplus(Δᵢ)      Δ = s − c − log(k · p_n)
 *
 * for the positive (Δ) and its noise samples (Δᵢ). The sum is over all k samples, those that equal the positive too. At
 * the optimum `exp(s − c)` is the probability of the class, so that scores are normalized whatever the noise.
 *
 * Reach for it when a model over many classes must give probabilities, not only a ranking, at a cost of k scores.
 *
 * @param scores - `positive` `[B]` and `noise` `[B, k]`: s of the data samples and of the samples drawn from p_n, k ≥ 1
 * @param logProbability - log p_n of the same, in nats; no gradient flows into it. Where rows share their samples,
 * `noise` may be `[k]`
 * @returns `[B]` loss for each positive, in nats, ≥ 0; the sources average it over the positives: `.mean()`
 * @throws ShapeError if k < 1 or the shapes do not fit
 * @throws DTypeError if the tensors differ in dtype
 * @throws RangeError if a score on the host is NaN, or a log-probability there not finite
 * @source Gutmann and Hyvärinen, "Noise-Contrastive Estimation of Unnormalized Statistical Models, with Applications to
 * Natural Image Statistics", JMLR 2012, section 2; Mnih and Teh, "A Fast and Simple Algorithm for Training Neural
 * Probabilistic Language Models", ICML 2012, arXiv:1206.6426, section 3
 */
export function nceLoss(
  scores: Contrast,
  logProbability: NoiseLogProbability,
  { logNormalizer }: NceLossOptions = {},
): Tensor {
  checkContrast("nceLoss", scores);
  checkNoiseLogProbability("nceLoss", scores, logProbability);
  if (logNormalizer !== undefined) checkLogNormalizer("nceLoss", scores, logNormalizer);

  const { positive, noise } = logNormalizer === undefined ? scores : subtractFromRows(scores, logNormalizer);
  const logK = Math.log(noise.shape[1]);
  const ofPositive = positive.sub(stopGradient(logProbability.positive).add(logK)); // Δ
  const ofNoise = noise.sub(stopGradient(logProbability.noise).add(logK));
  return softplus(ofPositive.neg()).add(softplus(ofNoise).sum(1));
}

function subtractFromRows({ positive, noise }: Contrast, logNormalizer: Tensor): Contrast {
  const column = logNormalizer.shape.length === 0 ? logNormalizer : logNormalizer.reshape([-1, 1]);
  return { positive: positive.sub(logNormalizer), noise: noise.sub(column) };
}
