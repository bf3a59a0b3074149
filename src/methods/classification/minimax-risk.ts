import {
  checkProblem,
  type MinimaxProblem,
  minimizeOverIntervals,
  type Piece,
  scoresOf,
  supportOf,
} from "./minimax-program.js";

export interface MinimaxRisk {
  /** R̄: no rule has a smaller worst-case probability of error, and the rule of `weights` and `offset` has this one. */
  readonly risk: number;
  /** `[m]`, μ*. */
  readonly weights: Float64Array;
  /** ν*. */
  readonly offset: number;
}

export interface MinimaxRiskObjective {
  /** The worst-case risk of the rule of these weights, at least; the least value over all weights is R̄. */
  readonly value: number;
  /** `[m]`: the slope of one of the linear pieces that meet at the weights. */
  readonly subgradient: Float64Array;
  /** ν, the least that is feasible with these weights. */
  readonly offset: number;
}

/**
 * Smallest worst-case probability of error that a rule can have: the linear program from which a rule is learned.
 *
 *     R̄ = min over h of max over p of E_p[1 − h(y|x)]      p: any distribution on the configurations with a ≤ E_p[Φ] ≤ b
 *        = min over μ, ν of Σ_j max(a_j·μ_j, b_j·μ_j) + ν   where   Σ_y max(0, 1 − Φ(x, y)·μ − ν) ≤ 1 at each x
 *     h(y|x) ∝ max(0, 1 − Φ(x, y)·μ* − ν*)
 *
 * Reach for it to learn with features of your own; `LinearProbabilisticClassifier` does all steps at once. The `2^r − 1`
 * linear rows of each configuration are generated as they are found violated, of which only the r that take the classes
 * of smallest score matter. R̄ is an upper bound of the error wherever the true means lie in the intervals.
 *
 * @param problem - classes r, `configurations` `[any][r · m]` and `intervals` `[m]`
 * @returns R̄ with one of the optimal (μ, ν); where there are several, the rule may depend on which
 * @throws RangeError if `classes` is not a whole number ≥ 2, there is no configuration, or one is not finite or `[r · m]`
 * @throws RangeError if an interval is not finite or has its ends out of order
 * @throws RangeError if no distribution on the configurations meets the intervals: the program is then unbounded (it is
 * never infeasible)
 * @source Mazuelas, Zanoni and Pérez, "Minimax Classification with 0-1 Loss and Performance Guarantees", NeurIPS 2020,
 * arXiv:2010.07964, theorem 1
 */
export function minimaxRiskUpper(problem: MinimaxProblem): MinimaxRisk {
  checkProblem("minimaxRiskUpper", problem);
  const { value, weights, offset } = minimizeOverIntervals("minimaxRiskUpper", problem, (_, scores) =>
    steepestPrefix(scores),
  );
  return { risk: Math.max(0, value), weights, offset }; // rounding may leave it just below 0
}

/**
 * Smallest probability of error that a rule can have while the true means lie in the intervals.
 *
 *     R̲ = min over p of E_p[1 − h(y|x)]      p: any distribution on the configurations with a ≤ E_p[Φ] ≤ b
 *        = max over μ, ν of −Σ_j max(a_j·μ_j, b_j·μ_j) − ν   where   Φ(x, y)·μ + ν ≥ h(y|x) − 1 at each x, y
 *
 * Reach for it next to the upper bound, to see how much the intervals leave open.
 *
 * @param problem - classes r, `configurations` `[any][r · m]` and `intervals` `[m]`
 * @param rule - `[any][r]`: h(·|x) at each configuration
 * @returns R̲
 * @throws RangeError if `classes` is not a whole number ≥ 2, there is no configuration, or one is not finite or `[r · m]`
 * @throws RangeError if an interval is not finite or has its ends out of order
 * @throws RangeError if `rule` is not a distribution over the classes for each configuration
 * @throws RangeError if no distribution on the configurations meets the intervals: the program is then unbounded
 * @source Mazuelas, Zanoni and Pérez, "Minimax Classification with 0-1 Loss and Performance Guarantees", NeurIPS 2020,
 * arXiv:2010.07964, theorem 3
 */
export function minimaxRiskLower(problem: MinimaxProblem, rule: readonly ArrayLike<number>[]): number {
  checkProblem("minimaxRiskLower", problem);
  checkRule(problem, rule);
  const { value } = minimizeOverIntervals("minimaxRiskLower", problem, (i, scores) => {
    const offsets = Array.from(scores, (score, y) => rule[i][y] - 1 - score);
    const y = offsets.indexOf(Math.max(...offsets));
    return { classes: [y], bound: rule[i][y] - 1, offset: offsets[y] };
  });
  return Math.max(0, -value);
}

