import { checkCount } from "../../autodiff/check.js";

export interface ExpectedCalibrationErrorOptions {
  /** Bins of equal width, a whole number ≥ 1. Default 15. */
  readonly bins?: number;
}

/**
 * How far confidence is from accuracy, on average over bins of confidence.
 *
 *     ECE = Σ_b (n_b / n) |accuracy_b − confidence_b|      bin b = ((b − 1) / bins, b / bins]
 *
 * In [0, 1], 0 if in every bin the mean confidence is the share that is right. Empty bins do not count; a confidence of 0
 * is in the first bin. Bins are those of confidence · bins in double precision. It is plain numbers on the host.
 *
 * Reach for it to see whether probabilities can be trusted; it hides what cancels within a bin, so look at the negative
 * log-likelihood too.
 *
 * @param confidences - of each example the probability of the class that was predicted, in [0, 1]
 * @param isCorrect - of each example whether that class was right; 1 and 0 will do
 * @returns a number in [0, 1]
 * @throws RangeError if there is no example, or the lengths differ
 * @throws RangeError if a confidence is not in [0, 1], or an entry of `isCorrect` is neither true, false, 1 nor 0
 * @throws RangeError if `bins` is no whole number ≥ 1
 * @source Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, arXiv:1706.04599, eq. 3
 */
export function expectedCalibrationError(
  confidences: ArrayLike<number>,
  isCorrect: ArrayLike<boolean | number>,
  { bins = 15 }: ExpectedCalibrationErrorOptions = {},
): number {
  checkCount("expectedCalibrationError", { bins }, 1);
  checkPredictions("expectedCalibrationError", confidences, isCorrect);
  for (let i = 0; i < confidences.length; i++) {
    if (confidences[i] >= 0 && confidences[i] <= 1) continue;
    throw new RangeError(`expectedCalibrationError: confidences[${i}] is ${confidences[i]} but must be in [0, 1]`);
  }
  const surplus = new Float64Array(bins); // Σ (correct − confidence)
  for (let i = 0; i < confidences.length; i++) {
    const bin = Math.max(0, Math.ceil(confidences[i] * bins) - 1);
    surplus[bin] += Number(isCorrect[i]) - confidences[i];
  }
  return surplus.reduce((total, gap) => total + Math.abs(gap), 0) / confidences.length;
}

/** Throws unless there are predictions, each with a confidence and a truth value. */
export function checkPredictions(
  caller: string,
  confidences: ArrayLike<number>,
  isCorrect: ArrayLike<boolean | number>,
): void {
  const count = confidences.length;
  if (count === 0) throw new RangeError(`${caller}: confidences is empty but must have an example`);
  if (isCorrect.length !== count) {
    throw new RangeError(
      `${caller}: isCorrect has length ${isCorrect.length} but must have ${count}, like confidences`,
    );
  }
  for (let i = 0; i < count; i++) {
    if (Number(isCorrect[i]) !== 0 && Number(isCorrect[i]) !== 1) {
      throw new RangeError(`${caller}: isCorrect[${i}] is ${isCorrect[i]} but must be true, false, 1 or 0`);
    }
  }
}
