import { checkAtLeast } from "../../autodiff/check.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { cast, equal, sqrt, type Tensor, where } from "../../autodiff/index.js";
import { type ApproximateLabelsOptions, countSoftly, type SoftConfusionMatrix } from "./soft-confusion-matrix.js";

/** A loss of a whole batch of probabilities and labels 0 and 1. */
export type BatchLoss = (probabilities: Tensor, labels: Tensor<"i32">, options?: ApproximateLabelsOptions) => Tensor;

/**
 * A loss out of any metric of the confusion matrix: 1 less the metric, over the whole batch.
 *
 *     ℓ(p, y) = 1 − metric(softConfusionMatrix(p, y))
 *
 * Reach for it to train on what is reported: Jaccard's index, Matthews' correlation. It is no sum over examples, so the
 * gradients of small batches are not those of the data: take large ones, and start near p = ½, where the slope is.
 *
 * @param metric - of the four counts, differentiable, a scalar
 * @returns a function of `probabilities` `[batch]`, `labels` `[batch]` and options, which throws as `softConfusionMatrix`
 * does; its result is a scalar
 * @source Han, Moniz and Chawla, "AnyLoss: Transforming Classification Metrics into Loss Functions", KDD 2024,
 * arXiv:2405.14745, §3; other metrics than its four are in its spirit
 */
export function anyLoss(metric: (counts: SoftConfusionMatrix) => Tensor): BatchLoss {
  return (probabilities, labels, options = {}) =>
    metric(countSoftly("anyLoss", probabilities, labels, options))
      .neg()
      .add(1);
}

/**
 * 1 less the accuracy of a batch, by `softConfusionMatrix`.
 *
 *     ℓ = (FP + FN) / N
 *
 * The one of these losses that is a mean over examples. Reach for it where every error costs the same; where one class is
 * rare it may give that up altogether.
 *
 * @param probabilities - `[batch]`, of the positive class, each in [0, 1]
 * @param labels - `[batch]`, each 0 or 1
 * @returns a scalar in [0, 1]
 * @throws ShapeError if `labels` has not the shape of `probabilities`, or there is no example
 * @throws DTypeError if `probabilities` is no float, or `labels` not i32
 * @throws RangeError if a probability on the host is outside [0, 1], a label neither 0 nor 1, or `steepness` not above 0
 * @source Han, Moniz and Chawla, "AnyLoss: Transforming Classification Metrics into Loss Functions", KDD 2024,
 * arXiv:2405.14745, §3.3
 */
export function accuracyLoss(
  probabilities: Tensor,
  labels: Tensor<"i32">,
  options: ApproximateLabelsOptions = {},
): Tensor {
  const { falsePositives, falseNegatives } = countSoftly("accuracyLoss", probabilities, labels, options);
  return falsePositives.add(falseNegatives).div(probabilities.size);
}

export interface FBetaLossOptions extends ApproximateLabelsOptions {
  /** β, how many times as much recall counts as precision, a finite number ≥ 0. Default 1. */
  readonly beta?: number;
}

/**
 * 1 less the F-score of a batch, by `softConfusionMatrix`.
 *
 *     ℓ = 1 − (1 + β²) TP / (β² S + P)      S = TP + FN, P = TP + FP
 *
 * With β → 0 it is 1 less the precision, with β → ∞ 1 less the recall; 1 where 0 is over 0. Reach for it when positives are
 * rare and found by search: a threshold of ½ is then the right one, and need not be tuned.
 *
 * @param probabilities - `[batch]`, of the positive class, each in [0, 1]
 * @param labels - `[batch]`, each 0 or 1
 * @returns a scalar in [0, 1]
 * @throws ShapeError if `labels` has not the shape of `probabilities`, or there is no example
 * @throws DTypeError if `probabilities` is no float, or `labels` not i32
 * @throws RangeError if a probability on the host is outside [0, 1], a label neither 0 nor 1, `steepness` not above 0, or
 * `beta` negative or not finite
 * @claim Training on the F-score gives a better one: a linear model on data with 8 % positives has F1 40.8 % at threshold ½,
 * after cross-entropy 24.1 %, after squares 21.9 % (means of five seeds); `accuracyLoss` gives the positives up altogether.
 * @question My classes are skewed
 * @source Han, Moniz and Chawla, "AnyLoss: Transforming Classification Metrics into Loss Functions", KDD 2024,
 * arXiv:2405.14745, §3.3
 */
