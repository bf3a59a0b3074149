import { checkAbove } from "../../autodiff/check.js";
import { exp, logSigmoid, stopGradient, type Tensor } from "../../autodiff/index.js";
import { checkReduction, reduceLosses } from "../reduction.js";
import type { BinaryKlNormLossOptions } from "./binary-kl-norm-loss.js";
import { checkLogitPair } from "./check-distillation.js";

/**
 * Distillation class by class: the divergence of two coins for each class, the student's from the teacher's.
 *
 *     ℓ = T² Σ_k KL(Bernoulli(σ(t_k / T)) ‖ Bernoulli(σ(s_k / T)))
 *
 * The gradient by the logits is `T (σ(s / T) − σ(t / T))`. Unlike a softmax it sees how large logits are as a whole, so a
 * constant added to a row counts. The teacher is a constant.
 *
 * Reach for it to distil what softmax throws away, on a head of its own: see `dualHead`.
 *
 * @param logits - `[batch, classes]`, the student's, finite
 * @param teacherLogits - `[batch, classes]`, finite
 * @returns `[batch]` loss of each example in nats times T², or a scalar under a reduction
 * @throws ShapeError if `logits` has not two axes, a row and a class, or `teacherLogits` another shape
 * @throws DTypeError if the logits are no floats, or differ in dtype
 * @throws RangeError if a logit on the host is not finite, or `temperature` is not a finite number > 0
 * @throws TypeError if `reduction` is none of those listed
 * @source Yang et al., "Dual-Head Knowledge Distillation: Enhancing Logits Utilization with an Auxiliary Head", 2024,
 * arXiv:2411.08937, §3
 */
export function binaryKlLogitLoss(
  logits: Tensor,
  teacherLogits: Tensor,
  options: BinaryKlNormLossOptions = {},
): Tensor {
  const { temperature = 2, reduction = "none" } = options;
  checkAbove("binaryKlLogitLoss", { temperature }, 0);
  checkReduction("binaryKlLogitLoss", reduction);
  checkLogitPair("binaryKlLogitLoss", logits, teacherLogits);
  const [s, t] = [logits.div(temperature), stopGradient(teacherLogits).div(temperature)];
  const side = (a: Tensor, b: Tensor) => exp(logSigmoid(a)).mul(logSigmoid(a).sub(logSigmoid(b)));
  const divergences = side(t, s).add(side(t.neg(), s.neg()));
  return reduceLosses(divergences.sum(1).mul(temperature ** 2), reduction);
}
