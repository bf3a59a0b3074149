import { checkAbove, checkAtLeast, checkBetween } from "../../autodiff/check.js";
import { softmax, stopGradient, type Tensor } from "../../autodiff/index.js";
import { checkLabels } from "../classification/check-classes.js";
import { softmaxCrossEntropy } from "../classification/softmax-cross-entropy.js";
import { sparseSoftmaxCrossEntropy } from "../classification/sparse-softmax-cross-entropy.js";
import { checkPlan } from "./batch-transport-cost.js";
import { checkLogitPair } from "./check-distillation.js";
import { type SinkhornKdLossOptions, sinkhornKdLoss } from "./sinkhorn-kd-loss.js";

export interface SinkhornKdObjectiveOptions extends Omit<SinkhornKdLossOptions, "reduction"> {
  /** α: the share of the teacher's predictions beside the labels, in [0, 1]. Default 0.8. */
  readonly distillWeight?: number;
  /** β·c: how much the sum of costs counts, a finite number ≥ 0. Default 0.001; the paper takes 0.0008 for encoder–decoders. */
  readonly transportWeight?: number;
}

/**
 * The whole objective of SinKD: labels, the teacher's predictions example by example, and both batches as a whole.
 *
 *     (1 − α) mean CE(logits, y) + α mean H(p_t, p_s) + β c Σ sinkhornKdLoss
 *
 * where `H(p_t, p_s) = −Σ_k p_t,k log p_s,k` at temperature T, without T². For the mean of the costs in place of their sum
 * multiply the last weight by the batch's size.
 *
 * Reach for it to distil into a student that hardly agrees with its teacher at first.
 *
 * @param logits - `[batch, classes]`, the student's, finite
 * @param teacherLogits - `[batch, classes]`, finite; a constant
 * @param labels - `[batch]`, each in [0, classes); on a device they are not checked
 * @returns `[]`
 * @throws ShapeError if `logits` has not two axes, a row and a class, or another argument does not fit it
 * @throws DTypeError if logits are no floats or differ in dtype, or `labels` is no i32
 * @throws RangeError if a logit on the host is not finite, or a label no class
 * @throws RangeError if `distillWeight` is not in [0, 1], `transportWeight` not a finite number ≥ 0, `temperature` or
 * `regularization` not one > 0, or `iterations` no whole number ≥ 1
 * @source Cui et al., "Sinkhorn Distance Minimization for Knowledge Distillation", COLING 2024, arXiv:2402.17110, §3
 */
export function sinkhornKdObjective(
  logits: Tensor,
  teacherLogits: Tensor,
  labels: Tensor<"i32">,
  options: SinkhornKdObjectiveOptions = {},
): Tensor {
  const caller = "sinkhornKdObjective";
  const { temperature = 2, distillWeight = 0.8, transportWeight = 1e-3 } = options;
  checkAbove(caller, { temperature }, 0);
  checkBetween(caller, { distillWeight }, 0, 1);
  checkAtLeast(caller, { transportWeight }, 0);
  checkPlan(caller, options);
  checkLogitPair(caller, logits, teacherLogits);
  const [batch, classes] = logits.shape;
  checkLabels(caller, labels, batch, classes, undefined);

  const teacher = softmax(stopGradient(teacherLogits).div(temperature));
  const hard = sparseSoftmaxCrossEntropy(logits, labels)
    .mean()
    .mul(1 - distillWeight);
  const soft = softmaxCrossEntropy(logits, teacher, { temperature, reduction: "mean" }).mul(distillWeight);
  const whole = sinkhornKdLoss(logits, teacherLogits, { ...options, reduction: "sum" }).mul(transportWeight);
  return hard.add(soft).add(whole);
}
