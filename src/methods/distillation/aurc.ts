import { checkPredictions } from "./expected-calibration-error.js";

/**
 * Area under the curve of risk against coverage: how well confidence says which predictions to keep.
 *
 *     AURC = (1 / n) Σ_k errors among the k most confident / k
 *
 * In [0, 1], less is better; of equal confidences the earlier comes first. It is plain numbers on the host.
 *
 * Reach for it where a classifier may abstain.
 *
 * @param confidences - of each example, finite, on any scale
 * @param isCorrect - of each example whether the prediction was right; 1 and 0 will do
 * @throws RangeError if there is no example, the lengths differ, a confidence is not finite, or an entry of `isCorrect` is
 * neither true, false, 1 nor 0
 * @source Geifman, Uziel and El-Yaniv, "Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers", ICLR 2019,
 * arXiv:1805.08206, §2
 */
export function aurc(confidences: ArrayLike<number>, isCorrect: ArrayLike<boolean | number>): number {
  checkConfidences("aurc", confidences, isCorrect);
  return area(confidences, isCorrect);
}

/**
 * How much of the area under the risk–coverage curve is due to the order that confidence puts predictions in.
 *
 *     E-AURC = AURC − (1 / n) Σ_{j ≤ e} j / (n − e + j)      e errors, the best order having them last
 *
 * ≥ 0, and 0 if every error is less confident than every correct prediction.
 *
 * Reach for it to compare confidences of classifiers that err differently often.
 *
 * @param confidences - of each example, finite, on any scale
 * @param isCorrect - of each example whether the prediction was right; 1 and 0 will do
 * @throws RangeError if there is no example, the lengths differ, a confidence is not finite, or an entry of `isCorrect` is
 * neither true, false, 1 nor 0
 * @source Geifman, Uziel and El-Yaniv, "Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers", ICLR 2019,
 * arXiv:1805.08206, §3; exact where the source approximates the least area
 */
export function eAurc(confidences: ArrayLike<number>, isCorrect: ArrayLike<boolean | number>): number {
  checkConfidences("eAurc", confidences, isCorrect);
  const count = confidences.length;
  let errors = 0;
  for (let i = 0; i < count; i++) errors += 1 - Number(isCorrect[i]);
  let least = 0;
  for (let j = 1; j <= errors; j++) least += j / (count - errors + j);
  return area(confidences, isCorrect) - least / count;
}

function area(confidences: ArrayLike<number>, isCorrect: ArrayLike<boolean | number>): number {
  const order = Array.from(confidences, (_, i) => i).sort((a, b) => confidences[b] - confidences[a]);
  let [errors, total] = [0, 0];
  order.forEach((i, rank) => {
    errors += 1 - Number(isCorrect[i]);
    total += errors / (rank + 1);
  });
  return total / order.length;
}

function checkConfidences(
  caller: string,
  confidences: ArrayLike<number>,
  isCorrect: ArrayLike<boolean | number>,
): void {
  checkPredictions(caller, confidences, isCorrect);
  for (let i = 0; i < confidences.length; i++) {
    if (!Number.isFinite(confidences[i])) {
      throw new RangeError(`${caller}: confidences[${i}] is ${confidences[i]} but must be finite`);
    }
  }
}
