import { checkAbove, checkSameShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkDType, checkFloat } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { cast, sigmoid, type Tensor } from "../../autodiff/index.js";

export interface ApproximateLabelsOptions {
  /**
   * L, a finite number > 0: how steeply a probability is pushed to 0 or 1. Large enough that it gets there, small enough
   * that examples still have a gradient: those with |p − ½| ≫ 1 / L have none. Default 73.
   */
  readonly steepness?: number;
}

/**
 * Probabilities pushed towards 0 and 1: labels, but with a slope.
 *
 *     A = 1 / (1 + exp(−L (p − ½)))      ∂A/∂p = L A (1 − A)
 *
 * It differs from the label at threshold ½ by at most `exp(−L |p − ½|)`. Reach for it to count predictions in a loss.
 *
 * @param probabilities - `[...]`, each in [0, 1]
 * @returns same shape, in (0, 1)
 * @throws DTypeError if `probabilities` is no float
 * @throws RangeError if one on the host is outside [0, 1], or `steepness` not above 0 or not finite
 * @source Han, Moniz and Chawla, "AnyLoss: Transforming Classification Metrics into Loss Functions", KDD 2024,
 * arXiv:2405.14745, eq. 2
 */
export function approximateLabels(probabilities: Tensor, { steepness = 73 }: ApproximateLabelsOptions = {}): Tensor {
  checkProbabilities("approximateLabels", probabilities, steepness);
  return sigmoid(probabilities.sub(0.5).mul(steepness));
}

function checkProbabilities(caller: string, probabilities: Tensor, steepness: number): void {
  checkAbove(caller, { steepness }, 0);
  checkFloat(caller, { probabilities });
  const values = hostValues(probabilities);
  const place = values?.findIndex((p) => !(p >= 0 && p <= 1)) ?? -1;
  if (place >= 0) {
    throw new RangeError(`${caller}: probabilities holds ${values?.[place]} at ${place} but must be in [0, 1]`);
  }
}

/** How many examples are predicted right and wrong, each a scalar in [0, batch]; they sum to the batch. */
export interface SoftConfusionMatrix {
  /** TP, positives found. */
  readonly truePositives: Tensor;
  /** FN, positives missed. */
  readonly falseNegatives: Tensor;
  /** FP, negatives taken for positives. */
  readonly falsePositives: Tensor;
  /** TN, negatives left alone. */
  readonly trueNegatives: Tensor;
}

/**
 * The confusion matrix of a batch, counted by `approximateLabels`, so that every entry has a gradient.
 *
 *     TP = Σ y A      FN = Σ y (1 − A)      FP = Σ (1 − y) A      TN = Σ (1 − y)(1 − A)
 *
 * As L grows it becomes the matrix at threshold ½. Reach for it to see what the losses of `anyLoss` see.
 *
 * @param probabilities - `[batch]`, of the positive class, each in [0, 1]
 * @param labels - `[batch]`, each 0 or 1
 * @throws ShapeError if `labels` has not the shape of `probabilities`, or there is no example
 * @throws DTypeError if `probabilities` is no float, or `labels` not i32
 * @throws RangeError if a probability on the host is outside [0, 1], a label neither 0 nor 1, or `steepness` not above 0
 * @source Han, Moniz and Chawla, "AnyLoss: Transforming Classification Metrics into Loss Functions", KDD 2024,
 * arXiv:2405.14745, §3.2
 */
export function softConfusionMatrix(
  probabilities: Tensor,
  labels: Tensor<"i32">,
  options: ApproximateLabelsOptions = {},
): SoftConfusionMatrix {
  return countSoftly("softConfusionMatrix", probabilities, labels, options);
}

/** The same for any caller; errors name it. */
export function countSoftly(
  caller: string,
  probabilities: Tensor,
  labels: Tensor<"i32">,
  { steepness = 73 }: ApproximateLabelsOptions,
): SoftConfusionMatrix {
  checkSameShape(caller, { probabilities, labels });
  checkDType(caller, { labels }, "i32");
  if (probabilities.size === 0) {
    throw new ShapeError(
      `${caller}: probabilities has shape ${showShape(probabilities.shape)} but must have an example`,
    );
  }
  checkProbabilities(caller, probabilities, steepness);
  hostValues(labels)?.forEach((label, i) => {
    if (label !== 0 && label !== 1) {
      throw new RangeError(`${caller}: labels holds ${label} at ${i} but must be 0 or 1`);
    }
  });
  const y = cast(labels, probabilities.dtype);
  const not = y.neg().add(1);
  const lead = probabilities.sub(0.5).mul(steepness);
  const [positive, negative] = [sigmoid(lead), sigmoid(lead.neg())]; // 1 − A would cancel
  return {
    truePositives: y.mul(positive).sum(),
    falseNegatives: y.mul(negative).sum(),
    falsePositives: not.mul(positive).sum(),
    trueNegatives: not.mul(negative).sum(),
  };
}
