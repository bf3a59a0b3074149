import { ShapeError, showShape } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import { concat, slice, type Tensor } from "../../autodiff/index.js";
import { logAddExp } from "../generative/log-add-exp.js";

/**
 * Running logsumexp from the end of the last axis.
 *
 *     y_k = log Σ_{l ≥ k} exp(x_l)
 *
 * In about log₂ n rounds, each of which doubles how far an element reaches: nothing overflows, and no sum of small
 * numbers is taken beside a large one, as a running sum of exponentials would. The last element is as it was.
 *
 * Reach for it in likelihoods of rankings.
 *
 * @param x - `[..., n]`, finite, n ≥ 1
 * @returns `[..., n]`
 * @throws ShapeError if there is no axis, or the last is empty
 * @throws DTypeError if `x` is no f32 or f64
 * @source Hillis and Steele, "Data Parallel Algorithms", CACM 1986 (the rounds)
 */
export function suffixLogSumExp(x: Tensor): Tensor {
  checkFloat("suffixLogSumExp", { x });
  const { shape } = x;
  const count = shape[shape.length - 1] ?? 0;
  if (count === 0) {
    throw new ShapeError(
      `suffixLogSumExp: x has shape ${showShape(shape)} but must have an element along its last axis`,
    );
  }
  const part = (of: Tensor, from: number, to: number) => {
    const lead = shape.slice(0, -1);
    return slice(of, [...lead.map(() => 0), from], [...lead, to]);
  };
  let sums = x;
  for (let reach = 1; reach < count; reach *= 2) {
    const further = logAddExp(part(sums, 0, count - reach), part(sums, reach, count));
    sums = concat([further, part(sums, count - reach, count)], -1);
  }
  return sums;
}
