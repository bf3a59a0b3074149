import { checkAbove, checkAtLeast, checkBetween, checkOneOf } from "../../autodiff/check.js";
import { cast, leavesOf, rebuild, type Tensor } from "../../autodiff/index.js";
import { zeros } from "../../autodiff/ops/create.js";
import { checkFinite } from "../check-finite.js";
import { chain } from "./chain.js";
import { type ConvexPotential, l1Potential } from "./convex-potentials.js";
import { elementwise } from "./elementwise-rule.js";
import type { Optimizer } from "./optimizer.js";
import { checkRates, rateAt, type Schedule } from "./schedules.js";
import { decayWeights, type StepCount } from "./weight-decay.js";

export interface LionOptions {
  /** A finite number > 0, or a schedule; three to ten times smaller than Adam's. */
  readonly learningRate: number | Schedule;
  /** How much of the direction is the momentum's rather than the gradient's, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** How much of the momentum stays, in [0, 1). Default 0.99. */
  readonly beta2?: number;
  /** Decay λ, a finite number ≥ 0: the constraint is 1/λ wide. Default 0: no constraint. */
  readonly weightDecay?: number;
  /** Whether decay takes its share of the new parameter, as in the theorem for discrete steps, or of the old. Default `"explicit"`. */
  readonly decay?: "explicit" | "implicit";
  /**
   * Row-sparse gradients: treat only the rows that have one. Otherwise every row moves at every step, as its momentum
   * lasts. Default false: exact.
   */
  readonly lazy?: boolean;
  /** Called once if a fixed `learningRate · weightDecay` is ≥ 1, so that explicit decay no longer contracts. Default: nothing is said. */
  readonly onWarning?: (message: string) => void;
}

export interface LionKOptions extends LionOptions {
  /** K, whose gradient makes a direction of a momentum: `l1Potential()`, `l2Potential()`, …, or your own. */
  readonly potential: ConvexPotential;
}

/**
 * Lion: steps of the sign of an interpolated momentum.
 *
 *     update   = −learningRate · (sign(beta1·momentum + (1 − beta1)·g) + weightDecay · parameter)
 *     momentum ← beta2 · momentum + (1 − beta2) · g
 *
 * Its steps do not depend on the scale of the loss. With decay it minimizes the loss where no element of a parameter
 * exceeds 1/weightDecay, and goes there first. It remembers one number a parameter, half of what Adam does.
 *
 * @throws RangeError if `learningRate` is neither a finite number > 0 nor a schedule
 * @throws RangeError if `beta1` or `beta2` is outside [0, 1) or `weightDecay` negative
 * @throws RangeError in a step, if a gradient's values are on the host and one is not finite; the state stays as it was
 * @throws TypeError if `decay` is unknown
 * @source Chen et al., "Symbolic Discovery of Optimization Algorithms", NeurIPS 2023, arXiv:2302.06675, program 1
 */
export function lion(options: LionOptions): Optimizer {
  return lionOf("lion", { ...options, potential: l1Potential() });
}

