import { checkBetween, checkRank, ShapeError } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import {
  argsort,
  gather,
  greater,
  type Key,
  maximum,
  normal,
  sort,
  stopGradient,
  type Tensor,
  where,
} from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";
import { inverseBoxCox } from "./inverse-box-cox.js";

export interface CalibratedDerivativesOptions {
  /** λ of the Box–Cox transform, a number in [−1, 1] or a scalar, as `ensLossPower` gives. Default 0. */
  readonly power?: number | Tensor;
  /** Whether a number may lie outside [−1, 1], where the authors tried none. Default false. */
  readonly anyPower?: boolean;
}

/**
 * Random slopes of a margin loss at the margins of a batch, of which some convex, classification-calibrated loss has all.
 *
 *     v_i = BC⁻¹_λ(r_i), r_i ~ N(0, 1)      g_(k) = the k-th smallest of max(−v_i, −1), at the k-th smallest margin
 *     g_i ← g_i / s_i where s_i > 1         g_i ← g_i − 1e-6
 *
 * Slopes rise with the margin, are negative throughout, and vanish as 1 / s: that is what makes a loss with them convex,
 * calibrated and bounded below. Reach for it through `ensLoss`.
 *
 * @param margins - `[batch]`, s, label times score
 * @param key - a key of its own for each step
 * @returns `[batch]`, in [−1 − 1e-6, −1e-6], detached
 * @throws ShapeError if `margins` has not one axis or no example
 * @throws DTypeError if `margins` is no float
 * @throws RangeError if a margin on the host is not finite
 * @throws RangeError if `power` is a number outside [−1, 1], and not finite or `anyPower` not true
 * @source Dai, "EnsLoss: Stochastic Calibrated Loss Ensembles for Preventing Overfitting in Classification", ICML 2025,
 * arXiv:2409.00908, algorithm 1
 */
export function sampleCalibratedDerivatives(
  margins: Tensor,
  key: Key,
  options: CalibratedDerivativesOptions = {},
): Tensor {
  checkMargins("sampleCalibratedDerivatives", "margins", margins, options);
  return drawDerivatives(margins, key, options);
}

/** Throws unless margins, or the scores that they come from, are finite `[batch]`, and the power is allowed. */
export function checkMargins(
  caller: string,
  name: string,
  margins: Tensor,
  { power = 0, anyPower = false }: CalibratedDerivativesOptions,
): void {
  checkRank(caller, { [name]: margins }, 1);
  checkFloat(caller, { [name]: margins });
  if (margins.size === 0) throw new ShapeError(`${caller}: ${name} has shape [0] but must have an example`);
  checkFinite(caller, { [name]: margins });
  if (typeof power === "number" && !(anyPower && Number.isFinite(power))) checkBetween(caller, { power }, -1, 1);
}

/** The same, its arguments checked. */
export function drawDerivatives(margins: Tensor, key: Key, { power = 0 }: CalibratedDerivativesOptions): Tensor {
  const s = stopGradient(margins);
  const sizes = inverseBoxCox(normal(key, s.shape, { dtype: s.dtype }), power);
  const slopes = sort(maximum(sizes.neg(), -1)); // ascending
  const ranks = argsort(argsort(s));
  const drawn = gather(slopes, ranks);
  const isFar = greater(s, 1);
  return stopGradient(where(isFar, drawn.div(where(isFar, s, 1)), drawn).sub(1e-6));
}

/**
 * Whether some convex, classification-calibrated margin loss has the given slopes at the given margins.
 *
 *     s_i < s_j ⇒ g_i ≤ g_j      s_i ≤ 0 ⇒ g_i < 0
 *
 * Then the integral of a broken line through the points is such a loss. Reach for it to test slopes of your own.
 *
 * @param margins - finite numbers
 * @param derivatives - as many; of equal margins they may come in any order
 * @throws RangeError if the lengths differ, or a number is not finite
 * @source Bartlett, Jordan and McAuliffe, "Convexity, Classification, and Risk Bounds", JASA 2006, theorem 2, as Dai, ICML
 * 2025, arXiv:2409.00908, uses it
 */
export function isCalibratedDerivative(margins: ArrayLike<number>, derivatives: ArrayLike<number>): boolean {
  const caller = "isCalibratedDerivative";
  if (derivatives.length !== margins.length) {
    throw new RangeError(`${caller}: derivatives has length ${derivatives.length} but must have ${margins.length}`);
  }
  for (const [name, values] of Object.entries({ margins, derivatives })) {
    for (let i = 0; i < values.length; i++) {
      if (!Number.isFinite(values[i])) {
        throw new RangeError(`${caller}: ${name}[${i}] is ${values[i]} but must be finite`);
      }
    }
  }
  const order = Array.from(margins, (_, i) => i).sort((i, j) => margins[i] - margins[j]);
  let largest = Number.NEGATIVE_INFINITY; // slope of all smaller margins
  for (let from = 0; from < order.length; ) {
    let to = from;
    let largestHere = largest;
    for (; to < order.length && margins[order[to]] === margins[order[from]]; to++) {
      const slope = derivatives[order[to]];
      if (slope < largest || (margins[order[to]] <= 0 && slope >= 0)) return false;
      largestHere = Math.max(largestHere, slope);
    }
    [largest, from] = [largestHere, to];
  }
  return true;
}
