import { checkRank, ShapeError, showShape } from "../../autodiff/check.js";
import { checkSameDType } from "../../autodiff/dtype.js";
import { cast, expandDims, greater, maximum, type Tensor, topK } from "../../autodiff/index.js";
import { checkMarginLoss, type MarginLoss, marginLoss } from "../margin.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { candidateSoftmaxLoss } from "../sampling/candidate-softmax.js";
import { checkChoice, checkNoNaN } from "./top-k-mean.js";

/** What is done with the hardest negatives: a margin loss of each, or softmax cross-entropy against them. */
export type MiningForm = MarginLoss | "softmax";

export interface StochasticNegativeMiningLossOptions {
  /** How many of the sampled negatives count, k, those of highest score; in [1, m]. Default 5. */
  readonly hardest?: number;
  /** The margin loss φ, or `"softmax"`. Default `"hinge"`. */
  readonly form?: MiningForm;
  /** Default `"none"`, a loss for each row. */
  readonly reduction?: Reduction;
}

/**
 * The loss against the hardest of sampled negatives.
 *
 *     ℓ = mean of φ(f_y − f_j) over the k highest-scoring of the m negatives      forms "hinge", "squaredHinge", "logistic"
 *     ℓ = log(1 + Σ_{j in the top k} exp(f_j − f_y))                              form "softmax"
 *
 * For m distinct negatives, drawn uniformly from the other classes, it is an unbiased estimate of `owlLoss` with the
 * weights `orderedSgdWeights({ examples: C − 1, batch: m, kept: k }) / k`, and not of the top-k loss. Only the k selected
 * negatives and the target get a gradient.
 *
 * Reach for it to put effort into the top of the ranking at the cost of m scores; `doublyStochasticMiningLoss` draws,
 * scores and mines examples too.
 *
 * @param targetScores - `[B]`
 * @param negativeScores - `[B, m]`; −Infinity leaves a negative out, as where it hits the label: the mean is then over the
 * min(k, negatives left), and a row of none has the loss 0
 * @returns `[B]` loss for each row, or `[]` if reduced; of equal scores the first count
 * @throws ShapeError if the shapes do not fit, or there is no row or no negative
 * @throws DTypeError if the scores differ in dtype
 * @throws RangeError if `hardest` is no whole number in [1, m], or a score on the host is NaN
 * @throws TypeError if `form` or `reduction` is not one of those listed
 * @source Reddi et al., "Stochastic Negative Mining for Learning with Large Output Spaces", AISTATS 2019, arXiv:1810.07076
 */
export function stochasticNegativeMiningLoss(
  targetScores: Tensor,
  negativeScores: Tensor,
  { hardest = 5, form = "hinge", reduction = "none" }: StochasticNegativeMiningLossOptions = {},
): Tensor {
  const caller = "stochasticNegativeMiningLoss";
  checkMarginLoss(caller, "form", form, ["softmax"]);
  checkReduction(caller, reduction);
  checkSameDType(caller, { targetScores, negativeScores });
  checkRank(caller, { targetScores }, 1);
  const { shape } = negativeScores;
  const rows = targetScores.size;
  if (rows < 1) throw new ShapeError(`${caller}: targetScores has shape [0] but must have a row`);
  if (shape.length !== 2 || shape[0] !== rows || shape[1] < 1) {
    throw new ShapeError(`${caller}: negativeScores has shape ${showShape(shape)} but must be [${rows}, m] with m ≥ 1`);
  }
  checkChoice(caller, { hardest }, shape[1]);
  checkNoNaN(caller, { targetScores, negativeScores });
  return reduceLosses(lossAgainst(targetScores, topK(negativeScores, hardest).values, form), reduction);
}

/** The loss `[B]` of targets `[B]` against selected negatives `[B, k]`, of which those at −∞ are left out. */
export function lossAgainst(target: Tensor, selected: Tensor, form: MiningForm): Tensor {
  if (form === "softmax") return candidateSoftmaxLoss(target, selected);
  const count = cast(greater(selected, Number.NEGATIVE_INFINITY), target.dtype).sum(1);
  const margins = expandDims(target, 1).sub(selected); // ∞ for what is left out, where φ and its slope are 0
  return marginLoss(margins, form).sum(1).div(maximum(count, 1));
}