/**
 * Lion with the gradient of any convex function in place of the sign.
 *
 *     update   = −learningRate · (∇K(beta1·momentum + (1 − beta1)·g) + weightDecay · parameter)      explicit
 *     update   = as above, over 1 + learningRate · weightDecay                                       implicit
 *     momentum ← beta2 · momentum + (1 − beta2) · g
 *
 * With decay λ it minimizes `f(x) + K*(λx)/λ`: the choice of K is that of a constraint, such as `‖x‖ ≤ 1/λ` for the
 * Euclidean norm. It approaches the constraint at the rate `exp(−λ·time)`, and then stays within.
 *
 * Reach for it to train under a norm constraint with no projection.
 *
 * @claim The paper: decay λ makes Lion solve min f under ‖x‖∞ ≤ 1/λ. A quadratic of six dimensions whose minimizer lies
 * at 12, λ = 2, 20 000 steps of 1e-3 and 60 000 of 1e-4, five seeds: the loss ends within 2e-8 of the box-constrained
 * optimum, the parameters within 1.1e-4, a step of the last rate (3e-14 where all of them end at the bound), and the
 * violation shrinks at least as (1 − learningRate·λ)ᵗ. With the Euclidean norm ‖x‖ ends within 2e-14 of 1/λ; without decay
 * the largest element goes to 12.
 * @question I need a guarantee; I need a margin
 * @throws RangeError if `learningRate` is neither a finite number > 0 nor a schedule
 * @throws RangeError if `beta1` or `beta2` is outside [0, 1) or `weightDecay` negative
 * @throws RangeError in a step, if a gradient's values are on the host and one is not finite; the state stays as it was
 * @throws TypeError if `decay` is unknown, or `lazy` is asked for of a potential of whole tensors
 * @source Chen, Liu, Liang and Liu, "Lion Secretly Solves Constrained Optimization: As Lyapunov Predicts", ICLR 2024,
 * arXiv:2310.05898, eq. 3 and table 2
 */
export function lionK(options: LionKOptions): Optimizer {
  return lionOf("lionK", options);
}

function lionOf(caller: string, options: LionKOptions): Optimizer {
  const { potential, learningRate, beta1 = 0.9, beta2 = 0.99, weightDecay = 0, decay = "explicit" } = options;
  const { lazy = false, onWarning } = options;
  checkRates(caller, { learningRate });
  if (typeof learningRate === "number") checkAbove(caller, { learningRate }, 0);
  checkBetween(caller, { beta1, beta2 }, 0, 1, { openAbove: true });
  checkAtLeast(caller, { weightDecay }, 0);
  checkOneOf(caller, "decay", decay, ["explicit", "implicit"]);
  if (lazy && potential.unit === "tensor") {
    throw new TypeError(
      `${caller}: lazy is true but must be false for a potential of whole tensors; rows are no more alone`,
    );
  }
  if (decay === "explicit" && typeof learningRate === "number" && learningRate * weightDecay >= 1) {
    onWarning?.(
      `${caller}: learningRate · weightDecay is ${learningRate * weightDecay}; from 1 on decay does not contract, so parameters may not reach the constraint`,
    );
  }
  const moves = elementwise({
    memory: ["momentum"],
    restsAtZero: false,
    lazy,
    step: (g, { momentum }, step) => {
      const direction = potential.gradient(momentum.mul(beta1).add(g.mul(1 - beta1)));
      const next = momentum.mul(beta2).add(g.mul(1 - beta2));
      return { update: direction.mul(rateAt(learningRate, step).neg()), memory: { momentum: next } };
    },
  });
  if (weightDecay === 0) return guarded(caller, moves as Optimizer);
  const explicit = decayWeights({ rate: weightDecay, learningRate, lazy });
  const links = decay === "explicit" ? [moves, explicit] : [moves, explicit, shrink(learningRate, weightDecay)];
  return guarded(caller, chain(...(links as Optimizer[])) as Optimizer);
}

/** Divides updates by `1 + learningRate · weightDecay`. */
function shrink(learningRate: number | Schedule, weightDecay: number): Optimizer<StepCount> {
  return {
    init: (params) => ({ step: zeros([], leavesOf<Tensor>(params)[0]) }),
    update(updates, { step }) {
      const next = leavesOf<Tensor>(updates).map((update) => {
        const rate = rateAt(learningRate, cast(step, update.dtype)); // a tree may hold both f32 and f64
        return update.div(rate.mul(weightDecay).add(1));
      });
      return { updates: rebuild(updates, next), state: { step: step.add(1) } };
    },
  };
}

function guarded(caller: string, rule: Optimizer): Optimizer {
  return {
    init: (params) => rule.init(params),
    update(gradients, state, params) {
      leavesOf<Tensor>(gradients).forEach((gradient, i) => {
        checkFinite(caller, { [`gradients[${i}]`]: gradient });
      });
      return rule.update(gradients, state, params);
    },
  };
}
