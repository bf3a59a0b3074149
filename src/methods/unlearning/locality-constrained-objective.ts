import { checkAbove, checkAtLeast, checkRank, checkSameShape, ShapeError } from "../../autodiff/check.js";
import { checkSameDType } from "../../autodiff/dtype.js";
import { maximum, square, stopGradient, type Tensor } from "../../autodiff/index.js";

/** Losses of a minibatch of each kind of fact. */
export interface FactLosses {
  /** `[a]`, L(x; θ) of modified facts. */
  readonly modified: Tensor;
  /** `[b]`, L(x; θ) of other facts. */
  readonly unmodified: Tensor;
  /** `[b]`, L(x; θ₀) of the same other facts, before the edit; a constant. */
  readonly before: Tensor;
}

export interface LocalityOptions {
  /** ε: how much the mean loss of the other facts may rise, a finite number ≥ 0. Default 0. */
  readonly tolerance?: number;
  /** ρ: what a violation costs, squared, > 0. Default 1. */
  readonly penalty?: number;
  /** λ, `[]` and ≥ 0: the price of the constraint so far. Default 0. */
  readonly multiplier?: Tensor;
}

export interface LocalityObjective {
  /** `[]`: to be minimized over θ. */
  readonly objective: Tensor;
  /** `[]`: by how much the constraint is violated; negative where it is met with room to spare. */
  readonly excess: Tensor;
  /** `[]`: max(0, λ + ρ·excess), the price to go on with once the objective is minimized. */
  readonly multiplier: Tensor;
}

/**
 * The problem that editing a model is about, as an objective: learn the modified facts while the mean loss of the others
 * rises by no more than ε.
 *
 *     min over θ of  mean(modified)   subject to   g = mean(unmodified − before) − ε ≤ 0
 *
 *     objective = mean(modified) + (max(0, λ + ρ·g)² − λ²) / (2ρ)      λ ← max(0, λ + ρ·g)
 *
 * the augmented Lagrangian of it: minimizing and raising λ in turn ends at a solution. Without a `multiplier` it is the
 * quadratic penalty. On minibatches its gradient is a surrogate. Reach for it where unmodified facts are at hand; where
 * they are not, a ball around θ₀ takes the constraint's place, see `constrainedFineTune`.
 *
 * @param losses - means are over minibatches, which are best of the same size
 * @throws ShapeError if a list of losses is empty or has not one axis, or `before` does not match `unmodified`
 * @throws DTypeError if they differ in dtype
 * @throws RangeError if `tolerance` is negative or not finite, or `penalty` is not a finite number > 0
 * @source Zhu et al., "Modifying Memories in Transformer Models", 2020, arXiv:2012.00363, §3 (the ideal problem); Rockafellar,
 * "The Multiplier Method of Hestenes and Powell Applied to Convex Programming", JOTA 1973 (the augmented Lagrangian, which
 * the paper does not use)
 */
export function localityConstrainedObjective(
  { modified, unmodified, before }: FactLosses,
  { tolerance = 0, penalty = 1, multiplier }: LocalityOptions = {},
): LocalityObjective {
  const caller = "localityConstrainedObjective";
  checkRank(caller, { modified, unmodified, before }, 1);
  for (const [name, losses] of Object.entries({ modified, unmodified })) {
    if (losses.size === 0) throw new ShapeError(`${caller}: ${name} has shape [0] but must hold a loss`);
  }
  checkSameShape(caller, { unmodified, before });
  checkSameDType(caller, { modified, unmodified, before, ...(multiplier && { multiplier }) });
  if (multiplier !== undefined) checkRank(caller, { multiplier }, 0);
  checkAtLeast(caller, { tolerance }, 0);
  checkAbove(caller, { penalty }, 0);

  const price = stopGradient(multiplier ?? modified.sum().mul(0));
  const excess = unmodified.sub(stopGradient(before)).mean().sub(tolerance);
  const raised = maximum(price.add(excess.mul(penalty)), 0);
  const cost = square(raised)
    .sub(square(price))
    .div(2 * penalty);
  return { objective: modified.mean().add(cost), excess, multiplier: stopGradient(raised) };
}
