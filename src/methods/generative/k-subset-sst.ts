import { checkCount, checkOneOf } from "../../autodiff/check.js";
import { argsort, cast, less, type Tensor } from "../../autodiff/index.js";
import { projectCappedSimplex } from "./capped-simplex-projection.js";
import { checkSubsetSize } from "./check-utilities.js";
import { kSubsetBinaryEntropy } from "./k-subset-binary-entropy.js";
import { kSubsetEntropy } from "./k-subset-entropy.js";
import { kSubsetMarginals } from "./k-subset-marginals.js";
import { type StochasticSoftmax, stochasticSoftmax } from "./stochastic-softmax.js";

export interface KSubsetSstOptions {
  /** How many are chosen, a whole number in [1, n]. */
  readonly k: number;
  /**
   * f: that of the exponential family over subsets (`kSubsetMarginals`), negative binary entropy
   * (`kSubsetBinaryEntropy`), negative entropy (`kSubsetEntropy`) or `½‖x‖²` (`projectCappedSimplex`). Default
   * `"exponentialFamily"`.
   */
  readonly regularizer?: "exponentialFamily" | "binaryEntropy" | "categoricalEntropy" | "euclidean";
}

/**
 * k out of n.
 *
 *     hard = the k largest of U, a draw without replacement with weights exp θ, as a set
 *     relaxed = argmax_{0 ≤ x ≤ 1, Σx = k} ⟨U, x⟩ − t · f(x)
 *
 * Reach for it to select features, examples or neighbours inside a differentiable model. Ties go to the earlier element.
 *
 * @param options - k and the regularizer
 * @returns the instance; utilities are `[..., n]`
 * @throws RangeError if `k` is no whole number ≥ 1, and when it is used if `k` exceeds n
 * @throws TypeError if `regularizer` is not one of those listed
 * @source Paulus et al., "Gradient Estimation with Stochastic Softmax Tricks", NeurIPS 2020, arXiv:2006.08063; Kool,
 * van Hoof and Welling, "Stochastic Beams and Where to Find Them", ICML 2019, arXiv:1903.06059 (the hard draw)
 */
export function kSubsetSst({ k, regularizer = "exponentialFamily" }: KSubsetSstOptions): StochasticSoftmax {
  checkCount("kSubsetSst", { k }, 1);
  checkOneOf("kSubsetSst", "regularizer", regularizer, [
    "exponentialFamily",
    "binaryEntropy",
    "categoricalEntropy",
    "euclidean",
  ]);
  const relaxations = {
    exponentialFamily: kSubsetMarginals,
    binaryEntropy: kSubsetBinaryEntropy,
    categoricalEntropy: kSubsetEntropy,
    euclidean: projectCappedSimplex,
  };
  return stochasticSoftmax({
    name: "kSubsetSst",
    check: ({ shape }) => checkSubsetSize("kSubsetSst", k, shape[shape.length - 1]),
    maximum: (utilities) => cast(less(ranks(utilities), k), utilities.dtype),
    relaxation: (z) => relaxations[regularizer](z, k),
  });
}

/** How many elements of the last axis come before each one, largest first. */
function ranks(x: Tensor): Tensor<"i32"> {
  return argsort(argsort(x, -1, { descending: true }), -1);
}
