import { checkSameDType } from "../../autodiff/dtype.js";
import {
  checkRank,
  exp,
  logSumExp,
  ShapeError,
  showShape,
  softmax,
  stopGradient,
  type Tensor,
} from "../../autodiff/index.js";

/** What `selfNormalizedSoftmax` gives. */
export interface SelfNormalizedSoftmax {
  /** `[B]`: its gradient is the estimate; its value is no loss. */
  readonly surrogate: Tensor;
  /** `[B]`, in [1, m]: how many draws from the softmax itself the samples are worth. */
  readonly effectiveSampleSize: Tensor;
}

/**
 * Estimates the gradient of softmax cross-entropy by self-normalized importance sampling: no forced positive, and any
 * constant in q cancels.
 *
 *     ∇L ≈ −∇o_y + Σᵢ w̄ᵢ ∇o_{s_i}      w̄ = softmax(o_s − log q_s), detached
 *     surrogate = −o_y + Σᵢ w̄ᵢ o_{s_i}      ESS = (Σ w)² / Σ w²
 *
 * The estimate is biased by O(1/m), and unbiased where q is the softmax itself. Only first derivatives mean anything.
 *
 * Reach for it with a q that follows the model closely; `adaptiveSamples` draws until the sample is large enough.
 *
 * @param targetScores - `[B]`, in nats
 * @param sampleScores - `[B, m]`, scores of samples from all classes, hits kept, m ≥ 1
 * @param logProbability - `[B, m]`, or `[m]` shared by all rows: log q of the samples, up to a constant; no gradient
 * flows into it
 * @returns surrogate and effective sample size, `[B]` each
 * @throws ShapeError if the shapes do not fit
 * @throws DTypeError if the tensors differ in dtype
 * @source Bengio and Senécal, "Adaptive Importance Sampling to Accelerate Training of a Neural Probabilistic Language
 * Model", IEEE TNN 2008; the effective sample size is due to Kong et al., JASA
 * 1994
 */
export function selfNormalizedSoftmax(
  targetScores: Tensor,
  sampleScores: Tensor,
  logProbability: Tensor,
): SelfNormalizedSoftmax {
  const caller = "selfNormalizedSoftmax";
  checkRank(caller, { targetScores }, 1);
  checkSameDType(caller, { targetScores, sampleScores, logProbability });
  const rows = targetScores.size;
  const { shape } = sampleScores;
  if (shape.length !== 2 || shape[0] !== rows || shape[1] < 1) {
    throw new ShapeError(`${caller}: sampleScores has shape ${showShape(shape)} but must be [${rows}, m] with m ≥ 1`);
  }
  const given = logProbability.shape;
  if (!(given[given.length - 1] === shape[1] && (given.length === 1 || (given.length === 2 && given[0] === rows)))) {
    throw new ShapeError(
      `${caller}: logProbability has shape ${showShape(given)} but must be ${showShape(shape)} or [${shape[1]}]`,
    );
  }
  const logWeights = stopGradient(sampleScores.sub(logProbability));
  const surrogate = softmax(logWeights, 1).mul(sampleScores).sum(1).sub(targetScores);
  return { surrogate, effectiveSampleSize: effectiveSampleSize(logWeights) };
}

/**
 * How many equal weights a sample's weights are worth.
 *
 *     ESS = (Σ w)² / Σ w²
 *
 * @param logWeights - `[..., m]`, in nats, up to a constant
 * @returns `[...]`, in [1, m]: 1 where one weight outweighs all, m where they are equal
 * @source Kong et al., "Sequential Imputations and Bayesian Missing Data Problems", JASA 1994
 */
export function effectiveSampleSize(logWeights: Tensor): Tensor {
  return exp(
    logSumExp(logWeights, -1)
      .mul(2)
      .sub(logSumExp(logWeights.mul(2), -1)),
  );
}
