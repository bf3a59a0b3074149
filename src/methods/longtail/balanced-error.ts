import { checkCount, checkShape, ShapeError } from "../../autodiff/check.js";
import { checkDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import {
  cast,
  checkRank,
  greater,
  notEqual,
  ones,
  scatterAdd,
  type Tensor,
  where,
  zeros,
} from "../../autodiff/index.js";

export interface BalancedErrorOptions {
  /** Number of classes C, a whole number ≥ 1. */
  readonly classes: number;
  /** `[n]`, how much each example counts within its class, each ≥ 0. Default: all the same, in f32. */
  readonly weights?: Tensor;
}

/**
 * How often each class is missed.
 *
 *     error_c = Σ_{i: y_i = c} w_i [prediction_i ≠ c] / Σ_{i: y_i = c} w_i
 *
 * Reach for it to see the head and the tail of a classifier apart.
 *
 * @param predictions - `[n]`, predicted classes
 * @param labels - `[n]`, true classes, each in [0, C)
 * @returns `[C]`, in [0, 1]; NaN for a class without examples
 * @throws ShapeError if labels has no element, or predictions or weights differ from it in shape
 * @throws DTypeError if predictions or labels are not i32, or weights is no float
 * @throws RangeError if classes is no whole number ≥ 1
 * @throws RangeError if a label on the host is no class, or a weight there is negative or not finite
 * @source Menon et al., "Long-tail Learning via Logit Adjustment", ICLR 2021, arXiv:2007.07314, section 2, eq. 2
 */
export function classErrors(
  predictions: Tensor<"i32">,
  labels: Tensor<"i32">,
  { classes, weights }: BalancedErrorOptions,
): Tensor {
  const { missed, total } = sums("classErrors", predictions, labels, classes, weights);
  return where(greater(total, 0), missed.div(total), Number.NaN);
}

/**
 * Balanced error: the mean over the classes of how often each is missed, those without examples left out.
 *
 *     BER = 1/|present| · Σ_{c present} error_c
 *
 * Reach for it to judge a classifier when all classes matter alike, however rare: it does not depend on how frequent the
 * classes are in the sample, and is the ordinary error where they are equally frequent.
 *
 * @param predictions - `[n]`, predicted classes
 * @param labels - `[n]`, true classes, each in [0, C)
 * @returns `[]`, in [0, 1]; NaN if no example has weight
 * @throws ShapeError if labels has no element, or predictions or weights differ from it in shape
 * @throws DTypeError if predictions or labels are not i32, or weights is no float
 * @throws RangeError if classes is no whole number ≥ 1
 * @throws RangeError if a label on the host is no class, or a weight there is negative or not finite
 * @source Menon et al., "Long-tail Learning via Logit Adjustment", ICLR 2021, arXiv:2007.07314, section 2, eq. 2
 */
export function balancedError(
  predictions: Tensor<"i32">,
  labels: Tensor<"i32">,
  { classes, weights }: BalancedErrorOptions,
): Tensor {
  const { missed, total } = sums("balancedError", predictions, labels, classes, weights);
  const present = greater(total, 0);
  const errors = where(present, missed.div(where(present, total, 1)), 0);
  return errors.sum().div(cast(present, errors.dtype).sum());
}

/** Weight of the examples of each class, and of those that are missed. */
function sums(
  caller: string,
  predictions: Tensor<"i32">,
  labels: Tensor<"i32">,
  classes: number,
  weights: Tensor = ones(labels.shape, { backend: labels.backend, dtype: "f32" }),
): { readonly missed: Tensor; readonly total: Tensor } {
  checkCount(caller, { classes }, 1);
  checkDType(caller, { predictions, labels }, "i32");
  checkDType(caller, { weights }, "f32", "f64");
  checkRank(caller, { labels }, 1);
  if (labels.size === 0) throw new ShapeError(`${caller}: labels has shape [0] but must have an example`);
  checkShape(caller, "predictions", predictions, labels.shape);
  checkShape(caller, "weights", weights, labels.shape);
  hostValues(labels)?.forEach((label, i) => {
    if (label < 0 || label >= classes) {
      throw new RangeError(`${caller}: labels is ${label} at [${i}] but must be in [0, ${classes})`);
    }
  });
  hostValues(weights)?.forEach((weight, i) => {
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`${caller}: weights is ${weight} at [${i}] but must be a finite number ≥ 0`);
    }
  });
  const isMissed = where(notEqual(predictions, labels), weights, 0);
  const empty = zeros([classes], weights);
  return { missed: scatterAdd(empty, labels, isMissed), total: scatterAdd(empty, labels, weights) };
}
