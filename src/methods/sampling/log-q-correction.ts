import { checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { type Shape, ShapeError, showShape, stopGradient, type Tensor, where } from "../../autodiff/index.js";

export interface LogQCorrectionOptions {
  /** `[B, m]`: negatives to leave out, as they hit the label. Default none. */
  readonly isHit?: Tensor<"bool">;
}

/**
 * Weights sampled scores by one over how often they are drawn, so that their exponentials sum to that of all classes on
 * average.
 *
 *     o'_i = o_i − log E[count_i]      −Infinity where isHit
 *
 * With m independent draws from q the expected count is `m · q_i`, q adding up to 1; without replacement it is the
 * chance of being included.
 *
 * Reach for it with scores that are already at hand, then apply `candidateSoftmaxLoss`.
 *
 * @param scores - `[B, m]` (or `[B]`, to correct the positive as well), in nats
 * @param logExpectedCount - the same shape, or `[m]` shared by all rows; +Infinity leaves a negative out. No gradient
 * flows into it
 * @returns the shape of `scores`
 * @throws ShapeError if `logExpectedCount` or `isHit` does not fit
 * @throws DTypeError if `scores` and `logExpectedCount` differ in dtype
 * @throws RangeError if an expected count on the host is not above 0: its logarithm NaN or −Infinity
 * @source Bengio and Senécal, "Adaptive Importance Sampling to Accelerate Training of a Neural Probabilistic Language
 * Model", IEEE TNN 2008; Jean et al., ACL 2015, arXiv:1412.2007
 */
export function logQCorrection(
  scores: Tensor,
  logExpectedCount: Tensor,
  { isHit }: LogQCorrectionOptions = {},
): Tensor {
  checkSameDType("logQCorrection", { scores, logExpectedCount });
  checkFits("logExpectedCount", logExpectedCount.shape, scores.shape);
  checkCounts(logExpectedCount);
  const corrected = scores.sub(stopGradient(logExpectedCount));
  if (isHit === undefined) return corrected;
  checkFits("isHit", isHit.shape, scores.shape);
  return where(isHit, Number.NEGATIVE_INFINITY, corrected);
}

function checkFits(name: string, shape: Shape, wanted: Shape): void {
  const offset = wanted.length - shape.length;
  if (offset < 0 || shape.length === 0 || shape.some((size, axis) => size !== wanted[axis + offset])) {
    const shared = wanted.length > 1 ? ` or ${showShape(wanted.slice(-1))}` : "";
    throw new ShapeError(
      `logQCorrection: ${name} has shape ${showShape(shape)} but must be ${showShape(wanted)}${shared}`,
    );
  }
}

/** What is drawn is expected more than 0 times. */
function checkCounts(logExpectedCount: Tensor): void {
  const values = hostValues(logExpectedCount);
  const place = values?.findIndex((value) => !(value > Number.NEGATIVE_INFINITY)) ?? -1;
  if (place < 0) return;
  throw new RangeError(
    `logQCorrection: logExpectedCount holds ${values?.[place]} at ${place} but must be above -Infinity; what is drawn has a count above 0`,
  );
}
