import { checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { checkRank, exp, ShapeError, showShape, stopGradient, type Tensor } from "../../autodiff/index.js";
import { checkMarginLoss, type MarginLoss, marginLoss } from "../margin.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { candidateSoftmaxLoss } from "./candidate-softmax.js";

export interface WeightedNegativesLossOptions {
  /** `"softmax"`, or the margin loss φ of the decoupled form. Default `"softmax"`. */
  readonly form?: "softmax" | MarginLoss;
  /** Default `"none"`, a loss for each row. */
  readonly reduction?: Reduction;
}

/**
 * The loss of a label against weighted negatives, in which every scheme of negative sampling is a choice of weights.
 *
 *     ℓ = log(1 + Σᵢ wᵢ · exp(fᵢ − f_y))      form "softmax"
 *     ℓ = φ(f_y) + Σᵢ wᵢ · φ(−fᵢ)             form "logistic", "hinge" or "squaredHinge", the decoupled one
 *
 * Reach for it with scores that are at hand; `sampledLoss` draws, scores and weights the negatives of a class table.
 *
 * @param targetScores - `[B]`, f_y, in nats
 * @param negativeScores - `[B, m]`, finite; m ≥ 1
 * @param logWeights - `[B, m]`, or `[m]` shared by all rows: log w in nats, −Infinity to leave a negative out. No gradient
 * flows into it
 * @returns `[B]` loss for each row, ≥ 0, or `[]` if reduced. A row with no negatives has the loss 0, decoupled `φ(f_y)`
 * @throws ShapeError if the shapes do not fit
 * @throws DTypeError if the tensors differ in dtype
 * @throws RangeError if a log-weight on the host is NaN or +Infinity
 * @throws TypeError if `form` or `reduction` is not one of those listed
 * @source Rawat et al., "Disentangling Sampling and Labeling Bias for Learning in Large-Output Spaces", ICML 2021,
 * arXiv:2105.05736; there weights, here their logarithms, which do not overflow
 */
export function weightedNegativesLoss(
  targetScores: Tensor,
  negativeScores: Tensor,
  logWeights: Tensor,
  { form = "softmax", reduction = "none" }: WeightedNegativesLossOptions = {},
): Tensor {
  const caller = "weightedNegativesLoss";
  checkMarginLoss(caller, "form", form, ["softmax"]);
  checkReduction(caller, reduction);
  checkRank(caller, { targetScores }, 1);
  checkSameDType(caller, { targetScores, negativeScores, logWeights });
  checkNegatives(caller, targetScores, negativeScores, logWeights);

  const fixed = stopGradient(logWeights);
  if (form === "softmax") return reduceLosses(candidateSoftmaxLoss(targetScores, negativeScores.add(fixed)), reduction);
  const pushes = exp(fixed).mul(marginLoss(negativeScores.neg(), form)).sum(1);
  return reduceLosses(marginLoss(targetScores, form).add(pushes), reduction);
}

function checkNegatives(caller: string, target: Tensor, negatives: Tensor, logWeights: Tensor): void {
  const [rows, count] = negatives.shape;
  if (negatives.shape.length !== 2 || rows !== target.size || count < 1) {
    throw new ShapeError(
      `${caller}: negativeScores has shape ${showShape(negatives.shape)} but must be [${target.size}, m] with m ≥ 1`,
    );
  }
  const { shape } = logWeights;
  const isShared = shape.length === 1 && shape[0] === count;
  if (!isShared && !(shape.length === 2 && shape[0] === rows && shape[1] === count)) {
    throw new ShapeError(
      `${caller}: logWeights has shape ${showShape(shape)} but must be [${rows}, ${count}], or [${count}] if the rows share them`,
    );
  }
  const values = hostValues(logWeights);
  const place = values?.findIndex((value) => !(value < Number.POSITIVE_INFINITY)) ?? -1;
  if (place >= 0) {
    throw new RangeError(
      `${caller}: logWeights is ${values?.[place]} at ${place} but must be below Infinity; weights are ≥ 0 and finite`,
    );
  }
}
