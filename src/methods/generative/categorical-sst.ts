import { checkOneOf } from "../../autodiff/check.js";
import { argmax, oneHot, softmax } from "../../autodiff/index.js";
import { projectSimplex } from "./simplex-projection.js";
import { type StochasticSoftmax, stochasticSoftmax } from "./stochastic-softmax.js";

export interface CategoricalSstOptions {
  /** f: negative entropy, which gives the softmax, or `½‖x‖²`, which gives the sparsemax. Default `"exponentialFamily"`. */
  readonly regularizer?: "exponentialFamily" | "euclidean";
}

/**
 * One out of n: the Gumbel-softmax.
 *
 *     hard = one-hot argmax_i U_i, drawn with chances softmax(θ)      relaxed = softmax(U / t), or its projection on the simplex
 *
 * Reach for it to choose one alternative inside a differentiable model.
 *
 * @param options - the regularizer
 * @returns the instance; utilities are `[..., n]`
 * @throws TypeError if `regularizer` is not one of those listed
 * @source Jang, Gu and Poole, "Categorical Reparameterization with Gumbel-Softmax", ICLR 2017, arXiv:1611.01144; Maddison,
 * Mnih and Teh, "The Concrete Distribution", ICLR 2017, arXiv:1611.00712; Paulus et al., NeurIPS 2020, arXiv:2006.08063
 */
export function categoricalSst({ regularizer = "exponentialFamily" }: CategoricalSstOptions = {}): StochasticSoftmax {
  checkOneOf("categoricalSst", "regularizer", regularizer, ["exponentialFamily", "euclidean"]);
  return stochasticSoftmax({
    name: "categoricalSst",
    maximum: (utilities) => oneHot(argmax(utilities, -1), utilities.shape[utilities.shape.length - 1], utilities.dtype),
    relaxation: regularizer === "euclidean" ? projectSimplex : (z) => softmax(z, -1),
  });
}
