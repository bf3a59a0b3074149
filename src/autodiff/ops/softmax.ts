import { checkFloat } from "../dtype.js";
import { normalizeAxes } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { customVjp, stopGradient } from "../transforms.js";
import { abs } from "./arithmetic.js";
import { equal, less, where } from "./comparison.js";
import { exp, log } from "./exponential.js";
import { broadcastTo, reshape } from "./movement.js";
import { max, type ReduceOptions, sum } from "./reduce.js";

type Axes = number | readonly number[] | undefined;

/**
 * `log Σ exp(x)` over the axes, all of them by default, without overflow.
 *
 * Its gradient is the softmax. Where every element is −∞, and of nothing at all, it is −∞ with gradient 0.
 */
export function logSumExp(x: Tensor, axes?: Axes, { keepDims = false }: ReduceOptions = {}): Tensor {
  checkFloat("logSumExp", { x });
  const reduced = normalizeAxes("logSumExp", axes, x.shape.length);
  const kept = x.shape.map((size, axis) => (reduced.includes(axis) ? 1 : size));
  const compute = customVjp(
    (values: Tensor) => {
      const shift = finiteMax(values, reduced);
      return log(sum(exp(values.sub(shift)), reduced, { keepDims: true })).add(shift);
    },
    (grad, value, values) => [grad.mul(shareOf(values, value))],
  );
  const result = compute(x);
  const dropped = x.shape.filter((_, axis) => !reduced.includes(axis));
  return keepDims ? reshape(result, kept) : reshape(result, dropped);
}

/** The largest, taken for a constant; 0 where it is infinite, as ∞ − ∞ would be NaN. */
function finiteMax(x: Tensor, axes: Axes): Tensor {
  const largest = stopGradient(max(x, axes, { keepDims: true }));
  return where(less(abs(largest), Number.POSITIVE_INFINITY), largest, 0);
}

/** `exp(x − logSumExp)`, 0 where there is nothing to share. */
function shareOf(x: Tensor, total: Tensor): Tensor {
  const nothing = equal(broadcastTo(total, x.shape), Number.NEGATIVE_INFINITY);
  return where(nothing, 0, exp(where(nothing, 0, x.sub(total))));
}

/** `x − logSumExp(x)`: log-probabilities along the axis. Rows of −∞ alone give NaN. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  const z = x.sub(finiteMax(x, axis)); // before the sum: large logits would lose their differences in it
  return z.sub(logSumExp(z, axis, { keepDims: true }));
}

/** `exp(x) / Σ exp(x)` along the axis; a row of −∞ alone gives zeros. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return shareOf(x, logSumExp(x, axis, { keepDims: true }));
}
