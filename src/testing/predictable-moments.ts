/**
 * Mean and variance of what has been seen so far in [0, 1], shrunk by one imagined observation of mean ½ and variance ¼.
 *
 *     mean = (½ + Σ x_j) / (n + 1)      variance = (¼ + Σ (x_j − mean_j)²) / (n + 1)      mean_j after x_1..x_j
 *
 * Both are known before the next observation, so a bet that is built from them is allowed.
 *
 * @source Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS-B 2023,
 *   arXiv:2010.09686, Theorem 2
 */
export class PredictableMoments {
  #draws = 0;
  #sum = 0.5;
  #squares = 0.25;

  /** Observations seen, n. */
  get draws(): number {
    return this.#draws;
  }

  get mean(): number {
    return this.#sum / (this.#draws + 1);
  }

  get variance(): number {
    return this.#squares / (this.#draws + 1);
  }

  observe(x: number): void {
    this.#draws++;
    this.#sum += x;
    this.#squares += (x - this.mean) ** 2;
  }
}

/**
 * The bet that makes a confidence sequence narrow at all times, for the observation numbered `draw`.
 *
 *     λ = sqrt(2 log(2/α) / (variance · draw · log(1 + draw)))
 *
 * @param variance - known before the observation, > 0
 * @param draw - number of the observation, from 1
 * @param alpha - level of the two-sided statement, in (0, 1)
 * @source Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS-B 2023,
 *   arXiv:2010.09686, Theorem 2
 */
export function predictableBet(variance: number, draw: number, alpha: number): number {
  return Math.sqrt((2 * Math.log(2 / alpha)) / (variance * draw * Math.log1p(draw)));
}

/** Largest share c of the capital that one observation may take. */
export const LARGEST_STAKE = 0.5;

/** Throws RangeError unless the observation lies in [0, 1]. */
export function checkObservation(caller: string, x: number): void {
  if (!(x >= 0 && x <= 1))
    throw new RangeError(`${caller}: x is ${x} but must be in [0, 1]; map it by its known bounds`);
}
