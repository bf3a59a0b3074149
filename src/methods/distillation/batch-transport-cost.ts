import { checkAbove, checkCount, checkRank, checkSameShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { exp, stopGradient, type Tensor } from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";
import { manhattanDistances } from "../metric/pairwise-distances.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { sinkhornScaling } from "../transport/sinkhorn-scaling.js";

export interface SinkhornPlanOptions {
  /** ε: how blurred the plan is, a finite number > 0. Default 0.1. */
  readonly regularization?: number;
  /** Rounds, each of rows and then columns, a whole number ≥ 1. Default 20. */
  readonly iterations?: number;
}

export interface BatchTransportCostOptions extends SinkhornPlanOptions {
  /** Whether the gradient flows through the plan too, or its entries are constants. Default true. */
  readonly differentiatePlan?: boolean;
  /** Default `"none"`, the cost of each row's mass. */
  readonly reduction?: Reduction;
}

/**
 * An entropic transport plan between two batches, each element of mass 1.
 *
 *     P = exp(sinkhornScaling(−cost / ε, iterations))
 *
 * Columns sum to 1, rows as nearly as the rounds allow. As ε → 0 it tends to the best assignment, with ever more rounds;
 * as ε → ∞ to 1 / n everywhere.
 *
 * Reach for it to see what a loss of transport compares with what.
 *
 * @param cost - `[..., n, n]`, finite
 * @returns `[..., n, n]`, ≥ 0
 * @throws ShapeError if `cost` has fewer than two axes
 * @throws DTypeError if `cost` is no float
 * @throws RangeError if a cost on the host is not finite, `regularization` is not a finite number > 0, or `iterations` no
 * whole number ≥ 1
 * @source Cuturi, "Sinkhorn Distances", NeurIPS 2013, arXiv:1306.0895, algorithm 1; in the log domain
 */
export function sinkhornPlan(cost: Tensor, options: SinkhornPlanOptions = {}): Tensor {
  checkPlan("sinkhornPlan", options);
  checkFloat("sinkhornPlan", { cost });
  if (cost.shape.length < 2) {
    throw new ShapeError(`sinkhornPlan: cost has shape ${showShape(cost.shape)} but must be [..., n, n]`);
  }
  checkFinite("sinkhornPlan", { cost });
  return planOf(cost, options);
}

/**
 * What it costs to carry one batch of distributions to another, whose order does not matter.
 *
 *     Σ_ij P_ij D_ij      D_ij = Σ_k |p_ik − q_jk|      P = sinkhornPlan(D)
 *
 * For each row its share Σ_j P_ij D_ij; `"mean"` is in [0, 2], as a share of the mass that moves, and bounded in its
 * slope where divergences explode. Equal batches cost a little, which tends to 0 with ε. With `differentiatePlan` false the
 * gradient by p_i is `Σ_j P_ij sign(p_i − q_j)`. Where two entries agree |·| has slope 0.
 *
 * Reach for it to compare two batches of predictions as a whole, also where they hardly overlap.
 *
 * @param p - `[batch, classes]`, distributions
 * @param q - `[batch, classes]`, distributions
 * @returns `[batch]` cost of each row of p, or a scalar under a reduction
 * @throws ShapeError if `p` has not two axes, a row and a class, or `q` another shape
 * @throws DTypeError if they are no floats, or differ in dtype
 * @throws RangeError if a value on the host is not finite, `regularization` is not a finite number > 0, or `iterations` no
 * whole number ≥ 1
 * @throws TypeError if `reduction` is none of those listed
 * @source Cui et al., "Sinkhorn Distance Minimization for Knowledge Distillation", COLING 2024, arXiv:2402.17110, §3
 */
export function batchTransportCost(p: Tensor, q: Tensor, options: BatchTransportCostOptions = {}): Tensor {
  const { differentiatePlan = true, reduction = "none" } = options;
  const caller = "batchTransportCost";
  checkPlan(caller, options);
  checkReduction(caller, reduction);
  checkRank(caller, { p }, 2);
  checkFloat(caller, { p });
  checkSameShape(caller, { p, q });
  checkSameDType(caller, { p, q });
  if (p.size === 0)
    throw new ShapeError(`${caller}: p has shape ${showShape(p.shape)} but must have a row and a class`);
  checkFinite(caller, { p, q });
  const cost = manhattanDistances(p, q); // [batch, batch]
  const plan = planOf(cost, options);
  return reduceLosses((differentiatePlan ? plan : stopGradient(plan)).mul(cost).sum(1), reduction);
}

function planOf(cost: Tensor, { regularization = 0.1, iterations = 20 }: SinkhornPlanOptions): Tensor {
  return exp(sinkhornScaling(cost.mul(-1 / regularization), iterations));
}

/** Throws unless the options are right. */
export function checkPlan(caller: string, { regularization = 0.1, iterations = 20 }: SinkhornPlanOptions): void {
  checkAbove(caller, { regularization }, 0);
  checkCount(caller, { iterations }, 1);
}
