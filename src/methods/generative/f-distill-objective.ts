import { checkAbove } from "../../autodiff/check.js";
import { checkSameDType } from "../../autodiff/dtype.js";
import { ShapeError, showShape, softplus, type Tensor } from "../../autodiff/index.js";
import { checkBounds, type RatioBounds, ratiosOf } from "./density-ratio.js";
import { checkLogits } from "./discriminator-loss.js";
import { checkPredictions, fDistillLoss } from "./f-distill-loss.js";
import { checkDivergence, type FDivergenceName } from "./f-divergence.js";
import { normalizeFWeights } from "./normalize-f-weights.js";
import { checkTimes, type RatioHistogram } from "./ratio-histogram.js";

/** A batch of the student's samples, and what three networks say of them with noise. */
export interface FDistillBatch {
  /** `[n, ...]`, before noise. */
  readonly samples: Tensor;
  /** x̂_T, as `samples`. */
  readonly teacherPrediction: Tensor;
  /** x̂_F, as `samples`. */
  readonly fakePrediction: Tensor;
  /** `[n, ...]`, the discriminator's, one or several for each sample. */
  readonly fakeLogits: Tensor;
  /** `[n]`: noise levels, in the histogram's units. */
  readonly times: Tensor;
}

export interface FDistillObjectiveOptions extends RatioBounds {
  /** λ_G: how much fooling the discriminator counts, a finite number > 0. Default 0.003. */
  readonly adversarialWeight?: number;
}

export interface FDistillObjective {
  /** `[]`: the generator's. */
  readonly objective: Tensor;
  /** `[]`: its part that matches distributions. */
  readonly distillation: Tensor;
  /** Ratios with this batch; the state for the next step. */
  readonly histogram: RatioHistogram;
}

/**
 * f-distill's objective of a one-step generator.
 *
 *     mean fDistillLoss(samples, x̂_T, x̂_F, weights) + λ_G mean softplus(−fakeLogits)
 *
 * with the weights of `normalizeFWeights` for the ratios of `densityRatioFromLogits`. The discriminator that gives the
 * ratios also pulls the generator towards the data, so its weight cannot be 0. Gradients reach the generator through
 * `samples` and `fakeLogits` only.
 *
 * Reach for it in each generator step, between steps of the denoiser of fakes and of the discriminator, by
 * `discriminatorLoss`, on new samples.
 *
 * @param batch - of one step
 * @param divergence - which
 * @param histogram - of the steps so far; is left as it is
 * @throws ShapeError if `samples` has fewer than two axes or no entry, or another argument does not fit it
 * @throws DTypeError if `samples` are no floats, or they differ in dtype
 * @throws RangeError if a value on the host is not finite, or a time outside the histogram
 * @throws RangeError if `adversarialWeight` is not a finite number > 0, or `ratioLower` not below `ratioUpper`
 * @throws TypeError if `divergence` is none of those listed
 * @source Xu, Nie and Vahdat, "One-step Diffusion Models with f-Divergence Distribution Matching", 2025, arXiv:2502.15681,
 * algorithm 1
 */
export function fDistillObjective(
  { samples, teacherPrediction, fakePrediction, fakeLogits, times }: FDistillBatch,
  divergence: FDivergenceName,
  histogram: RatioHistogram,
  options: FDistillObjectiveOptions = {},
): FDistillObjective {
  const caller = "fDistillObjective";
  const { adversarialWeight = 3e-3, ratioLower = 0.1, ratioUpper = 20 } = options;
  checkAbove(caller, { adversarialWeight }, 0);
  checkBounds(caller, options);
  checkDivergence(caller, divergence);
  checkPredictions(caller, samples, teacherPrediction, fakePrediction);
  checkLogits(caller, { fakeLogits });
  checkSameDType(caller, { samples, fakeLogits });
  if (fakeLogits.shape[0] !== samples.shape[0]) {
    throw new ShapeError(
      `${caller}: fakeLogits has shape ${showShape(fakeLogits.shape)} but must have ${samples.shape[0]} rows, like samples`,
    );
  }
  const ratio = ratiosOf(caller, fakeLogits, options);
  checkTimes(caller, histogram, ratio, times);
  const bounds = { ratioLower, ratioUpper };
  const { weights, histogram: seen = histogram } = normalizeFWeights(ratio, divergence, {
    ...bounds,
    histogram,
    times,
  });
  const distillation = fDistillLoss(samples, teacherPrediction, fakePrediction, { weights, reduction: "mean" });
  const adversarial = softplus(fakeLogits.neg()).mean().mul(adversarialWeight);
  return { objective: distillation.add(adversarial), distillation, histogram: seen };
}
