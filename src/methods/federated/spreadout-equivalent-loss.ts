import { checkBetween, checkRank, checkShape } from "../../autodiff/check.js";
import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { gather, maximum, type Tensor, transposeLast, where } from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";
import { checkClassIds } from "../class-ids.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { isOwnClass } from "./contrastive-loss.js";

export interface SpreadoutEquivalentLossOptions {
  /** How far two classes should be in cosine distance, ν in (0, 2]. Default 1.2. */
  readonly margin?: number;
  /** Default `"none"`, a loss for each example. */
  readonly reduction?: Reduction;
}

/**
 * The loss of one example that federated averaging with spreadout minimizes: the label's embedding, not the feature, is
 * pushed from the other classes.
 *
 *     ℓ = (1 − g · w_y)² + Σ_{c≠y} max(0, margin − 1 + w_y · w_c)²
 *
 * With as many examples in each of C classes, its mean over the data is exactly the clients' mean `(1 − s_y)²` plus
 * `spreadoutRegularizer(w) / C`. It differs from `cosineContrastiveLoss` by at most `2ν Σ_{c≠y} |w_c · (w_y − g)|` for
 * unit vectors (the paper has `1 + 2ν`), and not at all where `g = w_y`.
 *
 * Reach for it to watch, centrally, what `fedAwS` does without seeing the data.
 *
 * @param features - `[batch, d]`, unit rows
 * @param labels - `[batch]`, each in [0, C); on a device they are not checked
 * @param embeddings - `[C, d]`, unit rows
 * @returns `[batch]` loss for each example, or a scalar under a reduction
 * @throws ShapeError if `features`, `labels` and `embeddings` do not fit
 * @throws DTypeError if `features` or `embeddings` is no float, they differ, or `labels` is not i32
 * @throws RangeError if `margin` is outside (0, 2], a value on the host not finite, or a label no class
 * @throws TypeError if `reduction` is none of those listed
 * @source Yu et al., "Federated Learning with Only Positive Labels", ICML 2020, arXiv:2004.10342
 */
export function spreadoutEquivalentLoss(
  features: Tensor,
  labels: Tensor<"i32">,
  embeddings: Tensor,
  { margin = 1.2, reduction = "none" }: SpreadoutEquivalentLossOptions = {},
): Tensor {
  const caller = "spreadoutEquivalentLoss";
  checkBetween(caller, { margin }, 0, 2, { openBelow: true });
  checkReduction(caller, reduction);
  checkRank(caller, { features, embeddings }, 2);
  checkFloat(caller, { features });
  checkSameDType(caller, { features, embeddings });
  checkShape(caller, "embeddings", embeddings, [-1, features.shape[1]]);
  checkShape(caller, "labels", labels, [features.shape[0]]);
  checkClassIds(caller, { labels }, embeddings.shape[0]);
  checkFinite(caller, { features, embeddings });

  const own = gather(embeddings, labels); // [batch, d]
  const gap = features.mul(own).sum(1).neg().add(1);
  const between = own.matmul(transposeLast(embeddings)); // [batch, C]
  const violation = where(isOwnClass(labels, between), 0, maximum(between.add(margin - 1), 0));
  return reduceLosses(gap.mul(gap).add(violation.mul(violation).sum(1)), reduction);
}
