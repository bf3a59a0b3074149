import { checkAtLeast, checkBetween, checkCount } from "../../autodiff/check.js";
import { phiOfLog } from "./comp-sum-loss.js";

export interface HConsistencyOptions {
  /** Which comp-sum loss, a finite number ≥ 0. Default 1. */
  readonly tau?: number;
  /** How many classes n, a whole number ≥ 2: above τ = 1 the guarantee weakens with it. */
  readonly classes: number;
}

/**
 * The least regret of a comp-sum loss that an excess β of zero-one loss costs.
 *
 *     T(β) = 2^(1−τ) (1 − m) / (1 − τ)                               τ in [0, 1)
 *          = ((1 + β) log(1 + β) + (1 − β) log(1 − β)) / 2           τ = 1
 *          = (m − 1) / ((τ − 1) n^(τ−1))                             τ in (1, 2)
 *          = β / ((τ − 1) n^(τ−1))                                   τ ≥ 2
 *     m = [((1 + β)^a + (1 − β)^a) / 2]^(1/a)      a = 1 / (2 − τ)
 *
 * Increasing and convex with T(0) = 0. Reach for it to compare members by what they promise.
 *
 * @param excess - β in [0, 1]
 * @throws RangeError if `excess` is outside [0, 1], `tau` negative or not finite, or `classes` no whole number ≥ 2
 * @source Mao, Mohri and Zhong, "Cross-Entropy Loss Functions: Theoretical Analysis and Applications", ICML 2023,
 * arXiv:2304.07288, theorem 3.1
 */
export function hConsistencyTransform(excess: number, { tau = 1, classes }: HConsistencyOptions): number {
  checkMember("hConsistencyTransform", tau, classes);
  checkBetween("hConsistencyTransform", { excess }, 0, 1);
  return transform(excess, tau, classes);
}

function checkMember(caller: string, tau: number, classes: number): void {
  checkAtLeast(caller, { tau }, 0);
  checkCount(caller, { classes }, 2);
}

function transform(excess: number, tau: number, classes: number): number {
  if (tau >= 2) return excess / ((tau - 1) * classes ** (tau - 1));
  const below = excess === 1 ? 0 : (1 - excess) * Math.log1p(-excess);
  if (tau === 1) return ((1 + excess) * Math.log1p(excess) + below) / 2;
  const power = 1 / (2 - tau);
  const ratio = (1 - excess) / (1 + excess);
  const logMean = Math.log1p(excess) + Math.log((1 + ratio ** power) / 2) / power; // (1 + β)^a alone overflows near 2
  const gain = Math.expm1(logMean) / (tau - 1); // (m − 1) / (τ − 1), which is ≥ 0 on both sides of 1
  return tau < 1 ? 2 ** (1 - tau) * gain : gain / classes ** (tau - 1);
}

export interface HConsistencyBoundOptions extends HConsistencyOptions {
  /** The closed forms that are never below the exact bound, in place of it. Default false. */
  readonly simplified?: boolean;
}

/**
 * How far a classifier's zero-one regret can be, given its regret in a comp-sum loss: `T⁻¹`.
 *
 *     R01(h) − R01*(H) ≤ T⁻¹(R(h) − R*(H) + M(H)) − M01(H)
 *
 * for every symmetric and complete hypothesis set H, with M the minimizability gaps, 0 for all measurable functions.
 * `simplified` gives √(2^τ (2 − τ) x) below τ = 1, √(2 n^(τ−1) x) below 2 and (τ − 1) n^(τ−1) x from there on, at most 1.
 *
 * Reach for it to know what a training loss is worth in accuracy.
 *
 * @param regret - x, a finite number ≥ 0, the gap included
 * @returns in [0, 1]
 * @throws RangeError if `regret` or `tau` is negative or not finite, or `classes` no whole number ≥ 2
 * @source Mao, Mohri and Zhong, "Cross-Entropy Loss Functions: Theoretical Analysis and Applications", ICML 2023,
 * arXiv:2304.07288, theorem 3.1 and corollary after it
 */
export function hConsistencyBound(
  regret: number,
  { tau = 1, classes, simplified = false }: HConsistencyBoundOptions,
): number {
  checkMember("hConsistencyBound", tau, classes);
  checkAtLeast("hConsistencyBound", { regret }, 0);
  if (regret >= transform(1, tau, classes)) return 1;
  if (simplified) return Math.min(1, simple(regret, tau, classes));
  let [low, high] = [0, 1];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) return high;
    if (transform(middle, tau, classes) < regret) low = middle;
    else high = middle;
  }
}

function simple(regret: number, tau: number, classes: number): number {
  if (tau < 1) return Math.sqrt(2 ** tau * (2 - tau) * regret);
  if (tau < 2) return Math.sqrt(2 * classes ** (tau - 1) * regret);
  return (tau - 1) * classes ** (tau - 1) * regret;
}

