import { checkBetween, checkSameShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { equal, square, stopGradient, type Tensor, where, zeros } from "../../autodiff/index.js";

/**
 * The mean loss of the other samples: `(Σ_s losses_s − losses_i) / (S − 1)`.
 *
 * Reach for it when several objects are drawn for each input: it does not depend on the sample's own noise, so the
 * gradient stays unbiased, and it needs no state.
 *
 * @param losses - `[S, ...]`, S ≥ 2 samples along the first axis
 * @returns the shape of `losses`, without gradient
 * @throws DTypeError if `losses` is no f32 or f64
 * @throws ShapeError if there are fewer than 2 samples
 * @source Mnih and Rezende, "Variational Inference for Monte Carlo Objectives", ICML 2016, arXiv:1602.06725, §2.5; Kool,
 * van Hoof and Welling, "Buy 4 REINFORCE Samples, Get a Baseline for Free!", ICLR workshop 2019
 */
export function leaveOneOutBaseline(losses: Tensor): Tensor {
  checkFloat("leaveOneOutBaseline", { losses });
  const [samples = 0] = losses.shape;
  if (samples < 2) {
    throw new ShapeError(
      `leaveOneOutBaseline: losses has shape ${showShape(losses.shape)} but must have at least 2 samples on its first axis`,
    );
  }
  const fixed = stopGradient(losses);
  return fixed
    .sum(0, { keepDims: true })
    .sub(fixed)
    .div(samples - 1);
}

export interface MovingAverageBaselineOptions {
  /** How much of the average stays at a step, in [0, 1). Default 0.9. */
  readonly decay?: number;
}

/** Scalars; a tree, so that it can be evaluated and kept with parameters. */
export interface MovingAverageState {
  readonly total: Tensor;
  readonly weight: Tensor;
  readonly [name: string]: Tensor;
}

export interface MovingAverageBaseline {
  /** Before any step, on the backend and in the dtype of `like`. */
  init(like: Tensor): MovingAverageState;
  /** `[]` the average so far, 0 before the first step. Read it before the step's own losses go in. */
  value(state: MovingAverageState): Tensor;
  /** The state with the mean of a step's losses, of any shape. */
  update(state: MovingAverageState, losses: Tensor): MovingAverageState;
}

/**
 * A moving average of the losses of earlier steps, corrected for having started at nothing.
 *
 *     total ← decay · total + (1 − decay) · mean(losses)      weight ← decay · weight + (1 − decay)      value = total / weight
 *
 * Reach for it when there is one sample for each input and no network to guess its loss.
 *
 * @param options - the decay
 * @returns `init`, `value` and `update`, all pure; no gradient flows into the losses
 * @throws RangeError if `decay` is outside [0, 1)
 * @source Williams, "Simple Statistical Gradient-Following Algorithms", Machine Learning 1992 (reinforcement comparison);
 * Kingma and Ba, "Adam", ICLR 2015, arXiv:1412.6980, §3 (the correction)
 */
export function movingAverageBaseline({ decay = 0.9 }: MovingAverageBaselineOptions = {}): MovingAverageBaseline {
  checkBetween("movingAverageBaseline", { decay }, 0, 1, { openAbove: true });
  return {
    init: (like) => ({ total: zeros([], like), weight: zeros([], like) }),
    value({ total, weight }) {
      const empty = equal(weight, 0);
      return where(empty, 0, total.div(where(empty, 1, weight)));
    },
    update: ({ total, weight }, losses) => ({
      total: total.mul(decay).add(
        stopGradient(losses)
          .mean()
          .mul(1 - decay),
      ),
      weight: weight.mul(decay).add(1 - decay),
    }),
  };
}

/**
 * What a learned baseline minimizes: `(losses − predictions)²`. Its minimizer, the mean loss given the input, is then
 * passed as the baseline.
 *
 * Reach for it when losses differ much from input to input: the predictions come from a network that sees the input and
 * not the sample. A moving average of what the network leaves may be added to them.
 *
 * @param losses - `[...]`; no gradient flows into them
 * @param predictions - the shape of `losses`
 * @returns `[...]` one for each prediction
 * @throws ShapeError if `losses` and `predictions` differ in shape
 * @throws DTypeError if they are not floats of one dtype
 * @source Mnih and Gregor, "Neural Variational Inference and Learning in Belief Networks", ICML 2014, arXiv:1402.0030,
 * §2.3. Its division by the running deviation of the signal, which is no baseline, is left to the optimizer
 */
export function learnedBaselineLoss(losses: Tensor, predictions: Tensor): Tensor {
  checkFloat("learnedBaselineLoss", { losses, predictions });
  checkSameDType("learnedBaselineLoss", { losses, predictions });
  checkSameShape("learnedBaselineLoss", { losses, predictions });
  return square(stopGradient(losses).sub(predictions));
}
