import { checkSameShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkDType, checkFloat } from "../../autodiff/dtype.js";
import { and, any, expm1, less, log, max, min, not, type Tensor, where } from "../../autodiff/index.js";

/** log F of a distribution on the line, elementwise; it must not decrease. `logSigmoid` is that of the logistic one. */
export type LogCdf = (x: Tensor) => Tensor;

/**
 * How likely a row `ReLU(x + b)` with a random bias b is to be positive exactly where it was seen positive.
 *
 *     log P(split) = log[F(−max over zeros of x) − F(−min over positives of x)]
 *
 * A bias that gives the split exists only where every x at a zero is below every x at a positive. Reach for it to fit the
 * matrix of a ReLU model whose biases are unknown, row by row: it needs their distribution F, and no values. The
 * difference is taken of logarithms, so that it is exact far out in either tail.
 *
 * @param x - `[..., n]`, rows of the candidate for A·C
 * @param mask - `[..., n]`, true where the row was seen positive
 * @param logCdf - log F; where it falls between the two points the result is NaN, see `checkLogCdf`
 * @returns `[...]`, ≤ 0; −∞, with gradient 0, where the order is violated
 * @throws ShapeError if `x` has no last axis or an empty one, or `mask` differs in shape
 * @throws DTypeError if `x` is no float or `mask` is not bool
 * @source Mazumdar and Rawat, "Representation Learning and Recovery in the ReLU Model", 2018, arXiv:1803.04304, §3 (maximum
 * likelihood)
 */
export function reluRowLogLikelihood(x: Tensor, mask: Tensor<"bool">, logCdf: LogCdf): Tensor {
  checkRows("reluRowLogLikelihood", x);
  checkDType("reluRowLogLikelihood", { mask }, "bool");
  checkSameShape("reluRowLogLikelihood", { x, mask });

  const { largestZero, leastPositive, hasZero, hasPositive } = edges(x, mask);
  const upper = where(hasZero, logCdf(where(hasZero, largestZero.neg(), 0)), 0);
  const lower = logCdf(where(hasPositive, leastPositive.neg(), 0));
  const ordered = less(largestZero, leastPositive);
  const gap = where(and(ordered, hasPositive), lower.sub(upper), -1); // ≤ 0
  const share = log(expm1(gap).neg()); // log(1 − e^gap), which would cancel for a small one
  return where(ordered, where(hasPositive, upper.add(share), upper), Number.NEGATIVE_INFINITY);
}

interface Edges {
  readonly largestZero: Tensor;
  readonly leastPositive: Tensor;
  readonly hasZero: Tensor<"bool">;
  readonly hasPositive: Tensor<"bool">;
}

/** The largest x at a zero, −∞ where there is none, and the least at a positive, ∞ where there is none. */
export function edges(x: Tensor, isPositive: Tensor<"bool">): Edges {
  return {
    largestZero: max(where(isPositive, Number.NEGATIVE_INFINITY, x), -1),
    leastPositive: min(where(isPositive, x, Number.POSITIVE_INFINITY), -1),
    hasZero: any(not(isPositive), -1),
    hasPositive: any(isPositive, -1),
  };
}

/** Throws unless `x` is a float tensor with a last axis that is not empty. */
export function checkRows(caller: string, x: Tensor): void {
  checkFloat(caller, { x });
  if (x.shape[x.shape.length - 1] > 0) return;
  throw new ShapeError(`${caller}: x has shape ${showShape(x.shape)} but must have a last axis that is not empty`);
}

/**
 * Throws where a log distribution function falls or is above 0: a mistake that no likelihood shows but as NaN.
 *
 * @param points - `[n]`, ascending: where to look
 * @throws RangeError if `logCdf` falls from one point to the next, or is above 0 or NaN
 * @throws RangeError if `points` do not ascend
 * @source Mazumdar and Rawat, "Representation Learning and Recovery in the ReLU Model", 2018, arXiv:1803.04304, §3
 */
export async function checkLogCdf(logCdf: LogCdf, points: Tensor): Promise<void> {
  const [at, values] = [await points.data(), await logCdf(points).data()];
  for (let i = 0; i < at.length; i++) {
    if (i > 0 && !(at[i] > at[i - 1])) {
      throw new RangeError(`checkLogCdf: points holds ${at[i]} after ${at[i - 1]} but must ascend`);
    }
    if (!(values[i] <= 0)) throw new RangeError(`checkLogCdf: logCdf is ${values[i]} at ${at[i]} but must be ≤ 0`);
    if (i > 0 && values[i] < values[i - 1]) {
      throw new RangeError(
        `checkLogCdf: logCdf is ${values[i]} at ${at[i]} but must be at least ${values[i - 1]}, as at ${at[i - 1]}`,
      );
    }
  }
}
