import { checkAtLeast } from "../../autodiff/check.js";
import { sqrt } from "../../autodiff/index.js";
import { type ElementwiseState, elementwise } from "./elementwise-rule.js";
import type { Optimizer } from "./optimizer.js";
import { checkRates, rateAt, type Schedule } from "./schedules.js";

export interface AdagradOptions {
  /** A finite number, or a schedule. */
  readonly learningRate: number | Schedule;
  /** Where the sums of squares start, ≥ 0. Default 0. */
  readonly initialAccumulator?: number;
  /** Added to the root, > 0 or, with an accumulator above 0, ≥ 0. Default 1e-10. */
  readonly epsilon?: number;
}

/**
 * Adagrad: each element's rate falls with the gradients it has seen. Made for features of very different frequency.
 *
 *     accumulator ← accumulator + g²
 *     update      = −learningRate · g / (√accumulator + epsilon)
 *
 * Row-sparse gradients touch only their rows, exactly; rows of one id are summed before they are squared.
 *
 * @throws RangeError if `learningRate` is neither finite nor a schedule
 * @throws RangeError if `initialAccumulator` or `epsilon` is negative, or both are 0
 * @source Duchi et al., "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", JMLR 2011, fig. 1 (diagonal)
 */
export function adagrad({
  learningRate,
  initialAccumulator = 0,
  epsilon = 1e-10,
}: AdagradOptions): Optimizer<ElementwiseState> {
  checkRates("adagrad", { learningRate });
  checkAtLeast("adagrad", { initialAccumulator, epsilon }, 0);
  if (initialAccumulator === 0 && epsilon === 0) {
    throw new RangeError("adagrad: epsilon is 0 but must be > 0 where the accumulator starts at 0; 0/0 is no update");
  }
  return elementwise({
    memory: ["accumulator"],
    initial: initialAccumulator,
    restsAtZero: true,
    lazy: false,
    step: (g, memory, step) => {
      const accumulator = memory.accumulator.add(g.mul(g));
      const update = g.div(sqrt(accumulator).add(epsilon)).mul(rateAt(learningRate, step).neg());
      return { update, memory: { accumulator } };
    },
  });
}
