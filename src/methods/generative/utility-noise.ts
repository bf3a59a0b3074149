import { gumbel, type Key, type Tensor } from "../../autodiff/index.js";

/** The law of what is added to utilities. */
export type UtilityNoise = "gumbel" | "logistic";

/**
 * Standard Gumbel noise, one draw for each element of a tensor.
 *
 *     G = −log(−log u)      u uniform on (0, 1), never so near an end that a logarithm is infinite
 *
 * Reach for it to perturb log-weights: the largest of `θ + G` is drawn in proportion to `exp θ`.
 *
 * @param key - a key of its own for each draw
 * @param like - gives shape and dtype
 * @returns the shape of `like`
 * @source Gumbel, "Statistical Theory of Extreme Values", 1954; Maddison et al., "A* Sampling", NeurIPS 2014,
 * arXiv:1411.0030, §2
 */
export function gumbelNoise(key: Key, { shape, dtype }: Tensor): Tensor {
  return gumbel(key, shape, { dtype });
}

/**
 * Standard logistic noise, the difference of two Gumbel draws: `θ + noise > 0` with probability `σ(θ)`.
 *
 * Reach for it where each choice is between in and out.
 *
 * @param key - a key of its own for each draw
 * @param like - gives shape and dtype
 * @returns the shape of `like`
 * @source Maddison, Mnih and Teh, "The Concrete Distribution", ICLR 2017, arXiv:1611.00712, §3.3
 */
export function logisticNoise(key: Key, like: Tensor): Tensor {
  return gumbelNoise(key.at("in"), like).sub(gumbelNoise(key.at("out"), like));
}
