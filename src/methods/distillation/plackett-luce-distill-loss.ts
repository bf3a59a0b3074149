import { checkAbove } from "../../autodiff/check.js";
import { softmax, type Tensor, takeAlongAxis } from "../../autodiff/index.js";
import { checkLabels } from "../classification/check-classes.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { checkLogitPair } from "./check-distillation.js";
import { rankingLosses } from "./plackett-luce-nll.js";
import { teacherOptimalRanking } from "./teacher-optimal-ranking.js";

export interface PlackettLuceDistillLossOptions {
  /** What the teacher's logits are divided by in the weights, τ, a finite number > 0. Default 1. */
  readonly weightTemperature?: number;
  /** Default `"none"`, a loss for each example. */
  readonly reduction?: Reduction;
}

/**
 * Distillation of an order: the student is to choose the label first and then the other classes as the teacher ranks them,
 * each choice weighed by the teacher's probability of the class.
 *
 *     ℓ = Σ_k α_k (log Σ_{l ≥ k} exp(z_{π_l}) − z_{π_k})      π = teacherOptimalRanking      α_k = softmax(teacherLogits / τ)_{π_k}
 *
 * Its first term is cross-entropy times the teacher's probability of the label, so it needs no other loss beside it. Convex
 * in the logits; of two classes only that term is left. The teacher is a constant.
 *
 * Reach for it in place of cross-entropy plus a divergence, with no weight between the two to tune. A teacher that is sure
 * of its labels leaves little but cross-entropy; a `weightTemperature` above 1, which the paper does not have, helps then.
 *
 * @param logits - `[batch, classes]`, the student's, finite
 * @param teacherLogits - `[batch, classes]`, finite
 * @param labels - `[batch]`, each in [0, classes); on a device they are not checked
 * @returns `[batch]` loss of each example in nats, or a scalar under a reduction
 * @throws ShapeError if `logits` has not two axes, a row and a class, or another argument does not fit it
 * @throws DTypeError if logits are no floats or differ in dtype, or `labels` is no i32
 * @throws RangeError if a logit on the host is not finite, a label no class, or `weightTemperature` no finite number > 0
 * @throws TypeError if `reduction` is none of those listed
 * @claim It beats cross-entropy: on ten classes of two modes, a student that sees 800 points and a teacher that saw 6000,
 * 88.0 % against 87.2 % on average of five seeds, and 88.7 % and 90.0 % with weights at temperature 2 and 4. That it beats
 * cross-entropy plus a divergence does not show with so sure a teacher: that reaches 92.6 %.
 * @question I need probabilities that I can trust
 * @source Bassam, Zhu and Bian, "PLD: A Choice-Theoretic List-Wise Knowledge Distillation", NeurIPS 2025,
 * arXiv:2506.12542
 */
export function plackettLuceDistillLoss(
  logits: Tensor,
  teacherLogits: Tensor,
  labels: Tensor<"i32">,
  { weightTemperature = 1, reduction = "none" }: PlackettLuceDistillLossOptions = {},
): Tensor {
  const caller = "plackettLuceDistillLoss";
  checkAbove(caller, { weightTemperature }, 0);
  checkReduction(caller, reduction);
  checkLogitPair(caller, logits, teacherLogits);
  const [batch, classes] = logits.shape;
  checkLabels(caller, labels, batch, classes, undefined);
  const ranking = teacherOptimalRanking(teacherLogits, labels);
  const weights = takeAlongAxis(softmax(teacherLogits.div(weightTemperature)), ranking, 1);
  return reduceLosses(rankingLosses(logits, ranking, weights), reduction); // which takes them for constants
}
