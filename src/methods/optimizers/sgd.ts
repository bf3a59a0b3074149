import { checkBetween } from "../../autodiff/check.js";
import { type ElementwiseState, elementwise } from "./elementwise-rule.js";
import type { Optimizer } from "./optimizer.js";
import { checkRates, rateAt, type Schedule } from "./schedules.js";

export interface SgdOptions {
  /** A finite number, or a schedule. */
  readonly learningRate: number | Schedule;
  /** How much of the last velocity stays, in [0, 1). Default 0. */
  readonly momentum?: number;
  /** Look ahead along the new velocity. Default false. */
  readonly nesterov?: boolean;
  /** With momentum and row-sparse gradients: leave rows without a gradient alone, though their velocity would move them. Default false. */
  readonly lazy?: boolean;
}

/**
 * Stochastic gradient descent, with momentum in the form that is not scaled by 1 − momentum.
 *
 *     velocity ← momentum · velocity + g
 *     update   = −learningRate · velocity                       plain momentum
 *     update   = −learningRate · (g + momentum · velocity)      Nesterov's
 *
 * Without momentum, row-sparse gradients touch only their rows, exactly. With it every row goes on moving, so a step
 * costs as much as the table, unless `lazy`.
 *
 * @throws RangeError if `learningRate` is neither finite nor a schedule
 * @throws RangeError if `momentum` is outside [0, 1)
 * @source Sutskever et al., "On the Importance of Initialization and Momentum in Deep Learning", ICML 2013, section 2
 */
export function sgd({
  learningRate,
  momentum = 0,
  nesterov = false,
  lazy = false,
}: SgdOptions): Optimizer<ElementwiseState> {
  checkRates("sgd", { learningRate });
  checkBetween("sgd", { momentum }, 0, 1, { openAbove: true });
  if (momentum === 0) {
    return elementwise({
      memory: [],
      restsAtZero: true,
      lazy,
      step: (g, _, step) => ({ update: g.mul(rateAt(learningRate, step).neg()), memory: {} }),
    });
  }
  return elementwise({
    memory: ["velocity"],
    restsAtZero: false,
    lazy,
    step: (g, memory, step) => {
      const velocity = memory.velocity.mul(momentum).add(g);
      const direction = nesterov ? velocity.mul(momentum).add(g) : velocity;
      return { update: direction.mul(rateAt(learningRate, step).neg()), memory: { velocity } };
    },
  });
}
