import { erf, type Tensor } from "../../autodiff/index.js";

/** A function of each element, between two linear layers. */
export type Activation = (x: Tensor) => Tensor;

/**
 * The Gaussian error linear unit: each element times the chance that a standard normal is below it.
 *
 *     gelu(x) = x · Φ(x)      Φ(x) = (1 + erf(x / √2)) / 2
 *
 * Reach for it in place of a ReLU where the network should be smooth: it has derivatives of every order.
 *
 * @param x - any shape
 * @returns the same shape
 * @throws DTypeError if `x` is no float
 * @source Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016, arXiv:1606.08415, §2, without its approximations
 */
export function gelu(x: Tensor): Tensor {
  return x.mul(erf(x.mul(Math.SQRT1_2)).add(1).mul(0.5));
}
