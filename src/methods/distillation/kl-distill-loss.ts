import { checkAbove } from "../../autodiff/check.js";
import { exp, logSoftmax, stopGradient, type Tensor } from "../../autodiff/index.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { checkLogitPair } from "./check-distillation.js";

export interface KlDistillLossOptions {
  /** What both networks' logits are divided by, T, a finite number > 0. Default 4. */
  readonly temperature?: number;
  /** Default `"none"`, a loss for each example. */
  readonly reduction?: Reduction;
}

/**
 * Knowledge distillation: the divergence of the student's softened prediction from the teacher's.
 *
 *     ℓ = T² KL(p_t ‖ p_s)      p_s = softmax(logits / T)      p_t = softmax(teacherLogits / T)
 *
 * The gradient by the logits is `T (p_s − p_t)`; T² keeps its size as T grows, when the loss tends to
 * `‖z̃_s − z̃_t‖² / 2C` of logits less their means. The teacher is a constant.
 *
 * Reach for it to train a small network on what a large one says; it covers all the teacher's modes. It is also the
 * regularizer of a network towards a peer, with the peer in the teacher's place.
 *
 * @param logits - `[batch, classes]`, the student's, finite
 * @param teacherLogits - `[batch, classes]`, finite; no gradient
 * @returns `[batch]` loss of each example in nats times T², or a scalar under a reduction
 * @throws ShapeError if `logits` has not two axes, a row and a class, or `teacherLogits` another shape
 * @throws DTypeError if the logits are no floats, or differ in dtype
 * @throws RangeError if a logit on the host is not finite, or `temperature` is not a finite number > 0
 * @throws TypeError if `reduction` is none of those listed
 * @source Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015, arXiv:1503.02531, §2
 */
export function forwardKlDistillLoss(
  logits: Tensor,
  teacherLogits: Tensor,
  options: KlDistillLossOptions = {},
): Tensor {
  const { temperature, reduction } = checked("forwardKlDistillLoss", logits, teacherLogits, options);
  const [student, teacher] = softLogs(logits, teacherLogits, temperature);
  return reduceLosses(divergence(teacher, student).mul(temperature ** 2), reduction);
}

/**
 * Knowledge distillation the other way round: the divergence of the teacher's softened prediction from the student's.
 *
 *     ℓ = T² KL(p_s ‖ p_t)      p_s = softmax(logits / T)      p_t = softmax(teacherLogits / T)
 *
 * The gradient by logit j is `T p_s,j (log(p_s,j / p_t,j) − KL(p_s ‖ p_t))`. The teacher is a constant.
 *
 * Reach for it where the student cannot represent all of the teacher: it settles on the modes it can, see
 * `balancedDivergenceLoss` for both together.
 *
 * @param logits - `[batch, classes]`, the student's, finite
 * @param teacherLogits - `[batch, classes]`, finite; no gradient
 * @returns `[batch]` loss of each example in nats times T², or a scalar under a reduction
 * @throws ShapeError if `logits` has not two axes, a row and a class, or `teacherLogits` another shape
 * @throws DTypeError if the logits are no floats, or differ in dtype
 * @throws RangeError if a logit on the host is not finite, or `temperature` is not a finite number > 0
 * @throws TypeError if `reduction` is none of those listed
 * @source Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015, arXiv:1503.02531, §2, with the
 * arguments of the divergence exchanged as in Amara et al., "BD-KD", 2022, arXiv:2212.12965
 */
export function reverseKlDistillLoss(
  logits: Tensor,
  teacherLogits: Tensor,
  options: KlDistillLossOptions = {},
): Tensor {
  const { temperature, reduction } = checked("reverseKlDistillLoss", logits, teacherLogits, options);
  const [student, teacher] = softLogs(logits, teacherLogits, temperature);
  return reduceLosses(divergence(student, teacher).mul(temperature ** 2), reduction);
}

function checked(caller: string, logits: Tensor, teacherLogits: Tensor, options: KlDistillLossOptions) {
  const { temperature = 4, reduction = "none" } = options;
  checkAbove(caller, { temperature }, 0);
  checkReduction(caller, reduction);
  checkLogitPair(caller, logits, teacherLogits);
  return { temperature, reduction };
}

/** Log-probabilities of student and teacher at a temperature; the teacher's are constants. */
export function softLogs(
  logits: Tensor,
  teacherLogits: Tensor,
  temperature: number,
): [student: Tensor, teacher: Tensor] {
  return [logSoftmax(logits.div(temperature)), logSoftmax(stopGradient(teacherLogits).div(temperature))];
}

/** `KL(p ‖ q)` of each row, from log-probabilities: a probability that vanishes is never taken the logarithm of. */
export function divergence(logP: Tensor, logQ: Tensor): Tensor {
  return exp(logP).mul(logP.sub(logQ)).sum(1);
}
