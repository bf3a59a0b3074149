import { abs, customVjp, log1p, sign, sqrt, type Tensor } from "../../autodiff/index.js";

/** The inverse hyperbolic sine, accurate near 0: `log(x + √(x² + 1))` would cancel there, and everywhere below. */
export function arsinh(x: Tensor): Tensor {
  const rule = (cotangent: Tensor, _: Tensor, at: Tensor) => [cotangent.div(sqrt(at.mul(at).add(1)))];
  return customVjp(value, rule)(x);
}

function value(x: Tensor): Tensor {
  const size = abs(x);
  const squared = size.mul(size);
  return sign(x).mul(log1p(size.add(squared.div(sqrt(squared.add(1)).add(1)))));
}
