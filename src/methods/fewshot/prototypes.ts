import { checkCount, checkRank, checkShape } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { oneHot, type Tensor, transposeLast } from "../../autodiff/index.js";
import { checkClassIds } from "../class-ids.js";

/**
 * The prototype of each class: the mean of its points.
 *
 *     μ_c = mean of points_i over labels_i = c
 *
 * Reach for it to classify by the nearest mean in an embedding, for classes that training has not seen.
 *
 * @param points - `[n, d]`
 * @param labels - `[n]`, each in [0, classes), every class among them; on a device they are not checked
 * @param classes - a whole number ≥ 1
 * @returns `[classes, d]`; NaN for a class without points
 * @throws ShapeError if `points` has not two axes or `labels` does not fit
 * @throws DTypeError if `points` is no float or `labels` no i32
 * @throws RangeError if `classes` is no whole number ≥ 1, a label on the host no class, or a class without points
 * @source Snell, Swersky and Zemel, "Prototypical Networks for Few-shot Learning", NeurIPS 2017, arXiv:1703.05175, eq. 1
 */
export function prototypes(points: Tensor, labels: Tensor<"i32">, classes: number): Tensor {
  checkCount("prototypes", { classes }, 1);
  checkRank("prototypes", { points }, 2);
  checkFloat("prototypes", { points });
  checkShape("prototypes", "labels", labels, [points.shape[0]]);
  checkClassIds("prototypes", { labels }, classes);
  const known = hostValues(labels);
  const missing = known && Array.from({ length: classes }, (_, c) => c).find((c) => !known.includes(c));
  if (missing !== undefined) {
    throw new RangeError(`prototypes: labels has no ${missing} but must have one for each of ${classes} classes`);
  }
  const membership = transposeLast(oneHot(labels, classes, points.dtype)) as Tensor; // [classes, n]
  return membership.matmul(points).div(membership.sum(1, { keepDims: true }));
}
