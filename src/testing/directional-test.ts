import { BettingTest } from "./betting.js";
import { EmpiricalBernstein } from "./empirical-bernstein.js";

/**
 * The three processes that judge one projection of an estimator's value: is its mean the null, and is it within ±ε of it?
 *
 *     y = Σ d_k x_k, mapped to z = (y − low) / (high − low)      null process at m; K⁺ at m − ε; K⁻ at m + ε
 *
 * K⁺ bets upwards only, so its bets are admissible, and earn more, at every mean below m − ε: one crossing rejects them
 * all. An end outside [0, 1] leaves nothing to reject and counts as crossed.
 */
export class DirectionalTest {
  readonly #direction: readonly number[];
  readonly #low: number;
  readonly #width: number;
  readonly #null: BettingTest;
  readonly #above: BettingTest | undefined;
  readonly #below: BettingTest | undefined;
  readonly #interval: EmpiricalBernstein;

  /**
   * @param direction - weights d of the components
   * @param truth - the null, a value a component
   * @param low - lower bounds of the components
   * @param high - upper bounds of the components
   * @param alpha - level of this direction's certificate and interval
   * @param eps - resolution in mapped units
   */
  constructor(
    direction: readonly number[],
    truth: ArrayLike<number>,
    low: ArrayLike<number>,
    high: ArrayLike<number>,
    alpha: number,
    eps: number,
  ) {
    const dot = (pick: (component: number) => number) => direction.reduce((sum, d, k) => sum + d * pick(k), 0);
    this.#direction = direction;
    this.#low = dot((k) => (direction[k] > 0 ? low[k] : high[k]));
    this.#width = dot((k) => (direction[k] > 0 ? high[k] : low[k])) - this.#low;
    const mean = this.#map(truth);
    this.#null = new BettingTest(mean);
    if (mean - eps >= 0) this.#above = new BettingTest(mean - eps, { alpha: alpha / 2, side: "above" });
    if (mean + eps <= 1) this.#below = new BettingTest(mean + eps, { alpha: alpha / 2, side: "below" });
    this.#interval = new EmpiricalBernstein(alpha);
  }

  #map(value: ArrayLike<number>): number {
    let y = 0;
    for (let k = 0; k < this.#direction.length; k++) {
      y += this.#direction[k] * value[k];
    }
    // every component was checked against its bounds, so this removes rounding and nothing else
    return Math.min(1, Math.max(0, (y - this.#low) / this.#width));
  }

  observe(value: ArrayLike<number>): void {
    const z = this.#map(value);
    this.#null.observe(z);
    if (this.#above?.rejected === false) this.#above.observe(z);
    if (this.#below?.rejected === false) this.#below.observe(z);
    this.#interval.observe(z);
  }

  /** log K of the null process. */
  get logCapital(): number {
    return this.#null.logCapital;
  }

  /** Whether both ends have been rejected. */
  get certified(): boolean {
    return this.#above?.rejected !== false && this.#below?.rejected !== false;
  }

  /** Bounds of the projection's mean, in its own units. */
  get interval(): { readonly low: number; readonly high: number } {
    const { lower, upper } = this.#interval;
    return { low: this.#low + this.#width * lower, high: this.#low + this.#width * upper };
  }
}
