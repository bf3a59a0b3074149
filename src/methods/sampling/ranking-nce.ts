import { checkFloat } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import {
  checkRank,
  diagonal,
  logSoftmax,
  logSumExp,
  ShapeError,
  showShape,
  softplus,
  stopGradient,
  type Tensor,
} from "../../autodiff/index.js";
import { type Contrast, checkContrast, checkNoiseLogProbability, type NoiseLogProbability } from "./contrast.js";

/**
 * Ranking noise-contrastive estimation: picks the data sample out of itself and k noise samples.
 *
 *     ℓ = −u₀ + log Σᵢ₌₀ᵏ exp(uᵢ)      uᵢ = sᵢ − log p_n(yᵢ)
 *
 * with y₀ the positive. Noise samples that equal the positive, or each other, stay in. At the optimum s is log p up to a
 * constant of each row, for every k ≥ 1; a constant added to a row changes nothing, so no normalizer is needed.
 *
 * Reach for it when only the conditional ranking or the softmax of the scores is used: it is consistent where the binary
 * loss would need a normalizer for each context.
 *
 * @param scores - `positive` `[B]` and `noise` `[B, k]`: s of the data samples and of the samples drawn from p_n, k ≥ 1
 * @param logProbability - log p_n of the same, in nats; no gradient flows into it. Where rows share their samples,
 * `noise` may be `[k]`
 * @returns `[B]` loss for each positive, in nats, ≥ 0, and log(k + 1) where all u are equal
 * @throws ShapeError if k < 1 or the shapes do not fit
 * @throws DTypeError if the tensors differ in dtype
 * @throws RangeError if a score on the host is NaN, or a log-probability there not finite
 * @source Ma and Collins, "Noise Contrastive Estimation and Negative Sampling for Conditional Models: Consistency and
 * Statistical Efficiency", EMNLP 2018, arXiv:1809.01812, the ranking objective
 */
export function rankingNceLoss(scores: Contrast, logProbability: NoiseLogProbability): Tensor {
  checkContrast("rankingNceLoss", scores);
  checkNoiseLogProbability("rankingNceLoss", scores, logProbability);
  const positive = scores.positive.sub(stopGradient(logProbability.positive));
  const noise = scores.noise.sub(stopGradient(logProbability.noise));
  return choiceLoss({ positive, noise });
}

/**
 * InfoNCE: ranking noise-contrastive estimation with noise from the marginal of the data, whose probability the scores
 * absorb.
 *
 *     ℓ = −s₀ + log Σᵢ₌₀ᵏ exp(sᵢ)      log(k + 1) − E[ℓ] ≤ I(x; y)
 *
 * for any scores, when the noise is drawn from p(y) independently of all else. At the optimum `s = log p(y|x) − log p(y)`
 * up to a constant of each row.
 *
 * Reach for it to learn representations that tell which y belongs to x, and for a lower bound of their mutual information.
 *
 * @param scores - `positive` `[B]` and `noise` `[B, k]`: s of the data samples and of the samples of p(y), k ≥ 1
 * @returns `[B]` loss for each positive, in nats, ≥ 0
 * @throws ShapeError if k < 1 or the shapes do not fit
 * @throws DTypeError if the scores differ in dtype
 * @throws RangeError if a score on the host is NaN
 * @source van den Oord et al., "Representation Learning with Contrastive Predictive Coding", 2018, arXiv:1807.03748,
 * eq. 4; the bound: section 2.3
 */
export function infoNce(scores: Contrast): Tensor {
  checkContrast("infoNce", scores);
  return choiceLoss(scores);
}

/**
 * InfoNCE with the other rows of the batch as noise: cross-entropy of each row of a square matrix of scores, with the
 * diagonal as target.
 *
 *     ℓᵢ = −Sᵢᵢ + log Σⱼ exp(Sᵢⱼ)
 *
 * Reach for it when a batch pairs each x with its y, and scoring all B² pairs is one matrix product.
 *
 * @param scores - `[B, B]`, `scores[i, j]` of xᵢ with yⱼ, B ≥ 2
 * @returns `[B]` loss for each row, in nats, ≥ 0
 * @throws ShapeError if the matrix is not square or B < 2
 * @throws RangeError if a score on the host is NaN
 * @source van den Oord et al., "Representation Learning with Contrastive Predictive Coding", 2018, arXiv:1807.03748, eq. 4
 */
export function inBatchInfoNce(scores: Tensor): Tensor {
  checkFloat("inBatchInfoNce", { scores });
  checkRank("inBatchInfoNce", { scores }, 2);
  const [rows, columns] = scores.shape;
  if (rows !== columns || rows < 2) {
    throw new ShapeError(
      `inBatchInfoNce: scores has shape ${showShape(scores.shape)} but must be [B, B] with B ≥ 2; every row needs another for noise`,
    );
  }
  if (hostValues(scores)?.some(Number.isNaN)) {
    throw new RangeError("inBatchInfoNce: scores is NaN but must be a number");
  }
  return diagonal(logSoftmax(scores)).neg();
}

/** `log(1 + Σ exp(uᵢ − u₀))`: as a softplus it is never below 0 and keeps its digits where the positive wins clearly. */
function choiceLoss({ positive, noise }: Contrast): Tensor {
  return softplus(logSumExp(noise.sub(positive.reshape([-1, 1])), 1));
}
