import { checkAbove, checkCount } from "../../autodiff/check.js";
import { cos, exp, less, minimum, type Tensor, where } from "../../autodiff/index.js";
import { full } from "../../autodiff/ops/create.js";

/** A rate that depends on the number of steps done before this one, `[]`: 0 at the first. */
export type Schedule = (step: Tensor) => Tensor;

/** Throws RangeError unless each rate is a finite number or a schedule. */
export function checkRates(caller: string, rates: Readonly<Record<string, number | Schedule>>): void {
  for (const [name, rate] of Object.entries(rates)) {
    if (typeof rate !== "function" && !Number.isFinite(rate)) {
      throw new RangeError(`${caller}: ${name} is ${rate} but must be a finite number or a schedule`);
    }
  }
}

/** The rate at a step, `[]`; a plain number is the same at all. */
export function rateAt(rate: number | Schedule, step: Tensor): Tensor {
  return typeof rate === "function" ? rate(step) : full([], rate, step);
}

function checkEnds(caller: string, ends: Readonly<Record<string, number>>): void {
  for (const [name, end] of Object.entries(ends)) {
    if (!Number.isFinite(end)) throw new RangeError(`${caller}: ${name} is ${end} but must be a finite number`);
  }
}

/**
 * From `start` to `end` in a straight line over `steps` steps, then `end`.
 *
 *     start + (end − start) · min(1, step / steps)
 *
 * @throws RangeError if `start` or `end` is not finite, or `steps` is not a whole number ≥ 1
 */
export function linearSchedule(start: number, end: number, steps: number): Schedule {
  checkEnds("linearSchedule", { start, end });
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
 * @throws RangeError if `start` or `end` is not finite, or `steps` is not a whole number ≥ 1
 * @source Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017, arXiv:1608.03983, eq. 5
 */
export function cosineSchedule(start: number, steps: number, end = 0): Schedule {
  checkEnds("cosineSchedule", { start, end });
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
 * @throws RangeError if `start` is not finite, `decay` is not a finite number > 0, or `steps` not a whole number ≥ 1
 */
export function exponentialSchedule(start: number, decay: number, steps: number): Schedule {
  checkEnds("exponentialSchedule", { start });
  checkAbove("exponentialSchedule", { decay }, 0);
  checkCount("exponentialSchedule", { steps }, 1);
  return (step) => exp(step.mul(Math.log(decay) / steps)).mul(start);
}

/**
 * Rises in a straight line from 0 over `steps` steps, reaching at step `steps` what `after` gives from then on.
 *
 * @param after - the rate after warm-up; a schedule counts its steps from the end of it
 * @throws RangeError if `steps` is not a whole number ≥ 1, or `after` neither finite nor a schedule
 */
export function warmup(steps: number, after: number | Schedule): Schedule {
  checkCount("warmup", { steps }, 1);
  checkRates("warmup", { after });
  return (step) => {
    const first = rateAt(after, step.mul(0));
    return where(less(step, steps), step.div(steps).mul(first), rateAt(after, step.sub(steps)));
  };
}
