import { checkOneOf } from "../../autodiff/check.js";
import { cast, clamp, greater, sigmoid } from "../../autodiff/index.js";
import { type StochasticSoftmax, stochasticSoftmax } from "./stochastic-softmax.js";

export interface BernoulliSstOptions {
  /** f: negative binary entropy, which gives the logistic function, or `½‖x‖²`. Default `"exponentialFamily"`. */
  readonly regularizer?: "exponentialFamily" | "euclidean";
}

/**
 * Any subset of n: each element in or out on its own, with logistic noise.
 *
 *     hard = [U > 0], 1 with chance σ(θ)      relaxed = σ(U / t), or clip(U / t, 0, 1)
 *
 * Reach for it for gates, masks and edges that do not depend on each other.
 *
 * @param options - the regularizer
 * @returns the instance; utilities are `[..., n]`
 * @throws TypeError if `regularizer` is not one of those listed
 * @source Maddison, Mnih and Teh, "The Concrete Distribution", ICLR 2017, arXiv:1611.00712, §3.3; Paulus et al., NeurIPS
 * 2020, arXiv:2006.08063
 */
export function bernoulliSst({ regularizer = "exponentialFamily" }: BernoulliSstOptions = {}): StochasticSoftmax {
  checkOneOf("bernoulliSst", "regularizer", regularizer, ["exponentialFamily", "euclidean"]);
  return stochasticSoftmax({
    name: "bernoulliSst",
    noise: "logistic",
    maximum: (utilities) => cast(greater(utilities, 0), utilities.dtype),
    relaxation: regularizer === "euclidean" ? (z) => clamp(z, 0, 1) : sigmoid,
  });
}
