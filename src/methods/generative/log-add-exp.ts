import { logSumExp, stack, type Tensor } from "../../autodiff/index.js";

/** `log(eᵃ + eᵇ)` for tensors of one shape; −∞ with gradient 0 where both are −∞. */
export function logAddExp(a: Tensor, b: Tensor): Tensor {
  return logSumExp(stack([a, b]), 0);
}
