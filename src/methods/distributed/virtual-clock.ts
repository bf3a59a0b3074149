import { checkAtLeast } from "../../autodiff/check.js";

/**
 * A clock that stands still until it is told how much time has passed, so that simulated waiting takes none.
 *
 *     now ← now + duration
 *
 * Reach for it to compare what several runs over simulated workers would have taken: give them one clock each.
 *
 * @source Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", CACM 1978, for time that is the
 * order of events; ours adds durations
 */
export class VirtualClock {
  #now = 0;

  /** Time that has passed since the clock was made. */
  get now(): number {
    return this.#now;
  }

  /**
   * Lets time pass.
   *
   * @param duration - a finite number ≥ 0
   * @throws RangeError if `duration` is negative or not finite
   */
  advance(duration: number): void {
    checkAtLeast("advance", { duration }, 0);
    this.#now += duration;
  }
}
