import { checkAbove, checkBetween } from "../autodiff/check.js";
import { logMeanExp } from "./log-mean-exp.js";
import { predictableBet } from "./predictable-moments.js";

/**
 * A test of a mean, valid at every look, for draws with no bounds but a known bound on their variance.
 *
 *     M⁺_t = exp(Σ φ(λ_i (x_i − m)) − λ_i² v / 2)      M⁻_t: the same with x_i − m negated      M_t = ½ M⁺_t + ½ M⁻_t
 *     φ(z) = log(1 + z + z²/2) for z ≥ 0, −φ(−z) for z < 0
 *     λ_i = min(½ / sqrt(v), sqrt(2 log(2/α) / (v · i · log(1 + i))))
 *
 * Under E[x_t | past] = m and Var[x_t | past] ≤ v, M_t is a supermartingale from at most 1; reject when M_t ≥ 1/α. φ grows
 * like a logarithm, so one wild draw moves little and nothing has to be clipped (clipping would add a bias). The upper limit
 * of the bets is ours: without it the tolls of the first draws, exp(−60) at α = 1e-9, have to be earned back.
 *
 * @source Wang and Ramdas, "Catoni-style confidence sequences for heavy-tailed mean estimation", SPA 2023,
 *   arXiv:2202.01250, the Catoni supermartingales (there inverted to an interval; here their average is one test)
 */
export class CatoniTest {
  readonly #mean: number;
  readonly #variance: number;
  readonly #alpha: number;
  readonly #threshold: number;
  #draws = 0;
  #logUp = 0;
  #logDown = 0;
  #rejected = false;

  /**
   * @param mean - the null m, finite
   * @param variance - an upper bound v of the variance of every draw given the past, finite and > 0
   * @param options - `alpha`: chance of ever rejecting a true null, in (0, 1). Default 1e-9
   * @throws RangeError if `mean` is not finite
   * @throws RangeError if `variance` is not a finite number > 0
   * @throws RangeError if `alpha` is outside (0, 1)
   */
  constructor(mean: number, variance: number, options: { readonly alpha?: number } = {}) {
    const { alpha = 1e-9 } = options;
    if (!Number.isFinite(mean)) throw new RangeError(`CatoniTest: mean is ${mean} but must be a finite number`);
    checkAbove("CatoniTest", { variance }, 0);
    checkBetween("CatoniTest", { alpha }, 0, 1, { openBelow: true, openAbove: true });
    this.#mean = mean;
    this.#variance = variance;
    this.#alpha = alpha;
    this.#threshold = -Math.log(alpha);
  }

  /** Observations seen. */
  get draws(): number {
    return this.#draws;
  }

  /** log M_t, in nats. */
  get logCapital(): number {
    return logMeanExp([this.#logUp, this.#logDown]);
  }

  /** Whether M_t has ever reached 1/α. */
  get rejected(): boolean {
    return this.#rejected;
  }

  /**
   * Adds one observation.
   *
   * @param x - a finite number
   * @returns whether the null has ever been rejected
   * @throws RangeError if `x` is not finite
   */
  observe(x: number): boolean {
    if (!Number.isFinite(x)) throw new RangeError(`CatoniTest.observe: x is ${x} but must be a finite number`);
    const bet = Math.min(0.5 / Math.sqrt(this.#variance), predictableBet(this.#variance, ++this.#draws, this.#alpha));
    const influence = catoniInfluence(bet * (x - this.#mean));
    const toll = (bet * bet * this.#variance) / 2;
    this.#logUp += influence - toll;
    this.#logDown -= influence + toll; // φ is odd
    if (!this.#rejected && this.logCapital >= this.#threshold) this.#rejected = true;
    return this.#rejected;
  }
}

/** Catoni's narrowest influence function: near z it is z, far out it grows like 2 log |z|. */
function catoniInfluence(z: number): number {
  const size = Math.abs(z);
  const grown = size < 1e100 ? Math.log1p(size + (size * size) / 2) : 2 * Math.log(size) - Math.LN2; // size² overflows
  return Math.sign(z) * grown;
}
