import { checkAbove } from "../../autodiff/check.js";
import { abs, exp, less, log1p, square, stopGradient, type Tensor, tanh, where } from "../../autodiff/index.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { checkLogitPair } from "./check-distillation.js";

export interface BinaryKlNormLossOptions {
  /** What logits are divided by, T, a finite number > 0. Default 2. */
  readonly temperature?: number;
  /** Default `"none"`, a loss for each example. */
  readonly reduction?: Reduction;
}

/**
 * Distillation of logits by their differences, squares near 0 and straight lines far away.
 *
 *     ℓ = T² Σ_k KL(Bernoulli(½) ‖ Bernoulli(σ((s_k − t_k) / T))) = T² Σ_k log cosh((s_k − t_k) / 2T)
 *
 * The gradient by the logits is `(T / 2) tanh((s − t) / 2T)`: for |s − t| ≪ T the loss is Σ (s − t)² / 8, whatever T, for
 * |s − t| ≫ T its slope is ±T / 2. Convex and even in s − t; the teacher is a constant.
 *
 * Reach for it to match logits themselves, on a head of its own: on the classifier's it pulls back the margin that
 * cross-entropy widens. See `dualHeadDistillObjective`.
 *
 * @param logits - `[batch, classes]`, the student's, finite
 * @param teacherLogits - `[batch, classes]`, finite
 * @returns `[batch]` loss of each example in nats times T², or a scalar under a reduction
 * @throws ShapeError if `logits` has not two axes, a row and a class, or `teacherLogits` another shape
 * @throws DTypeError if the logits are no floats, or differ in dtype
 * @throws RangeError if a logit on the host is not finite, or `temperature` is not a finite number > 0
 * @throws TypeError if `reduction` is none of those listed
 * @source Yang et al., "Dual-Head Knowledge Distillation: Enhancing Logits Utilization with an Auxiliary Head", 2024,
 * arXiv:2411.08937, §3; the closed form needs no clamp
 */
export function binaryKlNormLoss(logits: Tensor, teacherLogits: Tensor, options: BinaryKlNormLossOptions = {}): Tensor {
  const { temperature = 2, reduction = "none" } = options;
  checkAbove("binaryKlNormLoss", { temperature }, 0);
  checkReduction("binaryKlNormLoss", reduction);
  checkLogitPair("binaryKlNormLoss", logits, teacherLogits);
  const difference = logits.sub(stopGradient(teacherLogits)).div(2 * temperature);
  return reduceLosses(
    logCosh(difference)
      .sum(1)
      .mul(temperature ** 2),
    reduction,
  );
}

function logCosh(x: Tensor): Tensor {
  const isNear = less(abs(x), 1);
  const near = log1p(square(tanh(where(isNear, x, 0))).neg()).mul(-0.5); // |x| − log 2 would cancel
  const far = abs(where(isNear, 1, x)); // cosh(x) itself would overflow
  return where(isNear, near, far.add(log1p(exp(far.mul(-2)))).sub(Math.LN2));
}
