import { checkAbove, checkBetween } from "../../autodiff/check.js";
import { sqrt } from "../../autodiff/index.js";
import { type ElementwiseState, elementwise } from "./elementwise-rule.js";
import type { Optimizer } from "./optimizer.js";
import { checkRates, rateAt, type Schedule } from "./schedules.js";

export interface RmspropOptions {
  /** A finite number, or a schedule. */
  readonly learningRate: number | Schedule;
  /** How much of the mean square stays, in [0, 1). Default 0.9. */
  readonly decay?: number;
  /** Added to the root, > 0. Default 1e-8. */
  readonly epsilon?: number;
  /** Row-sparse gradients: leave rows without a gradient alone, though their mean square would decay. Default false. */
  readonly lazy?: boolean;
}

/**
 * RMSProp: gradients over the root of their running mean square.
 *
 *     meanSquare ← decay · meanSquare + (1 − decay) · g²
 *     update     = −learningRate · g / (√meanSquare + epsilon)
 *
 * Rows without a gradient do not move, but their mean square decays: every row is touched, unless `lazy`.
 *
 * @throws RangeError if `learningRate` is neither finite nor a schedule
 * @throws RangeError if `decay` is outside [0, 1) or `epsilon` is not above 0
 * @source Tieleman and Hinton, "Lecture 6.5: RMSProp", Neural Networks for Machine Learning, 2012
 */
export function rmsprop({
  learningRate,
  decay = 0.9,
  epsilon = 1e-8,
  lazy = false,
}: RmspropOptions): Optimizer<ElementwiseState> {
  checkRates("rmsprop", { learningRate });
  checkBetween("rmsprop", { decay }, 0, 1, { openAbove: true });
  checkAbove("rmsprop", { epsilon }, 0);
  return elementwise({
    memory: ["meanSquare"],
    restsAtZero: false,
    lazy,
    step: (g, memory, step) => {
      const meanSquare = memory.meanSquare.mul(decay).add(g.mul(g).mul(1 - decay));
      const update = g.div(sqrt(meanSquare).add(epsilon)).mul(rateAt(learningRate, step).neg());
      return { update, memory: { meanSquare } };
    },
  });
}
