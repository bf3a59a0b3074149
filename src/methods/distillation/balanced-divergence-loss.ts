import { checkAbove, checkAtLeast } from "../../autodiff/check.js";
import { exp, type Tensor } from "../../autodiff/index.js";
import { checkLabels } from "../classification/check-classes.js";
import { sparseSoftmaxCrossEntropy } from "../classification/sparse-softmax-cross-entropy.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import {
  type BalancedDivergenceWeightsOptions,
  balancedDivergenceWeights,
  checkBalance,
} from "./balanced-divergence-weights.js";
import { checkPeers } from "./check-distillation.js";
import { divergence, softLogs } from "./kl-distill-loss.js";

export interface BalancedDivergenceLossOptions extends BalancedDivergenceWeightsOptions {
  /** What logits are divided by in both divergences, T, a finite number > 0. Default 4. */
  readonly temperature?: number;
  /** λ: how much the divergences count beside cross-entropy, a finite number ≥ 0. Default 1. */
  readonly distillWeight?: number;
  /** Default `"none"`, a loss for each example. */
  readonly reduction?: Reduction;
}

/**
 * The student's loss of BD-KD: cross-entropy plus both divergences from the teacher, weighed example by example.
 *
 *     ℓ = CE(logits, y) + λ T² (δ KL(p_t ‖ p_s) + ρ KL(p_s ‖ p_t))
 *
 * with predictions at temperature T and the constants δ and ρ of `balancedDivergenceWeights`, from the same predictions'
 * entropies. Of several teachers the mean of their terms. No gradient reaches a teacher, whose own loss is
 * `mutualDistillLoss`; `onlineDistillStep` trains both.
 *
 * Reach for it when a small network must be accurate and calibrated, and no trained teacher exists: both learn together.
 *
 * @param logits - `[batch, classes]`, the student's, finite
 * @param teacherLogits - `[batch, classes]`, finite, or those of several teachers
 * @param labels - `[batch]`, each in [0, classes); on a device they are not checked
 * @returns `[batch]` loss of each example, or a scalar under a reduction
 * @throws ShapeError if `logits` has not two axes, a row and a class, or another argument does not fit it
 * @throws DTypeError if logits are no floats or differ in dtype, or `labels` is no i32
 * @throws RangeError if a logit on the host is not finite, a label on the host is no class, or there is no teacher
 * @throws RangeError if `temperature` or `slope` is not a finite number > 0, `balance` not one ≥ 1, `distillWeight` not one ≥ 0
 * @throws TypeError if `gate` or `reduction` is none of those listed
 * @claim A student beside a learning teacher beats cross-entropy alone: on ten classes of two modes, a tenth of the labels
 * noise, a student of 12 hidden units reaches 85.5 % against 84.7 % on average of eight seeds (better on six). That it beats
 * deep mutual learning, and that it is better calibrated, does not show there: 85.6 % for the former, and an expected
 * calibration error of 0.115 against 0.109 and, for cross-entropy alone, 0.086.
 * @question I need probabilities that I can trust
 * @source Amara et al., "BD-KD: Balancing the Divergences for Online Knowledge Distillation", 2022, arXiv:2212.12965
 */
export function balancedDivergenceLoss(
  logits: Tensor,
  teacherLogits: Tensor | readonly Tensor[],
  labels: Tensor<"i32">,
  options: BalancedDivergenceLossOptions = {},
): Tensor {
  const caller = "balancedDivergenceLoss";
  const { temperature = 4, distillWeight = 1, reduction = "none" } = options;
  checkAbove(caller, { temperature }, 0);
  checkAtLeast(caller, { distillWeight }, 0);
  checkBalance(caller, options);
  checkReduction(caller, reduction);
  const teachers = checkPeers(caller, logits, teacherLogits, "teacherLogits");
  const [batch, classes] = logits.shape;
  checkLabels(caller, labels, batch, classes, undefined);

  const term = (teacherOf: Tensor): Tensor => {
    const [student, teacher] = softLogs(logits, teacherOf, temperature);
    const { forward, reverse } = balancedDivergenceWeights(entropy(teacher), entropy(student), options);
    return divergence(teacher, student).mul(forward).add(divergence(student, teacher).mul(reverse));
  };
  const terms = teachers.map(term).reduce((sum, next) => sum.add(next));
  const distilled = terms.mul((distillWeight * temperature ** 2) / teachers.length);
  return reduceLosses(sparseSoftmaxCrossEntropy(logits, labels).add(distilled), reduction);
}

/** Shannon entropy of each row of log-probabilities. */
function entropy(logP: Tensor): Tensor {
  return exp(logP).mul(logP).sum(1).neg();
}