/**
 * How much a score vector loses, in expectation over the label, against the best there is.
 *
 *     C(h, q) − C*(q)      C(h, q) = Σ_k q_k ℓ(h, k)
 *     C*(q) = ((Σ_k q_k^a)^(1/a) − 1) / (1 − τ)      a = 1 / (2 − τ), τ < 2;   the entropy at τ = 1;   (1 − max q) / (τ − 1) from 2 on
 *
 * `hConsistencyTransform` of `max q − q_argmax(h)` is never above it. Reach for it where the labels' law is known:
 * simulations, and examples with many annotators.
 *
 * @param scores - a finite number a class
 * @param probabilities - q, as many numbers ≥ 0 that sum to 1 within 1e-6
 * @returns ≥ 0 up to rounding, or ∞
 * @throws RangeError if there is no score, one is not finite, or `probabilities` is no law over as many classes
 * @throws RangeError if `tau` is negative or not finite
 * @source Mao, Mohri and Zhong, "Cross-Entropy Loss Functions: Theoretical Analysis and Applications", ICML 2023,
 * arXiv:2304.07288, appendix on the proof of theorem 3.1
 */
export function compSumConditionalRegret(
  scores: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  { tau = 1 }: Pick<HConsistencyOptions, "tau"> = {},
): number {
  const caller = "compSumConditionalRegret";
  checkAtLeast(caller, { tau }, 0);
  checkFinite(caller, "scores", scores);
  if (scores.length === 0) throw new RangeError(`${caller}: scores is empty but must have a class`);
  checkLaw(caller, "probabilities", probabilities, scores.length);

  const q = Array.from(probabilities);
  const h = Array.from(scores);
  const largest = Math.max(...h);
  const logTotal = Math.log(h.reduce((sum, score) => sum + Math.exp(score - largest), 0));
  let risk = 0;
  q.forEach((share, k) => {
    if (share > 0) risk += share * phiOfLog(logTotal - (h[k] - largest), tau); // 0 · ∞ would be NaN
  });
  return risk - leastRisk(q, tau);
}

function leastRisk(q: readonly number[], tau: number): number {
  const largest = Math.max(...q);
  if (tau >= 2) return (1 - largest) / (tau - 1);
  if (tau === 1) return q.reduce((sum, share) => (share > 0 ? sum - share * Math.log(share) : sum), 0);
  const power = 1 / (2 - tau);
  const spread = q.reduce((sum, share) => sum + (share / largest) ** power, 0); // in [1, n]: nothing underflows
  return Math.expm1(Math.log(largest) + Math.log(spread) / power) / (1 - tau);
}

function checkFinite(caller: string, name: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]))
      throw new RangeError(`${caller}: ${name}[${i}] is ${values[i]} but must be finite`);
  }
}

function checkLaw(caller: string, name: string, law: ArrayLike<number>, length: number): void {
  if (law.length !== length) {
    throw new RangeError(`${caller}: ${name} has length ${law.length} but must have ${length}`);
  }
  let total = 0;
  for (let i = 0; i < length; i++) {
    if (!(law[i] >= 0)) throw new RangeError(`${caller}: ${name}[${i}] is ${law[i]} but must be ≥ 0`);
    total += law[i];
  }
  if (!(Math.abs(total - 1) <= 1e-6)) {
    throw new RangeError(`${caller}: ${name} sum to ${total} but must sum to 1 within 1e-6`);
  }
}

/**
 * What the best hypothesis of a finite list loses against a choice of its own at every point.
 *
 *     M = min_h Σ_x P(x) C(h, x) − Σ_x P(x) min_h C(h, x)      ≥ 0
 *
 * Reach for it to see how much of a regret no training could mend. `hConsistencyBound` itself is not claimed of a finite
 * list, which is neither symmetric nor complete.
 *
 * @param risks - for each hypothesis its conditional risk at each point, of any loss
 * @param probabilities - P, one a point, each ≥ 0, which sum to 1 within 1e-6
 * @throws RangeError if there is no hypothesis, they differ in length, a risk is not finite, or `probabilities` is no law
 * over the points
 * @source Mao, Mohri and Zhong, "Cross-Entropy Loss Functions: Theoretical Analysis and Applications", ICML 2023,
 * arXiv:2304.07288, §2
 */
export function minimizabilityGap(risks: readonly ArrayLike<number>[], probabilities: ArrayLike<number>): number {
  const caller = "minimizabilityGap";
  if (risks.length === 0) throw new RangeError(`${caller}: risks is empty but must have a hypothesis`);
  checkLaw(caller, "probabilities", probabilities, risks[0].length);
  risks.forEach((risk, h) => {
    if (risk.length !== probabilities.length) {
      throw new RangeError(
        `${caller}: risks[${h}] has length ${risk.length} but must have ${probabilities.length}, as risks[0] has`,
      );
    }
    checkFinite(caller, `risks[${h}]`, risk);
  });
  const points = Array.from(probabilities);
  const totals = risks.map((risk) => points.reduce((sum, share, x) => sum + share * risk[x], 0));
  const pointwise = points.reduce((sum, share, x) => sum + share * Math.min(...risks.map((risk) => risk[x])), 0);
  return Math.max(0, Math.min(...totals) - pointwise);
}
