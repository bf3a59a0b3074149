import { checkAtLeast, ShapeError, showShape } from "../../autodiff/check.js";
import { checkDType, checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import {
  abs,
  and,
  arange,
  equal,
  exp,
  expandDims,
  less,
  lessEqual,
  max,
  stopGradient,
  type Tensor,
  transposeLast,
  where,
} from "../../autodiff/index.js";
import { broadcastShapes, sameShape } from "../../autodiff/shape.js";

export interface AttentionOptions {
  /** Stretches to `[..., n, m]`; true where a query may look at a key. Default: everywhere. */
  readonly mask?: Tensor<"bool">;
  /** Query t looks at keys 0, …, t only; there are as many queries as keys then. Default false. */
  readonly causal?: boolean;
  /** What inner products are multiplied by, a finite number ≥ 0. Default `1/√d`. */
  readonly scale?: number;
}

/**
 * How much each query attends to each key: a distribution over keys for each query.
 *
 *     w = softmax(scale · q kᵀ), over the keys that the mask leaves
 *
 * Reach for it to see what a model looks at; `attention` takes the mean of the values by it.
 *
 * @param queries - `[..., n, d]`
 * @param keys - `[..., m, d]`; axes before the two last broadcast
 * @returns `[..., n, m]`, rows that sum to 1, exactly 0 where the mask is false. A query that may look at no key has a row
 * of zeros, through which no gradient flows
 * @throws ShapeError if `queries`, `keys` and `mask` do not fit, or `causal` comes with unequal n and m
 * @throws DTypeError if `queries` and `keys` are no floats or differ, or `mask` is not bool
 * @throws RangeError if `scale` is negative or not finite
 * @source Vaswani et al., "Attention Is All You Need", NIPS 2017, arXiv:1706.03762, §3.2.1 and §3.2.3
 */
export function attentionWeights(queries: Tensor, keys: Tensor, options: AttentionOptions = {}): Tensor {
  return weightsFor("attentionWeights", queries, keys, options);
}

/**
 * Scaled dot-product attention: for each query the mean of the values, weighed by how well their keys fit it.
 *
 *     attention(q, k, v) = softmax(scale · q kᵀ, over the keys that the mask leaves) · v
 *
 * Reach for it to let an element of a sequence or set draw on the others. Without a mask the order of keys (together with
 * their values) does not matter. With `causal`, output t does not depend on what comes after t: not even in its last bit.
 *
 * @param queries - `[..., n, d]`
 * @param keys - `[..., m, d]`; axes before the two last broadcast
 * @param values - `[..., m, e]`, finite also where the mask hides them
 * @returns `[..., n, e]`; zeros for a query that may look at no key
 * @throws ShapeError if the tensors do not fit, or `causal` comes with unequal n and m
 * @throws DTypeError if the tensors are no floats or differ, or `mask` is not bool
 * @throws RangeError if `scale` is negative or not finite
 * @source Vaswani et al., "Attention Is All You Need", NIPS 2017, arXiv:1706.03762, eq. 1
 */
export function attention(queries: Tensor, keys: Tensor, values: Tensor, options: AttentionOptions = {}): Tensor {
  checkMatrix("attention", "values", values);
  checkMatrix("attention", "keys", keys);
  checkSameDType("attention", { keys, values });
  const [rows, needed] = [values.shape[values.shape.length - 2], keys.shape[keys.shape.length - 2]];
  if (rows !== needed) {
    throw new ShapeError(
      `attention: values has shape ${showShape(values.shape)} but must have a row for each of the ${needed} keys`,
    );
  }
  const weights = weightsFor("attention", queries, keys, options);
  broadcastShapes("attention", weights.shape.slice(0, -2), values.shape.slice(0, -2));
  return weights.matmul(values);
}

function weightsFor(
  caller: string,
  queries: Tensor,
  keys: Tensor,
  { mask, causal = false, scale }: AttentionOptions,
): Tensor {
  checkMatrix(caller, "queries", queries);
  checkMatrix(caller, "keys", keys);
  checkSameDType(caller, { queries, keys });
  const [n, d] = queries.shape.slice(-2);
  const [m, width] = keys.shape.slice(-2);
  if (d !== width) {
    throw new ShapeError(
      `${caller}: keys has shape ${showShape(keys.shape)} but its last axis must match that of queries, ${showShape(queries.shape)}`,
    );
  }
  const lead = broadcastShapes(caller, queries.shape.slice(0, -2), keys.shape.slice(0, -2));
  const factor = scale ?? 1 / Math.sqrt(d);
  checkAtLeast(caller, { scale: factor }, 0);
  if (causal && n !== m) {
    throw new ShapeError(`${caller}: causal is true for ${n} queries and ${m} keys but needs as many of each`);
  }
  if (mask !== undefined) checkMask(caller, mask, [...lead, n, m]);

  const scores = queries.mul(factor).matmul(transposeLast(keys)); // scaled first: the products overflow later
  const visible = causal ? withinPast(n, mask, queries) : mask;
  return visible === undefined ? shares(scores) : shares(where(visible, scores, Number.NEGATIVE_INFINITY));
}

/** True where the mask is and the key does not come after the query. */
function withinPast(n: number, mask: Tensor<"bool"> | undefined, { backend }: Tensor): Tensor<"bool"> {
  const place = arange(n, { backend, dtype: "i32" });
  const past = lessEqual(place, expandDims(place, 1));
  return mask === undefined ? past : and(mask, past);
}

/** The softmax over the last axis, zeros for a row of −∞ alone. */
function shares(scores: Tensor): Tensor {
  const largest = stopGradient(max(scores, -1, { keepDims: true }));
  // Relative to the largest, rows sum to 1 to rounding however large the scores are; −∞ − −∞ would be NaN.
  const shift = where(less(abs(largest), Number.POSITIVE_INFINITY), largest, 0);
  const parts = exp(scores.sub(shift));
  const total = parts.sum(-1, { keepDims: true });
  return parts.div(where(equal(total, 0), 1, total));
}

function checkMatrix(caller: string, name: string, tensor: Tensor): void {
  checkFloat(caller, { [name]: tensor });
  if (tensor.shape.length < 2 || !(tensor.shape[tensor.shape.length - 1] > 0)) {
    throw new ShapeError(
      `${caller}: ${name} has shape ${showShape(tensor.shape)} but must have 2 axes or more, the last not empty`,
    );
  }
}

function checkMask(caller: string, mask: Tensor<"bool">, wanted: readonly number[]): void {
  checkDType(caller, { mask }, "bool");
  const fits = mask.shape.length <= wanted.length && mask.shape.every((size, i) => isStretched(size, i));
  if (fits && sameShape(broadcastShapes(caller, mask.shape, wanted), wanted)) return;
  throw new ShapeError(
    `${caller}: mask has shape ${showShape(mask.shape)} but must stretch to the weights' ${showShape(wanted)}`,
  );

  function isStretched(size: number, axis: number): boolean {
    return size === 1 || size === wanted[wanted.length - mask.shape.length + axis];
  }
}
