import { checkCount, checkRank, checkShape } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { expandDims, scatterAdd, type Tensor } from "../../autodiff/index.js";
import { ones, zeros } from "../../autodiff/ops/create.js";
import { checkClassIds } from "../class-ids.js";

/**
 * The mean feature of each class.
 *
 *     c_k = mean of features_i over the i with labels_i = k
 *
 * Reach for it once, over the teacher's features of the whole training set, before `normDirectionLoss`.
 *
 * @param features - `[n, d]`
 * @param labels - `[n]`, each in [0, classes), every class among them
 * @param classes - a whole number ≥ 1
 * @returns `[classes, d]`. On a device labels are not checked: a class that has none gets NaN
 * @throws ShapeError if `features` has not two axes, or `labels` does not fit
 * @throws DTypeError if `features` are no floats, or `labels` no i32
 * @throws RangeError if `classes` is no whole number ≥ 1, a label on the host is no class, or a class has no example
 * @source Wang et al., "Improving Knowledge Distillation via Regularizing Feature Norm and Direction", 2023,
 * arXiv:2305.17007, §3
 */
export function teacherClassMeans(features: Tensor, labels: Tensor<"i32">, classes: number): Tensor {
  const caller = "teacherClassMeans";
  checkCount(caller, { classes }, 1);
  checkRank(caller, { features }, 2);
  checkFloat(caller, { features });
  const [count, width] = features.shape;
  checkShape(caller, "labels", labels, [count]);
  checkClassIds(caller, { labels }, classes);
  const ids = hostValues(labels);
  if (ids !== undefined) {
    const seen = new Set<number>(ids);
    for (let k = 0; k < classes; k++) {
      if (!seen.has(k))
        throw new RangeError(`${caller}: labels has no example of class ${k} but must have one of each`);
    }
  }
  const sums = scatterAdd(zeros([classes, width], features), labels, features);
  const counts = scatterAdd(zeros([classes], features), labels, ones([count], features));
  return sums.div(expandDims(counts, 1));
}
