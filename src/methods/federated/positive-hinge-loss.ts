import { checkAbove, checkOneOf } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import { maximum, type Tensor } from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";

export interface PositiveHingeLossOptions {
  /** `"hinge"` is 0 from the margin on; `"square"` draws the score to the margin from both sides. Default `"hinge"`. */
  readonly form?: "hinge" | "square";
  /** The score to reach, a finite number > 0. Default 0.9 for `"hinge"`, 1 for `"square"`. */
  readonly margin?: number;
  /** Default `"none"`, a loss for each example. */
  readonly reduction?: Reduction;
}

/**
 * How far an example is from its own class, with no other class in sight: what a client with positive labels can compute.
 *
 *     ℓ = max(0, margin − s)²      "hinge"
 *     ℓ = (margin − s)²            "square"          s = g(x) · w_y
 *
 * Alone it is minimized by one feature and one embedding for everything; the server's spreadout prevents that. For unit
 * vectors and margin 1 both forms are `(1 − s)²`, the one of the theory.
 *
 * Reach for it as the local loss of a client that holds examples of one class.
 *
 * @param scores - `[...]` cosine of each example's feature and its class's embedding
 * @returns `[...]` loss for each example, or a scalar under a reduction
 * @throws DTypeError if `scores` is no float
 * @throws RangeError if `margin` is not > 0, or a score on the host is not finite
 * @throws TypeError if `form` or `reduction` is none of those listed
 * @source Yu et al., "Federated Learning with Only Positive Labels", ICML 2020, arXiv:2004.10342
 */
export function positiveHingeLoss(scores: Tensor, options: PositiveHingeLossOptions = {}): Tensor {
  const { form = "hinge", reduction = "none" } = options;
  const { margin = form === "square" ? 1 : 0.9 } = options;
  checkOneOf("positiveHingeLoss", "form", form, ["hinge", "square"]);
  checkAbove("positiveHingeLoss", { margin }, 0);
  checkReduction("positiveHingeLoss", reduction);
  checkFloat("positiveHingeLoss", { scores });
  checkFinite("positiveHingeLoss", { scores });

  const gap = scores.neg().add(margin);
  const violation = form === "hinge" ? maximum(gap, 0) : gap;
  return reduceLosses(violation.mul(violation), reduction);
}
