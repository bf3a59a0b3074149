import { checkFloat } from "../../autodiff/dtype.js";
import { cast, equal, exp, log1p, maximum, type Tensor, where } from "../../autodiff/index.js";

/**
 * The inverse of Box and Cox's transform: what has a given transform.
 *
 *     BC⁻¹(r) = max(1 + λ r, 0)^(1/λ)      exp(r) at λ = 0
 *
 * It undoes `(v^λ − 1) / λ`; outside of that transform's range it is 0 for λ > 0 and ∞ for λ < 0. Of normal r it makes
 * positive numbers, the more of them large the smaller λ. Reach for it to draw slopes, as `ensLoss` does.
 *
 * @param values - `[...]`, r
 * @param power - λ, a number or a scalar
 * @returns same shape, in [0, ∞]
 * @throws DTypeError if `values` is no float
 * @throws RangeError if `power` is a number and not finite
 * @source Box and Cox, "An Analysis of Transformations", JRSS B 1964; Dai, "EnsLoss: Stochastic Calibrated Loss Ensembles
 * for Preventing Overfitting in Classification", ICML 2025, arXiv:2409.00908, §3
 */
export function inverseBoxCox(values: Tensor, power: number | Tensor): Tensor {
  checkFloat("inverseBoxCox", { values });
  if (typeof power === "number") {
    if (!Number.isFinite(power)) throw new RangeError(`inverseBoxCox: power is ${power} but must be finite`);
    return power === 0 ? exp(values) : transformed(values, power);
  }
  const of = cast(power, values.dtype) as Tensor;
  const isZero = equal(of, 0);
  return where(isZero, exp(values), transformed(where(isZero, 0, values), where(isZero, 1, of))); // 0 · ∞ is no slope
}

function transformed(values: Tensor, power: number | Tensor): Tensor {
  return exp(log1p(maximum(values.mul(power), -1)).div(power)); // at −1 the logarithm is −∞, which is right for both signs
}
