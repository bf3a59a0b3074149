import { checkDType, checkSameDType } from "../../autodiff/dtype.js";
import {
  and,
  arange,
  broadcastTo,
  checkShape,
  diagonal,
  equal,
  expandDims,
  logSumExp,
  not,
  ShapeError,
  showShape,
  stopGradient,
  type Tensor,
  where,
} from "../../autodiff/index.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";

export interface InBatchLossOptions {
  /** Subtract the positive's expected count too, as in the paper. Default false. */
  readonly correctPositive?: boolean;
  /** Default `"none"`, a loss for each row. */
  readonly reduction?: Reduction;
}

/**
 * Softmax cross-entropy with the other rows' targets as negatives.
 *
 *     L_i = −o_ii + log(exp(o_ii) + Σ_{j≠i, y_j≠y_i} exp(o_ij) / E[count of y_j])
 *
 * With the other B − 1 targets drawn from q the expected count is `(B − 1) · q`; q is the empirical frequency, or that of
 * `streamingFrequency`. Frequent classes come up as negatives as often as they are targets; without the correction the
 * scores learn `log p − log q`, which ranks popular classes too low.
 *
 * Reach for it with two towers, where a target's embedding costs a forward pass, so that negatives must be free.
 *
 * @param scores - `[B, B]`, in nats: row i's input against row j's target; B ≥ 2
 * @param labels - `[B]`, the class of each row's target; rows of the same class are no negatives of each other
 * @param logExpectedCount - `[B]`, log of how often each row's class comes up as a negative, in nats; no gradient flows
 * into it
 * @returns `[B]` loss for each row in nats, or `[]` if reduced
 * @throws ShapeError if `scores` is not square with at least 2 rows, or the shapes do not fit
 * @throws DTypeError if `scores` and `logExpectedCount` differ in dtype, or `labels` is not i32
 * @throws TypeError if `reduction` is not one of those listed
 * @source Yi et al., "Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations", RecSys 2019.
 * There the positive is corrected too; here only with `correctPositive`
 */
export function inBatchLoss(
  scores: Tensor,
  labels: Tensor<"i32">,
  logExpectedCount: Tensor,
  { correctPositive = false, reduction = "none" }: InBatchLossOptions = {},
): Tensor {
  checkReduction("inBatchLoss", reduction);
  checkSameDType("inBatchLoss", { scores, logExpectedCount });
  checkDType("inBatchLoss", { labels }, "i32");
  const { shape } = scores;
  const [rows] = shape;
  if (shape.length !== 2 || shape[1] !== rows || rows < 2) {
    throw new ShapeError(`inBatchLoss: scores has shape ${showShape(shape)} but must be [B, B] with B ≥ 2`);
  }
  checkShape("inBatchLoss", "labels", labels, [rows]);
  checkShape("inBatchLoss", "logExpectedCount", logExpectedCount, [rows]);

  const row = arange(rows, labels);
  const isSelf = equal(expandDims(row, 1), row);
  const isHit = and(equal(expandDims(labels, 1), labels), not(isSelf));
  const counts = broadcastTo(stopGradient(logExpectedCount), shape);
  const corrected = scores.sub(correctPositive ? counts : where(isSelf, 0, counts));
  return reduceLosses(
    logSumExp(where(isHit, Number.NEGATIVE_INFINITY, corrected), 1).sub(diagonal(corrected)),
    reduction,
  );
}
