import { checkAtLeast } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import {
  abs,
  checkRank,
  equal,
  exp,
  log,
  max,
  square,
  stopGradient,
  type Tensor,
  where,
} from "../../autodiff/index.js";

export interface WeightNormalizeOptions {
  /** Power τ' of the norms, a finite number ≥ 0: 0 leaves the weights alone, 1 makes all rows unit vectors. Default 1. */
  readonly power?: number;
}

/**
 * The last layer of a trained classifier with the norms of its rows evened out, which tend to follow the priors.
 *
 *     W_c ← W_c / ‖W_c‖^τ'
 *
 * Reach for it as the baseline of logit adjustment: it needs no priors, only a held-out set to choose τ' by. A row of
 * zeros stays. Biases, if there are any, are left out of the prediction.
 *
 * @param weights - `[C, d]`, a row for each class
 * @returns `[C, d]`, differentiable
 * @throws ShapeError if weights has not two axes
 * @throws DTypeError if weights is no float
 * @throws RangeError if power is not a finite number ≥ 0
 * @source Kang et al., "Decoupling Representation and Classifier for Long-Tailed Recognition", ICLR 2020,
 * arXiv:1910.09217, section 4.2, eq. 4
 */
export function weightNormalize(weights: Tensor, { power = 1 }: WeightNormalizeOptions = {}): Tensor {
  checkAtLeast("weightNormalize", { power }, 0);
  checkRank("weightNormalize", { weights }, 2);
  checkFloat("weightNormalize", { weights });
  const largest = stopGradient(max(abs(weights), 1, { keepDims: true }));
  const isZero = equal(largest, 0);
  const unit = where(isZero, 1, largest); // squares of the ratios neither overflow nor vanish
  const squares = where(isZero, 1, square(weights.div(unit)).sum(1, { keepDims: true }));
  const logNorm = log(squares).mul(0.5).add(log(unit));
  return weights.mul(exp(logNorm.mul(-power)));
}
