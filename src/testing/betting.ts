import { checkBetween, checkOneOf } from "../autodiff/check.js";
import { logMeanExp } from "./log-mean-exp.js";
import { checkObservation, LARGEST_STAKE, PredictableMoments, predictableBet } from "./predictable-moments.js";

export interface BettingOptions {
  /** Chance of ever rejecting a true null, in (0, 1). Default 1e-9. */
  readonly alpha?: number;
  /** `kelly` grows fastest against a wrong mean; `mixture` bets alike on every mean. Default `kelly`. */
  readonly bets?: "kelly" | "mixture";
  /** Which departures earn capital: means `above` the null, `below` it, or `both`. Default `both`. */
  readonly side?: "above" | "below" | "both";
}

/**
 * A test of a mean that can be looked at after every draw: a gambler who cannot win if the mean is right.
 *
 *     K_t = Π_{i ≤ t} (1 + λ_i (x_i − m))      −c/(1−m) ≤ λ_i ≤ c/m,  c = ½      reject when log K_t ≥ log(1/α)
 *     kelly:    λ_i = (μ − m) / (v + (μ − m)²), clipped      μ, v: shrunk mean and variance of x_1..x_{i−1}
 *     mixture:  λ_i = ± sqrt(2 log(2/α) / (v · i · log(1 + i))), clipped; `both` averages the two signs' capitals
 *
 * Under E[x_t | past] = m, K_t is a non-negative martingale from 1, so P(sup_t K_t ≥ 1/α) ≤ α: no look costs anything.
 * A one-sided test clips the bets at 0 and stays valid for every mean on its other side. At m = 0 or 1 the bet on the
 * open side has no upper limit. Reach for it when outcomes are too many to enumerate and draws have known bounds.
 *
 * @source Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS-B 2023,
 *   arXiv:2010.09686, Theorem 3 (hedged capital) and App. B (`kelly`: the bets called aGRAPA)
 */
export class BettingTest {
  readonly #mean: number;
  readonly #alpha: number;
  readonly #kelly: boolean;
  readonly #lowest: number;
  readonly #highest: number;
  readonly #threshold: number;
  readonly #moments: PredictableMoments = new PredictableMoments();
  #logUp = 0; // Kelly bets carry their own sign, so that rule has this capital only
  #logDown = 0;
  #rejected = false;

  /**
   * @param mean - the null m, in [0, 1]
   * @throws RangeError if `mean` is outside [0, 1]
   * @throws RangeError if `alpha` is outside (0, 1)
   * @throws TypeError if `bets` or `side` is not one of those listed
   */
  constructor(mean: number, options: BettingOptions = {}) {
    const { alpha = 1e-9, bets = "kelly", side = "both" } = options;
    checkBetween("BettingTest", { mean }, 0, 1);
    checkBetween("BettingTest", { alpha }, 0, 1, { openBelow: true, openAbove: true });
    checkOneOf("BettingTest", "bets", bets, ["kelly", "mixture"]);
    checkOneOf("BettingTest", "side", side, ["above", "below", "both"]);
    this.#mean = mean;
    this.#alpha = alpha;
    this.#kelly = bets === "kelly";
    this.#lowest = side === "above" ? 0 : -LARGEST_STAKE / (1 - mean);
    this.#highest = side === "below" ? 0 : LARGEST_STAKE / mean;
    this.#threshold = -Math.log(alpha);
  }

  /** Observations seen. */
  get draws(): number {
    return this.#moments.draws;
  }

  /** log K_t, in nats. */
  get logCapital(): number {
    if (this.#kelly || this.#lowest === 0) return this.#logUp;
    return this.#highest === 0 ? this.#logDown : logMeanExp([this.#logUp, this.#logDown]);
  }

  /** Whether K_t has ever reached 1/α. */
  get rejected(): boolean {
    return this.#rejected;
  }

  /**
   * Settles the bets on one more observation.
   *
   * @param x - in [0, 1]
   * @returns whether the null has ever been rejected
   * @throws RangeError if `x` is outside [0, 1] or NaN
   */
  observe(x: number): boolean {
    checkObservation("BettingTest.observe", x);
    const { draws, mean, variance } = this.#moments;
    if (this.#kelly) {
      const edge = mean - this.#mean;
      this.#logUp += this.#gain(edge / (variance + edge * edge), x);
    } else {
      const bet = predictableBet(variance, draws + 1, this.#alpha);
      this.#logUp += this.#gain(bet, x);
      this.#logDown += this.#gain(-bet, x);
    }
    this.#moments.observe(x);
    // an average cannot reach the threshold before its largest term does, and that is the cheap question
    if (!this.#rejected && Math.max(this.#logUp, this.#logDown) >= this.#threshold) {
      this.#rejected = this.logCapital >= this.#threshold;
    }
    return this.#rejected;
  }

  #gain(bet: number, x: number): number {
    const clipped = Math.max(this.#lowest, Math.min(this.#highest, bet));
    return Math.log(1 + clipped * (x - this.#mean)); // ≥ log ½: the stake is capped
  }
}
