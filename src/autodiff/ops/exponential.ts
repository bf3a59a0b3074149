import * as special from "../../backends/reference/special.js";
import type { Tensor } from "../tensor.js";
import { equal, lessEqual, where } from "./comparison.js";
import { unary } from "./elementwise.js";

/** `eˣ`. */
export function exp(x: Tensor): Tensor {
  return unary("exp", x, (grad, y) => grad.mul(y));
}

/** `eˣ − 1`, accurate where `x` is small. */
export function expm1(x: Tensor): Tensor {
  return unary("expm1", x, (grad) => grad.mul(exp(x)));
}

/** The natural logarithm; −∞ at 0, NaN below. */
export function log(x: Tensor): Tensor {
  return unary("log", x, (grad) => grad.div(x));
}

/** `log(1 + x)`, accurate where `x` is small. */
export function log1p(x: Tensor): Tensor {
  return unary("log1p", x, (grad) => grad.div(x.add(1)));
}

/** `√x`. Its gradient at 0 is defined as 0 (the limit is ∞), so that a norm has a subgradient at the origin. */
export function sqrt(x: Tensor): Tensor {
  return unary("sqrt", x, (grad, y) => {
    const zero = equal(x, 0);
    return where(zero, 0, grad.div(where(zero, 1, y).mul(2)));
  });
}

/** `sin x`, in radians. */
export function sin(x: Tensor): Tensor {
  return unary("sin", x, (grad) => grad.mul(cos(x)));
}

/** `cos x`, in radians. */
export function cos(x: Tensor): Tensor {
  return unary("cos", x, (grad) => grad.mul(sin(x)).neg());
}

/** The hyperbolic tangent. */
export function tanh(x: Tensor): Tensor {
  return unary("tanh", x, (grad, y) => grad.mul(y.mul(y).neg().add(1)));
}

/** The logistic function `σ(x) = 1 / (1 + e⁻ˣ)`. */
export function sigmoid(x: Tensor): Tensor {
  return unary("sigmoid", x, (grad, y) => grad.mul(y).mul(sigmoid(x.neg()))); // 1 − y would cancel where y ≈ 1
}

/** `log(1 + eˣ) = max(x, 0) + log1p(e^−|x|)`: never overflows. */
export function softplus(x: Tensor): Tensor {
  return unary("softplus", x, (grad) => grad.mul(sigmoid(x)));
}

/** `log σ(x) = −softplus(−x)`. */
export function logSigmoid(x: Tensor): Tensor {
  return softplus(x.neg()).neg();
}

/** `max(x, 0)`; NaN stays NaN. Its gradient at 0 is 0. */
export function relu(x: Tensor): Tensor {
  return where(lessEqual(x, 0), 0, x);
}

/** The error function `2/√π · ∫₀ˣ e^−t² dt`. */
export function erf(x: Tensor): Tensor {
  return unary("erf", x, (grad) => grad.mul(exp(x.mul(x).neg())).mul(2 / Math.sqrt(Math.PI)), special.erf);
}

/** `log |Γ(x)|`; +∞ at 0 and at negative whole numbers. */
export function lgamma(x: Tensor): Tensor {
  return unary("lgamma", x, (grad) => grad.mul(digamma(x)), special.lgamma);
}

/** `ψ(x) = d/dx log Γ(x)`; NaN at 0 and at negative whole numbers. */
export function digamma(x: Tensor): Tensor {
  return polygamma(0, x);
}

/** `ψ⁽ⁿ⁾(x)`, the derivative of order `n` of the digamma function; `n` is a whole number in [0, 20]. */
export function polygamma(order: number, x: Tensor): Tensor {
  if (!Number.isInteger(order) || order < 0 || order > 20) {
    throw new RangeError(`polygamma: order is ${order} but must be a whole number in [0, 20]`);
  }
  return unary(
    `polygamma${order}`,
    x,
    (grad) => grad.mul(polygamma(order + 1, x)),
    (z) => special.polygamma(order, z),
  );
}
