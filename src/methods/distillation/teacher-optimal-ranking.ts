import { checkRank, ShapeError, showShape } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import { argsort, equal, expandDims, stopGradient, type Tensor, where } from "../../autodiff/index.js";
import { arange } from "../../autodiff/ops/create.js";
import { checkFinite } from "../check-finite.js";
import { checkLabels } from "../classification/check-classes.js";

/**
 * The order that a student should put the classes in: the label first, then the others as the teacher has them.
 *
 *     π_1 = y      π_2, …, π_C the other classes by falling teacherLogits, the earlier of equals first
 *
 * Reach for it to distil an order; `plackettLuceDistillLoss` does it with the weights.
 *
 * @param teacherLogits - `[batch, classes]`, finite
 * @param labels - `[batch]`, each in [0, classes); on a device they are not checked
 * @returns `[batch, classes]`, the class at each place
 * @throws ShapeError if `teacherLogits` has not two axes or no class, or `labels` does not fit
 * @throws DTypeError if `teacherLogits` are no floats, or `labels` no i32
 * @throws RangeError if a logit on the host is not finite, or a label no class
 * @source Bassam, Zhu and Bian, "PLD: A Choice-Theoretic List-Wise Knowledge Distillation", NeurIPS 2025,
 * arXiv:2506.12542
 */
export function teacherOptimalRanking(teacherLogits: Tensor, labels: Tensor<"i32">): Tensor<"i32"> {
  const caller = "teacherOptimalRanking";
  checkRank(caller, { teacherLogits }, 2);
  checkFloat(caller, { teacherLogits });
  const [batch, classes] = teacherLogits.shape;
  if (classes === 0) {
    throw new ShapeError(`${caller}: teacherLogits has shape ${showShape([batch, 0])} but must have a class`);
  }
  checkLabels(caller, labels, batch, classes, undefined);
  checkFinite(caller, { teacherLogits });
  const isLabel = equal(
    expandDims(labels, 1),
    expandDims(arange(classes, { backend: labels.backend, dtype: "i32" }), 0),
  );
  const worths = where(isLabel, Number.POSITIVE_INFINITY, stopGradient(teacherLogits));
  return argsort(worths, 1, { descending: true });
}
