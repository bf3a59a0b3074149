import { checkSameShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkSameDType } from "../../autodiff/dtype.js";
import { exp, stopGradient, type Tensor, tanh } from "../../autodiff/index.js";
import { checkUtilities } from "./check-utilities.js";
import type { StochasticSoftmax } from "./stochastic-softmax.js";

export interface ScoreFunctionGradOptions {
  /** A number, or `[...batch]`, that does not depend on the noise of the same sample. Default 0. */
  readonly baseline?: Tensor | number;
}

/**
 * Score-function estimate of the gradient of `E[L(hard)]` with respect to θ, one for each sample; unbiased.
 *
 *     (L − baseline) · ∂ log p(U; θ)/∂θ      ∂ log p/∂θ = 1 − exp(−(U − θ))      with logistic noise tanh((U − θ) / 2)
 *
 * Reach for it when the loss has no gradient between 0 and 1, or as the measure of what a relaxation buys: its variance
 * is high. A baseline keeps the mean and lowers the variance: a number, the losses of the other samples
 * (`leaveOneOutBaseline`), of earlier steps (`movingAverageBaseline`), or a network's guess (`learnedBaselineLoss`).
 * Average over the axes along which θ was repeated. Nothing in the result carries a gradient.
 *
 * @param family - says which noise, and which axes make up an object
 * @param utilities - `[...batch, ...object]`, as sampled
 * @param theta - the shape of `utilities`; `broadcastTo` repeats it for several samples
 * @param losses - `[...batch]` L of the hard objects
 * @param options - the baseline
 * @returns `[...batch, ...object]`
 * @throws ShapeError if `theta` and `utilities` differ in shape, or `losses` or `baseline` has not the shape of the batch
 * @throws DTypeError if they are not floats of one dtype
 * @throws RangeError if `utilities` or `theta` is on the host and not finite
 * @source Williams, "Simple Statistical Gradient-Following Algorithms", Machine Learning 1992; Paulus et al., "Gradient
 * Estimation with Stochastic Softmax Tricks", NeurIPS 2020, arXiv:2006.08063 (on the utilities)
 */
export function scoreFunctionGrad(
  { noise, rank }: StochasticSoftmax,
  utilities: Tensor,
  theta: Tensor,
  losses: Tensor,
  { baseline = 0 }: ScoreFunctionGradOptions = {},
): Tensor {
  const caller = "scoreFunctionGrad";
  checkUtilities(caller, "utilities", utilities, rank);
  checkUtilities(caller, "theta", theta, rank);
  checkSameShape(caller, { utilities, theta });
  checkSameDType(caller, { utilities, theta, losses });
  const batch = utilities.shape.slice(0, utilities.shape.length - rank);
  checkBatch(caller, "losses", losses, batch);
  if (typeof baseline !== "number") {
    checkSameDType(caller, { utilities, baseline });
    checkBatch(caller, "baseline", baseline, batch);
  }
  const noiseDrawn = utilities.sub(theta);
  const score = noise === "gumbel" ? exp(noiseDrawn.neg()).neg().add(1) : tanh(noiseDrawn.mul(0.5));
  const signal = losses.sub(baseline).reshape([...batch, ...Array<number>(rank).fill(1)]);
  return stopGradient(signal.mul(score));
}

function checkBatch(caller: string, name: string, { shape }: Tensor, batch: readonly number[]): void {
  if (shape.length === batch.length && shape.every((size, axis) => size === batch[axis])) return;
  throw new ShapeError(
    `${caller}: ${name} has shape ${showShape(shape)} but must be ${showShape(batch)}, one for each object`,
  );
}
