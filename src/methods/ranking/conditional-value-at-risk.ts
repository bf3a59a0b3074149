import { checkBetween, checkRank, ShapeError } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import { arange, minimum, type Tensor, topK } from "../../autodiff/index.js";
import { checkNoNaN } from "./top-k-mean.js";

export interface ConditionalValueAtRiskOptions {
  /** Share q of the losses that count, the worst ones, in (0, 1]: 1 gives their mean. */
  readonly level: number;
}

/**
 * The mean of the worst losses, a share of them; the last may count in part.
 *
 *     CVaR_q = Σᵢ wᵢ · L_[i] / (q·n)      wᵢ = min(1, max(0, q·n − i + 1))      L_[1] ≥ L_[2] ≥ …
 *            = min over t of t + Σᵢ max(0, Lᵢ − t) / (q·n)
 *
 * No group of at least q·n examples has a higher mean loss, whatever defines the group.
 *
 * Reach for it to hold down the loss of groups that are not known, or to report what the worst-off q of the data suffer.
 *
 * @param losses - `[n]`, n ≥ 1
 * @returns `[]`, in the unit of the losses; the gradient is `wᵢ / (q·n)`, of equals the first count
 * @throws ShapeError if `losses` does not have one axis, or is empty
 * @throws DTypeError if `losses` are no f32 or f64
 * @throws RangeError if `level` is outside (0, 1], or a loss on the host is NaN
 * @source Rockafellar and Uryasev, "Optimization of Conditional Value-at-Risk", Journal of Risk 2000; its use here is that
 * of Rawat et al., "Doubly-stochastic Mining for Heterogeneous Retrieval", 2020, arXiv:2004.10915
 */
export function conditionalValueAtRisk(losses: Tensor, { level }: ConditionalValueAtRiskOptions): Tensor {
  const caller = "conditionalValueAtRisk";
  checkRank(caller, { losses }, 1);
  checkFloat(caller, { losses });
  const count = losses.size;
  if (count === 0) throw new ShapeError(`${caller}: losses has shape [0] but must have a loss`);
  checkBetween(caller, { level }, 0, 1, { openBelow: true });
  checkNoNaN(caller, { losses });
  const mass = wholeIfNearly(level * count);
  const worst = topK(losses, Math.ceil(mass)).values;
  const weights = minimum(arange(worst.size, losses).neg().add(mass), 1);
  return worst.mul(weights).sum().div(mass);
}

/** 0.07 · 100 is 7.000000000000001, and would let an eighth loss in. */
function wholeIfNearly(mass: number): number {
  const whole = Math.round(mass);
  return Math.abs(mass - whole) <= 1e-12 * whole ? whole : mass;
}
