import { checkAtLeast, checkBetween, checkCount, checkRank, checkShape } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import { gather, stopGradient, type Tensor } from "../../autodiff/index.js";
import { checkClassIds } from "../class-ids.js";

/**
 * Targets of mixed examples, mixed as their inputs and labels are.
 *
 *     q_i = l t_i + (1 − l) t_j(i)
 *
 * Reach for it in ELR+, where an example is `l x_i + (1 − l) x_j` of a batch: `elrRegularizer(logits, q)`.
 *
 * @param targets - `[batch, classes]`, of the examples before mixing
 * @param partners - `[batch]`, j(i), the row that each one is mixed with
 * @param share - l in [0, 1]
 * @returns `[batch, classes]`, detached
 * @throws ShapeError if `targets` has not two axes, or `partners` does not fit it
 * @throws DTypeError if `targets` is no float, or `partners` not i32
 * @throws RangeError if a partner on the host is no row, or `share` outside [0, 1]
 * @source Liu, Niles-Weed, Razavian and Fernandez-Granda, "Early-Learning Regularization Prevents Memorization of Noisy
 * Labels", NeurIPS 2020, arXiv:2007.00151, §4.3; Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018
 */
export function elrPlusTargets(targets: Tensor, partners: Tensor<"i32">, share: number): Tensor {
  checkBetween("elrPlusTargets", { share }, 0, 1);
  checkRank("elrPlusTargets", { targets }, 2);
  checkFloat("elrPlusTargets", { targets });
  checkShape("elrPlusTargets", "partners", partners, [targets.shape[0]]);
  checkClassIds("elrPlusTargets", { partners }, targets.shape[0]);
  return stopGradient(targets.mul(share).add(gather(targets, partners).mul(1 - share)));
}

/**
 * How much the regularizer of ELR+ counts at a step.
 *
 *     exp(−5 (1 − s / S)²)      s = min(step, S)
 *
 * Reach for it as a factor of λ, so that targets mean something before they count.
 *
 * @param step - steps done before this one, a finite number ≥ 0
 * @param steps - S, a whole number ≥ 1, from which on it is 1
 * @throws RangeError if `step` is negative or not finite, or `steps` no whole number ≥ 1
 * @source Liu, Niles-Weed, Razavian and Fernandez-Granda, "Early-Learning Regularization Prevents Memorization of Noisy
 * Labels", NeurIPS 2020, arXiv:2007.00151, its code; Laine and Aila, "Temporal Ensembling", ICLR 2017
 */
export function elrPlusRamp(step: number, steps: number): number {
  checkAtLeast("elrPlusRamp", { step }, 0);
  checkCount("elrPlusRamp", { steps }, 1);
  return Math.exp(-5 * (1 - Math.min(step, steps) / steps) ** 2);
}