/**
 * The learning program as a function of μ alone: convex, piecewise linear, and least at R̄.
 *
 *     f(μ) = Σ_j max(a_j·μ_j, b_j·μ_j) + ν(μ)      ν(μ) = max over x and k of (k − 1 − the k smallest Φ(x, y)·μ) / k
 *
 * With a = τ − λ and b = τ + λ that is `1 − τ·u + λ·|u| + max over x and k of ((the k largest Φ(x, y)·u) − 1) / k` in
 * `u = −μ`, as the paper has it.
 *
 * Reach for it to check an answer, or to run a subgradient method where the linear program is too large.
 *
 * @param problem - classes r, `configurations` `[any][r · m]` and `intervals` `[m]`
 * @param weights - `[m]`, μ; finite
 * @returns f(μ), ν(μ) and a subgradient; where μ_j is 0 that takes the middle of interval j
 * @throws RangeError if `classes` is not a whole number ≥ 2, there is no configuration, or one is not finite or `[r · m]`
 * @throws RangeError if an interval is not finite or has its ends out of order
 * @throws RangeError if `weights` is not `[m]` or not finite
 * @source Mazuelas, Zanoni and Pérez, "Minimax Classification with 0-1 Loss and Performance Guarantees", NeurIPS 2020,
 * arXiv:2010.07964, theorem 2
 */
export function minimaxRiskObjective(problem: MinimaxProblem, weights: ArrayLike<number>): MinimaxRiskObjective {
  checkProblem("minimaxRiskObjective", problem);
  const { configurations, intervals } = problem;
  const { low, high } = intervals;
  const mu = Float64Array.from(weights);
  if (mu.length !== low.length) {
    throw new RangeError(
      `minimaxRiskObjective: weights has length ${mu.length} but must have ${low.length}, one a feature`,
    );
  }
  const wrong = mu.findIndex((weight) => !Number.isFinite(weight));
  if (wrong >= 0) throw new RangeError(`minimaxRiskObjective: weights[${wrong}] is ${mu[wrong]} but must be finite`);

  const pieces = configurations.map((values) => steepestPrefix(scoresOf(values, mu)));
  const at = pieces.reduce((best, { offset }, i) => (offset > pieces[best].offset ? i : best), 0);
  const { classes, offset } = pieces[at];
  const subgradient = mu.map((weight, j) => (weight > 0 ? high[j] : weight < 0 ? low[j] : (low[j] + high[j]) / 2));
  for (const y of classes) {
    for (let j = 0; j < mu.length; j++) {
      subgradient[j] -= configurations[at][y * mu.length + j] / classes.length;
    }
  }
  return { value: supportOf(intervals, mu) + offset, subgradient, offset };
}

/** Of all sets C of classes the one with the largest `(|C| − 1 − Σ scores) / |C|`: the k smallest scores, for some k. */
function steepestPrefix(scores: Float64Array): Piece {
  const order = Array.from(scores, (_, y) => y).sort((a, b) => scores[a] - scores[b]);
  let [best, offset, sum] = [0, Number.NEGATIVE_INFINITY, 0];
  order.forEach((y, place) => {
    sum += scores[y];
    const candidate = (place - sum) / (place + 1);
    if (candidate > offset) [best, offset] = [place + 1, candidate];
  });
  return { classes: order.slice(0, best).sort((a, b) => a - b), bound: (best - 1) / best, offset };
}

function checkRule({ classes, configurations }: MinimaxProblem, rule: readonly ArrayLike<number>[]): void {
  if (rule.length !== configurations.length) {
    throw new RangeError(
      `minimaxRiskLower: rule has ${rule.length} rows but must have ${configurations.length}, one a configuration`,
    );
  }
  rule.forEach((row, i) => {
    const chances = Array.from(row);
    const total = chances.reduce((sum, chance) => sum + chance, 0);
    if (chances.length !== classes || !chances.every((chance) => chance >= 0) || !(Math.abs(total - 1) <= 1e-9)) {
      throw new RangeError(
        `minimaxRiskLower: rule[${i}] is [${chances.join(", ")}] but must be ${classes} probabilities that sum to 1`,
      );
    }
  });
}
