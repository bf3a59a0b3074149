import { checkAtLeast, checkSameShape } from "../../autodiff/check.js";
import { checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import {
  abs,
  and,
  cast,
  expandDims,
  greater,
  lessEqual,
  max,
  maximum,
  type Tensor,
  where,
} from "../../autodiff/index.js";
import { checkRows, edges, type LogCdf } from "./relu-row-log-likelihood.js";

export interface ReluRowLogDensityOptions {
  /** log f of the bias's distribution, elementwise. */
  readonly logDensity: (x: Tensor) => Tensor;
  /** log F of it. */
  readonly logCdf: LogCdf;
  /** How far the biases that the positives of a row imply may be apart, a finite number ≥ 0. Default 1e-9. */
  readonly tolerance?: number;
}

/**
 * How likely a row `y = ReLU(x + b)` with a random bias b is, values and all.
 *
 *     log p(y) = log f(y_j − x_j), the same for every positive j, if it is at most −max over zeros of x;  −∞ else
 *              = log F(−max x), where no y is positive
 *
 * Reach for it to judge a candidate that should reproduce the values: unlike the split's likelihood it is −∞ as soon as
 * two positives imply different biases.
 *
 * @param x - `[..., n]`, rows of the candidate for A·C
 * @param y - `[..., n]`, the rows seen, each value ≥ 0
 * @returns `[...]`, a density where y has a positive, else a probability
 * @throws ShapeError if `x` has no last axis or an empty one, or `y` differs in shape
 * @throws DTypeError if `x` is no float or `y` differs in dtype
 * @throws RangeError if `tolerance` is negative or not finite, or a y on the host is negative or NaN
 * @source Mazumdar and Rawat, "Representation Learning and Recovery in the ReLU Model", 2018, arXiv:1803.04304, §3 (the
 * model; the density follows from it)
 */
export function reluRowLogDensity(
  x: Tensor,
  y: Tensor,
  { logDensity, logCdf, tolerance = 1e-9 }: ReluRowLogDensityOptions,
): Tensor {
  const caller = "reluRowLogDensity";
  checkRows(caller, x);
  checkSameShape(caller, { x, y });
  checkSameDType(caller, { x, y });
  checkAtLeast(caller, { tolerance }, 0);
  const wrong = hostValues(y)?.find((value) => !(value >= 0));
  if (wrong !== undefined) throw new RangeError(`${caller}: y holds ${wrong} but must hold numbers ≥ 0`);

  const isPositive = greater(y, 0);
  const { largestZero, hasZero, hasPositive } = edges(x, isPositive);
  const implied = where(isPositive, y.sub(x), 0);
  const count = cast(isPositive, x.dtype).sum(-1);
  const bias = implied.sum(-1).div(maximum(count, 1));
  const apart = where(isPositive, abs(y.sub(x).sub(expandDims(bias, bias.shape.length))), 0);
  const fits = and(lessEqual(max(apart, -1), tolerance), lessEqual(bias, largestZero.neg()));
  const ofValues = where(fits, logDensity(where(fits, bias, 0)), Number.NEGATIVE_INFINITY);
  return where(hasPositive, ofValues, logCdf(where(hasZero, largestZero.neg(), 0)));
}
