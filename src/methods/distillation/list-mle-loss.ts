import { checkSameShape } from "../../autodiff/check.js";
import { argsort, type Tensor } from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";
import { checkReduction, reduceLosses } from "../reduction.js";
import { checkScores, checkWeights, type PlackettLuceNllOptions, rankingLosses } from "./plackett-luce-nll.js";

/**
 * ListMLE: the likelihood of the order in which relevances fall.
 *
 *     ℓ = plackettLuceNll(logits, π)      π the classes by falling relevance, the earlier of equals first
 *
 * With weights that fall from place to place it is position-aware ListMLE.
 *
 * Reach for it to learn a ranking whose whole order is known.
 *
 * @param logits - `[batch, classes]`, finite
 * @param relevance - `[batch, classes]`, finite, of any scale: only its order counts
 * @returns `[batch]` loss of each example in nats, or a scalar under a reduction
 * @throws ShapeError if `logits` has not two axes, a row and a class, or another argument does not fit it
 * @throws DTypeError if `logits` are no floats, or the weights differ in dtype
 * @throws RangeError if a logit or a relevance on the host is not finite, or a weight negative or not finite
 * @throws TypeError if `reduction` is none of those listed
 * @source Xia et al., "Listwise Approach to Learning to Rank: Theory and Algorithm", ICML 2008; Lan et al.,
 * "Position-Aware ListMLE", UAI 2014 (the weights)
 */
export function listMleLoss(logits: Tensor, relevance: Tensor, options: PlackettLuceNllOptions = {}): Tensor {
  const { weights, reduction = "none" } = options;
  checkReduction("listMleLoss", reduction);
  checkScores("listMleLoss", { logits });
  checkSameShape("listMleLoss", { logits, relevance });
  checkFinite("listMleLoss", { relevance });
  if (weights !== undefined) checkWeights("listMleLoss", logits, weights);
  return reduceLosses(rankingLosses(logits, argsort(relevance, 1, { descending: true }), weights), reduction);
}