export function fBetaLoss(
  probabilities: Tensor,
  labels: Tensor<"i32">,
  { beta = 1, ...options }: FBetaLossOptions = {},
): Tensor {
  checkAtLeast("fBetaLoss", { beta }, 0);
  const counts = countSoftly("fBetaLoss", probabilities, labels, options);
  const { truePositives, falseNegatives, falsePositives } = counts;
  const weight = 1 / (1 + beta * beta); // β² itself may overflow
  const misses = falsePositives.mul(weight).add(falseNegatives.mul(1 - weight));
  const total = truePositives.add(misses);
  const isEmpty = equal(total, 0);
  return where(isEmpty, 1, misses.div(where(isEmpty, 1, total)));
}

/**
 * 1 less the geometric mean of the shares of both classes that are found, by `softConfusionMatrix`.
 *
 *     ℓ = 1 − √(TP / S · TN / (N − S) + 1e-12)      S = TP + FN
 *
 * The 1e-12 keeps the slope finite where a class is not found at all; the loss may be −5e-13 for it. It is never below
 * `balancedAccuracyLoss`. Reach for it when neither class may be given up.
 *
 * @param probabilities - `[batch]`, of the positive class, each in [0, 1]
 * @param labels - `[batch]`, each 0 or 1, both among them; on a device a batch of one class gives NaN
 * @returns a scalar in [0, 1]
 * @throws ShapeError if `labels` has not the shape of `probabilities`, or there is no example
 * @throws DTypeError if `probabilities` is no float, or `labels` not i32
 * @throws RangeError if a probability on the host is outside [0, 1], a label neither 0 nor 1, all of one class, or
 * `steepness` not above 0
 * @source Han, Moniz and Chawla, "AnyLoss: Transforming Classification Metrics into Loss Functions", KDD 2024,
 * arXiv:2405.14745, §3.3
 */
export function gMeanLoss(
  probabilities: Tensor,
  labels: Tensor<"i32">,
  options: ApproximateLabelsOptions = {},
): Tensor {
  const [positives, negatives] = foundShares("gMeanLoss", probabilities, labels, options);
  return sqrt(positives.mul(negatives).add(1e-12)).neg().add(1);
}

/**
 * 1 less the mean of the shares of both classes that are found, by `softConfusionMatrix`.
 *
 *     ℓ = 1 − (TP / S + TN / (N − S)) / 2      S = TP + FN
 *
 * On balanced labels it is `accuracyLoss`. Reach for it when one class is rare and counts as much as the other.
 *
 * @param probabilities - `[batch]`, of the positive class, each in [0, 1]
 * @param labels - `[batch]`, each 0 or 1, both among them; on a device a batch of one class gives NaN
 * @returns a scalar in [0, 1]
 * @throws ShapeError if `labels` has not the shape of `probabilities`, or there is no example
 * @throws DTypeError if `probabilities` is no float, or `labels` not i32
 * @throws RangeError if a probability on the host is outside [0, 1], a label neither 0 nor 1, all of one class, or
 * `steepness` not above 0
 * @claim Training on balanced accuracy gives a better one: a linear model on data with 8 % positives has 75.7 % at threshold
 * ½, after cross-entropy 57.1 % (means of five seeds).
 * @question My classes are skewed
 * @source Han, Moniz and Chawla, "AnyLoss: Transforming Classification Metrics into Loss Functions", KDD 2024,
 * arXiv:2405.14745, §3.3
 */
export function balancedAccuracyLoss(
  probabilities: Tensor,
  labels: Tensor<"i32">,
  options: ApproximateLabelsOptions = {},
): Tensor {
  const [positives, negatives] = foundShares("balancedAccuracyLoss", probabilities, labels, options);
  return positives.add(negatives).div(2).neg().add(1);
}

/** TP / S and TN / (N − S). */
function foundShares(
  caller: string,
  probabilities: Tensor,
  labels: Tensor<"i32">,
  options: ApproximateLabelsOptions,
): readonly [Tensor, Tensor] {
  const { truePositives, trueNegatives } = countSoftly(caller, probabilities, labels, options);
  const values = hostValues(labels);
  if (values?.every((label) => label === values[0])) {
    throw new RangeError(
      `${caller}: labels is ${values[0]} everywhere but must hold both classes; take larger batches`,
    );
  }
  const positives = cast(labels, probabilities.dtype).sum(); // the counts' own sums would get a gradient, of rounding
  return [truePositives.div(positives), trueNegatives.div(positives.neg().add(probabilities.size))];
}
