import { checkAtLeast, checkCount } from "../../autodiff/check.js";
import { cos, exp, less, minimum, type Tensor, where } from "../../autodiff/index.js";

/** A rate that depends on the number of steps done before this one, `[]`: 0 at the first. */
export type Schedule = (step: Tensor) => Tensor;

/** The rate at a step, `[]`; a plain number is the same at all. */
export function rateAt(rate: number | Schedule, step: Tensor): Tensor {
  return typeof rate === "function" ? rate(step) : step.mul(0).add(rate);
}

/**
 * From `start` to `end` in a straight line over `steps` steps, then `end`.
 *
 *     start + (end − start) · min(1, step / steps)
 *
 * @throws RangeError if `steps` is not a whole number ≥ 1
 */
export function linearSchedule(start: number, end: number, steps: number): Schedule {
  checkCount("linearSchedule", { steps }, 1);
  return (step) =>
    minimum(step.div(steps), 1)
      .mul(end - start)
      .add(start);
}

/**
 * Half a cosine from `start` down to `end` over `steps` steps, then `end`.
 *
 *     end + (start − end) · (1 + cos(π · min(1, step / steps))) / 2
 *
 * @throws RangeError if `steps` is not a whole number ≥ 1
 * @source Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017, arXiv:1608.03983, eq. 5
 */
export function cosineSchedule(start: number, steps: number, end = 0): Schedule {
  checkCount("cosineSchedule", { steps }, 1);
  return (step) =>
    cos(minimum(step.div(steps), 1).mul(Math.PI))
      .add(1)
      .mul((start - end) / 2)
      .add(end);
}

/**
 * `start · decay^(step / steps)`: multiplied by `decay` every `steps` steps.
 *
 * @param decay - a finite number > 0, at most 1 to decay
 * @throws RangeError if `steps` is not a whole number ≥ 1 or `decay` is negative
 */
export function exponentialSchedule(start: number, decay: number, steps: number): Schedule {
  checkCount("exponentialSchedule", { steps }, 1);
  checkAtLeast("exponentialSchedule", { decay }, 0);
  return (step) => exp(step.mul(Math.log(decay) / steps)).mul(start);
}

/**
 * Rises in a straight line from 0 over `steps` steps, reaching at step `steps` what `after` gives from then on.
 *
 * @param after - the rate after warm-up; a schedule counts its steps from the end of it
 * @throws RangeError if `steps` is not a whole number ≥ 1
 */
export function warmup(steps: number, after: number | Schedule): Schedule {
  checkCount("warmup", { steps }, 1);
  return (step) => {
    const first = rateAt(after, step.mul(0));
    return where(less(step, steps), step.div(steps).mul(first), rateAt(after, step.sub(steps)));
  };
}
